//! A separate database for each test, on the server at `OMS_TEST_POSTGRES_URL`, dropped at the end.
//! It is a copy of a template, which is migrated once for each content of the migrations.
//!
//! The unit tests of the crate use this file too.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use infra_postgres::migrate;
use tokio_postgres::{Client, Config, NoTls};

pub(crate) struct Database {
    pub(crate) name: String,
}

impl Database {
    pub(crate) async fn migrated() -> Self {
        Self::copy_of(&migrated().await).await
    }

    /// A copy of another database, which must have no connections.
    pub(crate) async fn copy_of(template: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oms_test_{}_{count}_{:x}", process::id(), unique_suffix());
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        server().await.batch_execute(&create).await.unwrap();
        Self { name }
    }

    pub(crate) fn url(&self) -> String {
        url_of(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server is removed after the run, with all databases.
        if env::var_os("OMS_TEST_THROWAWAY").is_some() {
            return;
        }
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // On a separate thread: the runtime of the test is in use.
        let dropping = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { server().await.batch_execute(&drop).await.unwrap() });
        });
        let dropped = dropping.join();
        if !thread::panicking() {
            dropped.unwrap();
        }
    }
}

/// A number that no earlier test run had: process ids are reused.
fn unique_suffix() -> u64 {
    let mut hasher = DefaultHasher::new();
    std::time::SystemTime::now().hash(&mut hasher);
    hasher.finish()
}

/// The URL of the server, with any database in it.
pub(crate) fn server_url() -> String {
    env::var("OMS_TEST_POSTGRES_URL").expect(
        "these tests need a PostgreSQL server on which they may create databases: set \
         OMS_TEST_POSTGRES_URL, or run `tests/with-services <command>`, which starts one",
    )
}

/// The URL of another database on the same server.
pub(crate) fn url_of(database: &str) -> String {
    let url = server_url();
    let (server, rest) = url.rsplit_once('/').unwrap();
    match rest.split_once('?') {
        Some((_name, query)) => format!("{server}/{database}?{query}"),
        None => format!("{server}/{database}"),
    }
}

pub(crate) async fn connect(url: &str) -> Client {
    let config: Config = url.parse().unwrap();
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A connection for creating and dropping databases.
pub(crate) async fn server() -> Client {
    connect(&server_url()).await
}

/// Returns the name of a template database of this kind, and creates it if it is missing: a copy of
/// the database `from`, on which `make` has run. The name depends on the migrations, and on
/// `difference`.
pub(crate) async fn template(
    kind: &str,
    difference: &str,
    from: &str,
    make: impl AsyncFn(String),
) -> String {
    let mut hasher = DefaultHasher::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    hash_folder(&folder, &mut hasher);
    difference.hash(&mut hasher);
    let name = format!("oms_{kind}_{:016x}", hasher.finish());
    let server = server().await;
    server.batch_execute("SELECT pg_advisory_lock(4711)").await.unwrap();
    let exists = "SELECT FROM pg_database WHERE datname = $1";
    if server.query_opt(exists, &[&name]).await.unwrap().is_none() {
        let unfinished = format!("{name}_unfinished");
        let drop = format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)");
        server.batch_execute(&drop).await.unwrap();
        let create = format!("CREATE DATABASE {unfinished} TEMPLATE {from}");
        server.batch_execute(&create).await.unwrap();
        make(url_of(&unfinished)).await;
        let rename = format!("ALTER DATABASE {unfinished} RENAME TO {name}");
        server.batch_execute(&rename).await.unwrap();
    }
    server.batch_execute("SELECT pg_advisory_unlock(4711)").await.unwrap();
    name
}

pub(crate) async fn migrated() -> String {
    template("template", "", "template0", async |url| drop(migrate(&url).await.unwrap())).await
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        entry.file_name().hash(hasher);
        if entry.is_dir() {
            hash_folder(&entry, hasher);
        } else {
            fs::read(entry).unwrap().hash(hasher);
        }
    }
}
