//! Conditional requests (RFC 9110, section 13): a change applies only to a version that the client
//! has seen, and a read returns only what the client does not have.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use domain::{ExpectedVersions, Revision, SeenVersion, Version};

/// The entity tag of a version and a revision, such as `"3-7"`. It is strong, because every change
/// of the representation raises the revision.
pub fn etag(version: Version, revision: Revision) -> String {
    format!("\"{version}-{revision}\"")
}

/// The versions that the client expects, by its `If-Match` header.
pub struct IfMatch(ExpectedVersions);

impl IfMatch {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(parse_tags(request.headers().get_all(header::IF_MATCH)))
    }

    /// The expected versions: any without the header and for `*`, which only requires that the
    /// resource exists, as every command does anyway.
    pub fn expected_versions(self) -> ExpectedVersions {
        self.0
    }
}

/// What the client has, by its `If-None-Match` header.
pub struct IfNoneMatch(Option<ExpectedVersions>);

impl IfNoneMatch {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        let is_given = headers.contains_key(header::IF_NONE_MATCH);
        Self(is_given.then(|| parse_tags(headers.get_all(header::IF_NONE_MATCH))))
    }

    /// Whether the client has the representation of this version and revision. A tag without a
    /// revision matches none, since it does not say what the client has.
    pub fn matches(&self, version: Version, revision: Revision) -> bool {
        match &self.0 {
            None => false,
            Some(ExpectedVersions::Any) => true,
            Some(ExpectedVersions::OneOf(seen)) => {
                seen.contains(&SeenVersion { version, revision: Some(revision) })
            }
        }
    }
}

/// Returns the versions that the tags of headers name: any without a header and for `*`. Tags that
/// are not ours match nothing.
fn parse_tags<'h>(headers: impl Iterator<Item = &'h HeaderValue>) -> ExpectedVersions {
    let mut headers = headers.peekable();
    if headers.peek().is_none() {
        return ExpectedVersions::Any;
    }
    let mut seen = Vec::new();
    let texts = headers.filter_map(|header| header.to_str().ok());
    for tag in texts.flat_map(|header| header.split(',')).map(str::trim) {
        if tag == "*" {
            return ExpectedVersions::Any;
        }
        seen.extend(parse_tag(tag));
    }
    ExpectedVersions::OneOf(seen)
}

/// Parses one entity tag: `"<version>-<revision>"`, or `"<version>"`.
///
/// A proxy that compresses a response changes its tag, and clients send the changed one back: weak
/// (`W/"3-7"`), with the coding inside of the quotes (`"3-7-gzip"`, `"3-7;gzip"`, `"3-7--gzip"`) or
/// outside of them (`"3-7"-gzip`). All of these mean the same version.
fn parse_tag(tag: &str) -> Option<SeenVersion> {
    let strong = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
    let (opaque, outside) = strong.strip_prefix('"')?.split_once('"')?;
    let (version, rest) = parse_number(opaque)?;
    let behind_dash = rest.strip_prefix('-').and_then(parse_number);
    let (revision, inside) =
        behind_dash.map_or((None, rest), |(revision, rest)| (Some(Revision::new(revision)), rest));
    (is_coding(inside) && is_coding(outside))
        .then_some(SeenVersion { version: Version::new(version), revision })
}

/// The number, 1 or more, that a text begins with, and the rest of the text.
fn parse_number(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|other: char| !other.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    Some((number, rest))
}

