//! The store of a test: empty at first, and removed with the test.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use tempfile::TempDir;

use super::{
    backend::Backend,
    database::{Database, sql},
    provided,
    redis_namespace::RedisNamespace,
};

/// The data of a server. Servers can use it one after another, and on PostgreSQL together.
#[derive(Debug)]
pub(crate) struct Store {
    directory: TempDir,
    servers: Option<ServerUrls>,
    shared: OnceLock<Shared>,
}

/// The URLs of the servers that replicas share. Without them, all data is in the data directory.
#[derive(Debug)]
struct ServerUrls {
    postgres: String,
    redis: Option<String>,
}

/// The store's database and Redis keys on these servers, created at the first use.
#[derive(Debug)]
struct Shared {
    database: Database,
    redis_namespace: Option<RedisNamespace>,
}

impl Store {
    /// An empty store, without a data directory yet, on the backend that the environment names.
    pub(crate) fn fresh() -> Self {
        match Backend::from_env() {
            Backend::Sqlite => Self::on_sqlite(),
            Backend::Postgres => Self::on_postgres(),
        }
    }

    /// A store on SQLite, for tests of its file.
    pub(crate) fn on_sqlite() -> Self {
        Self::new(None)
    }

    /// A store on the PostgreSQL and the Redis that all tests share.
    pub(crate) fn on_postgres() -> Self {
        let postgres = provided("OMS_TEST_POSTGRES_URL");
        Self::on_servers(&postgres, Some(&provided("OMS_TEST_REDIS_URL")))
    }

    /// A store on these servers: a new database on the PostgreSQL at this URL of a superuser, and
    /// Redis if there is one.
    pub(crate) fn on_servers(postgres: &str, redis: Option<&str>) -> Self {
        let redis = redis.map(str::to_owned);
        Self::new(Some(ServerUrls { postgres: postgres.to_owned(), redis }))
    }

    fn new(servers: Option<ServerUrls>) -> Self {
        let directory = TempDir::with_prefix("oms-test-").expect("a temporary directory");
        Self { directory, servers, shared: OnceLock::new() }
    }

    fn shared(&self) -> Option<&Shared> {
        self.servers.as_ref().map(|ServerUrls { postgres, redis }| {
            self.shared.get_or_init(|| Shared {
                database: Database::fresh(postgres),
                redis_namespace: redis.as_deref().map(RedisNamespace::fresh),
            })
        })
    }

    /// The data directory, which the first start creates.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The working directory of programs: empty, so that they read no `.env` file of the developer.
    pub(crate) fn working_dir(&self) -> &Path {
        self.directory.path()
    }

    /// The value of `DATABASE_URL` for this store.
    pub(crate) fn database_url(&self) -> String {
        match self.shared() {
            Some(shared) => shared.database.url(),
            None => format!("sqlite://{}", self.data_dir().join("oms.db").display()),
        }
    }

    /// Changes the database directly, bypassing the product.
    pub(crate) async fn tamper(&self, statements: &str) {
        let url = self.database_url();
        if let Some(file) = url.strip_prefix("sqlite://") {
            let mut connection = SqliteConnection::establish(file).expect("the database");
            // The server writes as well, so this waits for its lock.
            let statements = format!("PRAGMA busy_timeout = 10000; {statements}");
            connection.batch_execute(&statements).expect("a change");
        } else {
            sql(&url, statements).await.expect("a change");
        }
    }

    /// The variables that point a program at this store.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![("DATA_DIR", self.data_dir().display().to_string())];
        if let Some(Shared { database, redis_namespace }) = self.shared() {
            variables.push(("DATABASE_URL", database.url()));
            // Many tests share the connections of the server.
            variables.push(("DATABASE_POOL_SIZE", "4".to_owned()));
            if let Some(namespace) = redis_namespace {
                variables.push(("REDIS_URL", namespace.url().to_owned()));
                variables.push(("REDIS_PREFIX", namespace.prefix().to_owned()));
            }
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
