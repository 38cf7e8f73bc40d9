//! A store of a test's own: fresh at first, and gone with the test.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use tempfile::TempDir;

use super::{
    backend::Backend,
    database::{Database, sql},
    keyspace::Keyspace,
    provided,
};

/// A place for a server's data. Servers can follow one another on it, or run on it together.
#[derive(Debug)]
pub(crate) struct Store {
    scratch: TempDir,
    servers: Option<Servers>,
    shared: OnceLock<Shared>,
}

/// The servers that replicas meet on. Without them, everything is in the data directory.
#[derive(Debug)]
struct Servers {
    postgres: String,
    redis: Option<String>,
}

/// What is this store's own on these servers, made when somebody first asks for it.
#[derive(Debug)]
struct Shared {
    database: Database,
    keyspace: Option<Keyspace>,
}

impl Store {
    /// A place where nothing is yet, not even the data directory, on the backend that the environment names.
    pub(crate) fn fresh() -> Self {
        match Backend::chosen() {
            Backend::Sqlite => Self::on_sqlite(),
            Backend::Postgres => Self::on_postgres(),
        }
    }

    /// One on SQLite, for what is about its file.
    pub(crate) fn on_sqlite() -> Self {
        Self::new(None)
    }

    /// One on the PostgreSQL and the Redis that all tests share, for what needs them.
    pub(crate) fn on_postgres() -> Self {
        let postgres = provided("OMS_TEST_POSTGRES_URL");
        Self::on_servers(&postgres, Some(&provided("OMS_TEST_REDIS_URL")))
    }

    /// One on these servers: a database where a superuser's URL leads, and what is kept in Redis, if anything.
    pub(crate) fn on_servers(postgres: &str, redis: Option<&str>) -> Self {
        let redis = redis.map(str::to_owned);
        Self::new(Some(Servers { postgres: postgres.to_owned(), redis }))
    }

    fn new(servers: Option<Servers>) -> Self {
        let scratch = TempDir::with_prefix("oms-test-").expect("a temporary directory");
        Self { scratch, servers, shared: OnceLock::new() }
    }

    fn shared(&self) -> Option<&Shared> {
        self.servers.as_ref().map(|Servers { postgres, redis }| {
            self.shared.get_or_init(|| Shared {
                database: Database::fresh(postgres),
                keyspace: redis.as_deref().map(Keyspace::fresh),
            })
        })
    }

    /// The data directory, which the first start makes.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.scratch.path().join("data")
    }

    /// An empty directory beside it, where programs run, so that no `.env` file of anybody's is read.
    pub(crate) fn working_dir(&self) -> &Path {
        self.scratch.path()
    }

    pub(crate) fn database_url(&self) -> String {
        match self.shared() {
            Some(shared) => shared.database.url(),
            None => format!("sqlite://{}", self.data_dir().join("oms.db").display()),
        }
    }

    /// Changes its database behind the product's back.
    pub(crate) async fn tamper(&self, statements: &str) {
        let url = self.database_url();
        if let Some(file) = url.strip_prefix("sqlite://") {
            let mut connection = SqliteConnection::establish(file).expect("the database");
            // The server writes as well.
            let patient = format!("PRAGMA busy_timeout = 10000; {statements}");
            connection.batch_execute(&patient).expect("a change");
        } else {
            sql(&url, statements).await.expect("a change");
        }
    }

    /// The variables that point a program at this store.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![("DATA_DIR", self.data_dir().display().to_string())];
        if let Some(Shared { database, keyspace }) = self.shared() {
            variables.push(("DATABASE_URL", database.url()));
            // Many tests share the server's connections.
            variables.push(("DATABASE_POOL_SIZE", "4".to_owned()));
            if let Some(keyspace) = keyspace {
                variables.push(("REDIS_URL", keyspace.url().to_owned()));
                variables.push(("REDIS_PREFIX", keyspace.prefix().to_owned()));
            }
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
