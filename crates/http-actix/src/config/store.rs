//! `DATABASE_URL`, `DATABASE_REPLICA_URL`, `DATABASE_POOL_SIZE`, `DATA_DIR`: where the data is
//! kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{ConfigError, Env, SecretUrl};
use crate::adapters::check_postgres_url;

/// The default of the most connections to PostgreSQL that a process opens. A server accepts 100
/// from all processes together by default. Few connections are faster than many, on which
/// statements contend: on two cores a list costs a quarter more with 16 than with 8.
const DEFAULT_CONNECTIONS: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreConfig {
    Sqlite { path: PathBuf },
    Postgres(PostgresConfig),
}

/// A PostgreSQL database, its replica, and the size of the connection pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostgresConfig {
    pub(crate) url: SecretUrl,
    /// A replica that may lag behind. Lists that only staff see are read there.
    pub(crate) replica: Option<SecretUrl>,
    /// The most connections of this process.
    pub(crate) connections: usize,
}

impl StoreConfig {
    pub(super) fn from_env(env: &Env, data_dir: &Path) -> Result<Self, ConfigError> {
        // The value may contain a password, so no error quotes it.
        let mut store = match env.text("DATABASE_URL")? {
            None => Self::Sqlite { path: data_dir.join("oms.db") },
            Some(url) => {
                Self::parse(url).map_err(|problem| ConfigError::new("DATABASE_URL", problem))?
            }
        };
        let connections = env.number("DATABASE_POOL_SIZE", &(2..=1_000), &DEFAULT_CONNECTIONS)?;
        let replica = env.text("DATABASE_REPLICA_URL")?.map(replica).transpose()?;
        match &mut store {
            Self::Postgres(postgres) => {
                postgres.replica = replica;
                postgres.connections = connections.unwrap_or(DEFAULT_CONNECTIONS);
            }
            Self::Sqlite { .. } if replica.is_some() => {
                let problem = "must be unset unless DATABASE_URL names a PostgreSQL database";
                return Err(ConfigError::new("DATABASE_REPLICA_URL", problem));
            }
            Self::Sqlite { .. } => {}
        }
        Ok(store)
    }

    /// Parses the URL of a database. The error continues the name of the setting or argument ("must
    /// be …") and does not quote the URL.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| format!("must be a database's URL, {EXAMPLES}"))?;
        // SQLAlchemy appends the name of its driver after a plus.
        match scheme.split('+').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "sqlite" => sqlite_file(rest).map(|path| Self::Sqlite { path }),
            "postgres" | "postgresql" => {
                check_postgres_url(url).map_err(|error| error.to_string())?;
                Ok(Self::Postgres(PostgresConfig {
                    url: SecretUrl::new(url),
                    replica: None,
                    connections: DEFAULT_CONNECTIONS,
                }))
            }
            "mysql" | "mariadb" | "mssql" | "oracle" => Err(format!(
                "must be the URL of a supported database, {EXAMPLES}; this kind is not supported"
            )),
            _ => Err(format!("must be the URL of a supported database, {EXAMPLES}")),
        }
    }

    /// The kind of database and its location, without any secret.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Sqlite { path } => format!("SQLite, {}", path.display()),
            Self::Postgres(postgres) => format!("PostgreSQL, {}", postgres.url.redacted()),
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
        Err("must name a file, such as sqlite://data/oms.db; a database in memory would be lost \
             at the end"
            .to_owned())
    } else if path.contains('?') {
        Err("must name a file alone, without parameters, such as sqlite://data/oms.db".to_owned())
    } else if path.starts_with("/./") || path.starts_with("/../") {
        Err("must have two slashes before a relative path, such as sqlite://data/oms.db".to_owned())
    } else {
        without_tilde(path).map_err(str::to_owned)
    }
}

/// The path, which no shell has expanded.
fn without_tilde(path: &str) -> Result<PathBuf, &'static str> {
    if path == "~" || path.starts_with("~/") {
        Err("must be a path without ~, which only shells replace by the home directory")
    } else {
        Ok(PathBuf::from(path))
    }
}

pub(super) fn data_dir(env: &Env) -> Result<PathBuf, ConfigError> {
    Ok(env.parse_with("DATA_DIR", without_tilde)?.unwrap_or_else(|| PathBuf::from("./data")))
}

#[derive(Debug, thiserror::Error)]
#[error("DATA_DIR: cannot create the directory {path}: {cause}")]
pub(crate) struct DataDirError {
    path: String,
    cause: io::Error,
}

/// Creates the data directory unless it exists. Only its owner has access.
///
/// # Errors
/// [`DataDirError`] if it cannot be created, or is not a directory.
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
