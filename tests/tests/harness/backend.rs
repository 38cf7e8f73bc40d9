//! What the server under test keeps its data in: chosen by the environment, so that the same tests run
//! against every backend.

/// What the server keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// An embedded file in the data directory: what the binary does when nothing is configured.
    Sqlite,
    /// A database on a PostgreSQL server, and Redis beside it for what replicas share.
    Postgres,
}

impl Backend {
    /// The variable that chooses, for everybody who runs the tests.
    const VARIABLE: &str = "OMS_TEST_BACKEND";

    /// The backend that the environment names; SQLite if it names none.
    pub(crate) fn chosen() -> Self {
        match std::env::var(Self::VARIABLE).as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("{}: must be sqlite or postgres, not {other:?}", Self::VARIABLE),
        }
    }
}
