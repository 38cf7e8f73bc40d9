//! The versions of a product or an order at which a command may be executed.

use crate::{Revision, Version};

/// A version that a client has seen, and the revision that it saw with it, if it names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenVersion {
    /// The version.
    pub version: Version,
    /// The revision; absent if the client knows only the version.
    pub revision: Option<Revision>,
}

/// The versions at which a command may be executed, so that it does not overwrite a change that the
/// client has not seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ExpectedVersions {
    /// Any version.
    #[default]
    Any,
    /// One of these. None matches an empty list.
    OneOf(Vec<SeenVersion>),
}

impl ExpectedVersions {
    /// Whether a command may be executed at this version. Sales and restocks change only the
    /// revision, so they do not matter here.
    pub fn accepts(&self, version: Version) -> bool {
        self.any(|seen| seen.version == version)
    }

    /// Whether a command may be executed at this version and this revision, which a seen version
    /// without a revision leaves open.
    pub fn accepts_revision(&self, version: Version, revision: Revision) -> bool {
        self.any(|seen| {
            seen.version == version && seen.revision.is_none_or(|named| named == revision)
        })
    }

    fn any(&self, matches: impl Fn(&SeenVersion) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(seen) => seen.iter().any(matches),
        }
    }
}

impl From<Version> for ExpectedVersions {
    /// This version, with any revision.
    fn from(version: Version) -> Self {
        Self::OneOf(vec![SeenVersion { version, revision: None }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(version: i64, revision: Option<i64>) -> SeenVersion {
        SeenVersion { version: Version::new(version), revision: revision.map(Revision::new) }
    }

    #[test]
    fn any_of_several_versions_is_accepted() {
        let expected = ExpectedVersions::OneOf(vec![seen(2, None), seen(4, Some(9))]);
        for (version, accepted) in [(1, false), (2, true), (3, false), (4, true), (5, false)] {
            assert_eq!(expected.accepts(Version::new(version)), accepted, "{version}");
        }
    }

    #[test]
    fn a_revision_counts_only_where_it_is_asked_for_and_named() {
        let expected = ExpectedVersions::OneOf(vec![seen(2, None), seen(4, Some(9))]);
        for (version, revision, accepted) in
            [(2, 2, true), (2, 7, true), (4, 9, true), (4, 10, false), (9, 9, false)]
        {
            let at = (Version::new(version), Revision::new(revision));
            assert_eq!(expected.accepts_revision(at.0, at.1), accepted, "{at:?}");
        }
        assert!(expected.accepts(Version::new(4)));
    }

    #[test]
    fn an_empty_list_matches_no_version_and_any_matches_all() {
        let (none, first) = (ExpectedVersions::OneOf(Vec::new()), Version::FIRST);
        assert!(!none.accepts(first) && !none.accepts_revision(first, Revision::FIRST));
        let any = ExpectedVersions::Any;
        assert!(any.accepts(first) && any.accepts_revision(first, Revision::FIRST));
    }
}
