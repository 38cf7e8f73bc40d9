//! Conditional requests (RFC 9110, section 13): change it only if it is what I saw.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use domain::Version;

/// The entity tag of a version: strong, for the representation changes with every version.
pub fn etag(version: Version) -> String {
    format!("\"{version}\"")
}

/// Which version the caller expects, by its `If-Match`.
pub struct Expected(Option<Version>);

impl Expected {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(expected(&request.headers().get_all(header::IF_MATCH).collect::<Vec<_>>()))
    }

    /// The version, if any is expected.
    pub fn version(&self) -> Option<Version> {
        self.0
    }
}

/// A version that nothing ever has: an `If-Match` whose tags are none of ours matches nothing.
const NEVER: Version = Version::new(i64::MAX);

/// `*` expects only that the thing exists, which every command does. Of several tags the greatest version
/// counts: who has seen that one cannot be right to expect an older one.
fn expected(headers: &[&HeaderValue]) -> Option<Version> {
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
    Some(versions.max().unwrap_or(NEVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expects(header: &str) -> Option<i64> {
        expected(&[&HeaderValue::from_str(header).unwrap()]).map(Version::get)
    }

    #[test]
    fn without_the_header_nothing_is_expected() {
        assert_eq!(expected(&[]), None);
    }

    #[test]
    fn a_star_expects_any_version() {
        assert_eq!(expects("*"), None);
    }

    #[test]
    fn a_strong_tag_expects_its_version() {
        assert_eq!(expects("\"3\""), Some(3));
    }

    #[test]
    fn of_several_tags_the_newest_counts() {
        assert_eq!(expects("\"3\", \"5\", \"4\""), Some(5));
    }

    #[test]
    fn weak_tags_and_garbage_never_match() {
        for header in ["W/\"3\"", "3", "\"x\"", "\"-3\"", ""] {
            assert_eq!(expects(header), Some(i64::MAX), "{header}");
        }
    }
}
