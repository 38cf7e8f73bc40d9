//! Where the server under test keeps its data: chosen by the environment, so that the same tests run
//! against every backend.

use std::path::Path;

/// What the server keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// An embedded file in the data directory: what the binary does when nothing is configured.
    Sqlite,
}

impl Backend {
    /// The variable that chooses, for everybody who runs the tests.
    const VARIABLE: &str = "OMS_TEST_BACKEND";

    /// The backend that the environment names; SQLite if it names none.
    pub(crate) fn chosen() -> Self {
        match std::env::var(Self::VARIABLE).as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::Sqlite,
            Ok(other) => panic!("{}: must be sqlite, not {other:?}", Self::VARIABLE),
        }
    }

    /// The server's variables for a fresh store of its own, which is kept in, or named after, `data_dir`.
    pub(crate) fn variables(self, data_dir: &Path) -> Vec<(String, String)> {
        match self {
            Self::Sqlite => vec![("DATA_DIR".to_owned(), data_dir.display().to_string())],
        }
    }
}
