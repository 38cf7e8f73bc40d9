//! The storage backend of the server under test. An environment variable chooses it, so that the
//! same tests run against every backend.

/// A storage backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// An SQLite file in the data directory: the default of the binary.
    Sqlite,
    /// A database on a PostgreSQL server, with Redis for what replicas share.
    Postgres,
}

impl Backend {
    /// The environment variable that names the backend.
    const VARIABLE: &str = "OMS_TEST_BACKEND";

    /// The backend that the environment names; SQLite if the variable is absent or empty.
    pub(crate) fn from_env() -> Self {
        match std::env::var(Self::VARIABLE).as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("{}: must be sqlite or postgres, not {other:?}", Self::VARIABLE),
        }
    }
}