/// Whether this is nothing, or the name of a coding behind a separator, such as `-gzip`.
fn is_coding(suffix: &str) -> bool {
    let name = suffix.trim_start_matches(['-', ';', ':', '.', '+', '_', '~']);
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    suffix.is_empty() || (name.len() < suffix.len() && is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The versions and revisions that these headers expect; `None` for any.
    fn expected_by(headers: &[&str]) -> Option<Vec<(i64, Option<i64>)>> {
        let headers: Vec<_> =
            headers.iter().map(|header| HeaderValue::from_str(header).unwrap()).collect();
        match parse_tags(headers.iter()) {
            ExpectedVersions::Any => None,
            ExpectedVersions::OneOf(seen) => {
                let numbers =
                    |seen: SeenVersion| (seen.version.get(), seen.revision.map(Revision::get));
                Some(seen.into_iter().map(numbers).collect())
            }
        }
    }

    #[test]
    fn without_the_header_any_version_matches() {
        assert_eq!(expected_by(&[]), None);
    }

    #[test]
    fn a_star_matches_any_version() {
        for headers in [&["*"][..], &["\"3\", *"], &["\"3\"", " * "]] {
            assert_eq!(expected_by(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn a_tag_expects_its_version_and_its_revision() {
        assert_eq!(etag(Version::new(3), Revision::new(7)), "\"3-7\"");
        assert_eq!(expected_by(&["\"3-7\""]), Some(vec![(3, Some(7))]));
        assert_eq!(expected_by(&["\"3\""]), Some(vec![(3, None)]), "the old form");
    }

    #[test]
    fn a_tag_that_a_proxy_changed_expects_the_same_version() {
        for tag in [
            "W/\"3-7\"",
            "w/\"3-7\"",
            "\"3-7-gzip\"",
            "\"3-7--gzip\"",
            "\"3-7;gzip\"",
            "\"3-7:br\"",
            "\"3-7-df\"",
            "\"3-7_zstd\"",
            "\"3-7\"-gzip",
            "\"3-7\";br",
            "W/\"3-7-gzip\"",
            "W/\"3-7\"-gzip",
        ] {
            assert_eq!(expected_by(&[tag]), Some(vec![(3, Some(7))]), "{tag}");
        }
        for tag in ["W/\"3\"", "\"3-gzip\"", "\"3;gzip\"", "\"3\"-gzip"] {
            assert_eq!(expected_by(&[tag]), Some(vec![(3, None)]), "{tag}");
        }
    }

    #[test]
    fn any_of_several_tags_matches_in_one_header_or_in_several() {
        let all = Some(vec![(3, None), (5, Some(9)), (4, None)]);
        assert_eq!(expected_by(&["\"3\", W/\"5-9\",\"x\" , \"4\""]), all);
        assert_eq!(expected_by(&["\"3\"", "W/\"5-9\"", "\"x\", \"4\""]), all);
    }

    #[test]
    fn tags_that_are_not_ours_match_nothing() {
        for header in [
            "",
            "3",
            "3-7",
            "\"",
            "\"\"",
            "\"x\"",
            "\"-3\"",
            "\"0\"",
            "\"0-1\"",
            "\"3-\"",
            "\"3-0\"",
            "\"3 \"",
            "\"3-7-\"",
            "\"3-7-8\"",
            "\"3gzip\"",
            "\"3-7\"x",
            "\"9223372036854775808\"",
            "\"3-9223372036854775808\"",
            "W/",
            "X/\"3-7\"",
        ] {
            assert_eq!(expected_by(&[header]), Some(Vec::new()), "{header}");
        }
    }

    #[test]
    fn a_client_has_what_its_tags_name_whole() {
        let given = |tag: &str| {
            let headers = [HeaderValue::from_str(tag).unwrap()];
            IfNoneMatch(Some(parse_tags(headers.iter())))
        };
        let has = |tag: &str| given(tag).matches(Version::new(3), Revision::new(7));
        for tag in ["\"3-7\"", "W/\"3-7\"", "\"3-7-gzip\"", "\"9-9\", \"3-7\"", "*"] {
            assert!(has(tag), "{tag}");
        }
        for tag in ["\"3-6\"", "\"2-7\"", "\"3\"", "\"x\"", ""] {
            assert!(!has(tag), "{tag}");
        }
        assert!(!IfNoneMatch(None).matches(Version::new(3), Revision::new(7)));
    }
}
