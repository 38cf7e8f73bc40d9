//! The program's version, and the commit that a release is built from.

/// The version, such as `0.1.0`.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit: its first twelve digits, followed by `-dirty` if the sources differed from it.
/// `unknown` if the build could not determine it, `development` in a development build.
pub(crate) const COMMIT: &str = env!("OMS_BUILD_COMMIT");

/// Version and commit as people read them: `0.1.0 (commit abcdef123456)`.
pub(crate) const VERSION_AND_COMMIT: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("OMS_BUILD"), ")");
