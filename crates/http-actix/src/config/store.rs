//! `DATABASE_URL`, `DATABASE_REPLICA_URL`, `DATABASE_POOL_SIZE`, `DATA_DIR`: where the data is kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{ConfigError, Env, SecretUrl};

/// How many connections to PostgreSQL a process has at the most, if nothing else is said. A server takes 100
/// from all processes together, if it is set up as it comes. Statements take turns on few connections faster than
/// they get in each other's way on many: with 16, a list costs a server of two cores a quarter more than with 8.
const CONNECTIONS: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreConfig {
    Sqlite { path: PathBuf },
    Postgres(PostgresConfig),
}

/// A PostgreSQL database, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostgresConfig {
    pub(crate) url: SecretUrl,
    /// A copy that may lag behind, for lists of the staff.
    pub(crate) replica: Option<SecretUrl>,
    pub(crate) connections: usize,
}

impl StoreConfig {
    pub(super) fn from_env(env: &Env, data_dir: &Path) -> Result<Self, ConfigError> {
        // The value may hold a password, so that no error quotes it.
        let mut store = match env.text("DATABASE_URL")? {
            None => Self::Sqlite { path: data_dir.join("oms.db") },
            Some(url) => {
                Self::parse(url).map_err(|problem| ConfigError::new("DATABASE_URL", problem))?
            }
        };
        let connections = env.number("DATABASE_POOL_SIZE", &(2..=1_000), &CONNECTIONS)?;
        let replica = env.text("DATABASE_REPLICA_URL")?.map(replica).transpose()?;
        match &mut store {
            Self::Postgres(postgres) => {
                postgres.replica = replica;
                postgres.connections = connections.unwrap_or(CONNECTIONS);
            }
            Self::Sqlite { .. } if replica.is_some() => {
                let problem = "must be unset unless DATABASE_URL is that of a PostgreSQL database";
                return Err(ConfigError::new("DATABASE_REPLICA_URL", problem));
            }
            Self::Sqlite { .. } => {}
        }
        Ok(store)
    }

    /// Reads the URL of a database. An error reads on from the name of what holds it ("must be …") and does
    /// not quote it.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| format!("must be a database's URL, {EXAMPLES}"))?;
        // SQLAlchemy names its driver behind a plus.
        match scheme.split('+').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "sqlite" => sqlite_file(rest).map(|path| Self::Sqlite { path }),
            "postgres" | "postgresql" => Ok(Self::Postgres(PostgresConfig {
                url: SecretUrl::new(url),
                replica: None,
                connections: CONNECTIONS,
            })),
            "mysql" | "mariadb" | "mssql" | "oracle" => Err(format!(
                "must be the URL of a supported database, {EXAMPLES}; this kind is not"
            )),
            _ => Err(format!("must be the URL of a supported database, {EXAMPLES}")),
        }
    }

    /// What is kept where, for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Sqlite { path } => format!("SQLite, {}", path.display()),
            Self::Postgres(postgres) => format!("PostgreSQL, {}", postgres.url.place()),
        }
    }
}

const EXAMPLES: &str = "such as postgres://user:password@host/name or sqlite://data/oms.db";

fn replica(url: &str) -> Result<SecretUrl, ConfigError> {
    match StoreConfig::parse(url) {
        Ok(StoreConfig::Postgres(postgres)) => Ok(postgres.url),
        _ => Err(ConfigError::new(
            "DATABASE_REPLICA_URL",
            "must be the URL of a PostgreSQL database, such as postgres://user:password@host/name",
        )),
    }
}

fn sqlite_file(path: &str) -> Result<PathBuf, String> {
    if path.is_empty() {
        Err("must name a file, such as sqlite://data/oms.db".to_owned())
    } else if path.trim_start_matches('/').starts_with(":memory:") {
        Err("must name a file, such as sqlite://data/oms.db: in memory nothing would last"
            .to_owned())
    } else if path.contains('?') {
        Err("must name a file alone, without parameters, such as sqlite://data/oms.db".to_owned())
    } else {
        Ok(PathBuf::from(path))
    }
}

pub(super) fn data_dir(env: &Env) -> Result<PathBuf, ConfigError> {
    Ok(PathBuf::from(env.text("DATA_DIR")?.unwrap_or("./data")))
}

#[derive(Debug, thiserror::Error)]
#[error("DATA_DIR: cannot make the directory {path}: {cause}")]
pub(crate) struct DataDirError {
    path: String,
    cause: io::Error,
}

/// Makes the data directory, for its owner alone, unless it is there.
///
/// # Errors
/// [`DataDirError`] if it cannot be made, or is no directory.
pub(crate) fn create_data_dir(path: &Path) -> Result<(), DataDirError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|cause| {
        let cause = if path.is_file() { io::ErrorKind::NotADirectory.into() } else { cause };
        DataDirError { path: path.display().to_string(), cause }
    })
}
