//! Which program this is: its version, and the commit that a release is made of.

/// The version, such as `0.1.0`.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit: its first twelve digits, with `-dirty` behind them if the sources differed from it. `unknown`
/// if the build could not know it, `development` if the build is none to be released.
pub(crate) const COMMIT: &str = env!("OMS_BUILD_COMMIT");

/// Both, for people: `0.1.0 (commit abcdef123456)`.
pub(crate) const VERSION_AND_COMMIT: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("OMS_BUILD"), ")");
