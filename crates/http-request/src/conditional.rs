//! Conditional requests (RFC 9110, section 13): a change applies only to the version that the
//! client has seen.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use domain::Version;

/// The entity tag of a version. It is strong, because every change of the representation raises the
/// version.
pub fn etag(version: Version) -> String {
    format!("\"{version}\"")
}

/// The version that the client expects, by its `If-Match` header.
pub struct IfMatch(Option<Version>);

impl IfMatch {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(parse_if_match(&request.headers().get_all(header::IF_MATCH).collect::<Vec<_>>()))
    }

    /// The expected version; `None` without the header and for `*`.
    pub fn expected_version(&self) -> Option<Version> {
        self.0
    }
}

/// A version that no resource has: an `If-Match` without a valid tag matches nothing.
const UNMATCHABLE_VERSION: Version = Version::new(i64::MAX);

/// Returns the version that an `If-Match` header expects. `*` only requires that the resource
/// exists, which every command does anyway. Of several tags the greatest version counts: a client
/// that has seen it cannot expect an older one.
fn parse_if_match(headers: &[&HeaderValue]) -> Option<Version> {
    if headers.is_empty() {
        return None;
    }
    let tags: Vec<_> = headers
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(','))
        .map(str::trim)
        .collect();
    if tags.contains(&"*") {
        return None;
    }
    let versions = tags.iter().filter_map(|tag| {
        let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
        let version = digits.parse::<i64>().ok().filter(|version| *version > 0)?;
        Some(Version::new(version))
    });
    Some(versions.max().unwrap_or(UNMATCHABLE_VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected_by(header: &str) -> Option<i64> {
        parse_if_match(&[&HeaderValue::from_str(header).unwrap()]).map(Version::get)
    }

    #[test]
    fn without_the_header_any_version_matches() {
        assert_eq!(parse_if_match(&[]), None);
    }

    #[test]
    fn a_star_matches_any_version() {
        assert_eq!(expected_by("*"), None);
    }

    #[test]
    fn a_strong_tag_expects_its_version() {
        assert_eq!(expected_by("\"3\""), Some(3));
    }

    #[test]
    fn of_several_tags_the_newest_counts() {
        assert_eq!(expected_by("\"3\", \"5\", \"4\""), Some(5));
    }

    #[test]
    fn weak_and_malformed_tags_never_match() {
        for header in ["W/\"3\"", "3", "\"x\"", "\"-3\"", ""] {
            assert_eq!(expected_by(header), Some(i64::MAX), "{header}");
        }
    }
}
