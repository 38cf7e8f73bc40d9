//! `DATABASE_URL`, `REDIS_URL`, `DATA_DIR`: where the data is kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{ConfigError, Env};

/// Where the data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreConfig {
    /// In an embedded SQLite file.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
}

impl StoreConfig {
    /// Reads `DATABASE_URL`, and sees to it that `REDIS_URL` does not promise what this build cannot do.
    pub(super) fn from_env(env: &Env, data_dir: &Path) -> Result<Self, ConfigError> {
        refuse_redis(env)?;
        // The value may hold a password, so that no error quotes it.
        match env.text("DATABASE_URL")? {
            None => Ok(Self::Sqlite { path: data_dir.join("oms.db") }),
            Some(url) => database(url).map_err(|problem| ConfigError::new("DATABASE_URL", problem)),
        }
    }

    /// What is kept where, for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Sqlite { path } => format!("SQLite, {}", path.display()),
        }
    }
}

fn database(url: &str) -> Result<StoreConfig, String> {
    const EXAMPLE: &str = "such as sqlite://data/oms.db";
    let (scheme, rest) =
        url.split_once("://").ok_or_else(|| format!("must be a database's URL, {EXAMPLE}"))?;
    // SQLAlchemy names its driver behind a plus.
    match scheme.split('+').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "sqlite" => sqlite_file(rest).map(|path| StoreConfig::Sqlite { path }),
        "postgres" | "postgresql" => {
            Err(format!("this build stores in SQLite, not yet in PostgreSQL: use a URL {EXAMPLE}"))
        }
        "mysql" | "mariadb" | "mssql" | "oracle" => Err(format!(
            "this build stores in SQLite, and this kind of database is not supported: use a URL {EXAMPLE}"
        )),
        _ => Err(format!("must be the URL of a supported database, {EXAMPLE}")),
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

fn refuse_redis(env: &Env) -> Result<(), ConfigError> {
    let problem = match env.text("REDIS_URL")? {
        None => return Ok(()),
        Some(url) if url.starts_with("redis://") || url.starts_with("rediss://") => {
            "this build keeps its cache and its rate limits in the process, not yet in Redis: leave it unset"
        }
        Some(_) => "must be the URL of a Redis server, such as redis://127.0.0.1:6379, or unset",
    };
    Err(ConfigError::new("REDIS_URL", problem))
}

/// Reads `DATA_DIR`.
pub(super) fn data_dir(env: &Env) -> Result<PathBuf, ConfigError> {
    Ok(PathBuf::from(env.text("DATA_DIR")?.unwrap_or("./data")))
}

/// The data directory could not be made.
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
