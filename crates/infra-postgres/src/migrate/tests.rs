//! Migrations that build an index concurrently, on a table with rows and a program that writes.

use std::{collections::BTreeSet, sync::Mutex};

use diesel::migration::Migration;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::*;
use crate::database_for_tests::{Database, connect};

/// The program's migrations, and one that builds an index.
#[derive(Clone, Copy)]
struct WithIndex;

const INDEX_MIGRATION: EmbeddedMigrations = embed_migrations!("tests/migrations");
const NAME: &str = "2099-01-01-000001_an_index";

impl MigrationSource<Pg> for WithIndex {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<Pg>>>> {
        let mut migrations = OwnMigrations.migrations()?;
        migrations.extend(MigrationSource::<Pg>::migrations(&INDEX_MIGRATION)?);
        Ok(migrations)
    }
}

/// A database with orders, and a transaction of another program that has written one more and is
/// not committed, so that a build waits for it.
struct Shop {
    database: Database,
    open_transaction: Client,
    reported: Arc<Mutex<Vec<MigrationProgress>>>,
}

const INSERT_ORDERS: &str = "INSERT INTO orders (user_id, customer_name, item_name, search_text,
        quantity, currency, status, version, revision, created_at, updated_at)
    SELECT (SELECT min(id) FROM users), 'Ada', 'A cake', 'ada', 1, 'EUR', 'pending', 1, 1, now(), now()
    FROM generate_series(1, $count)";

fn insert_orders(count: u32) -> String {
    INSERT_ORDERS.replace("$count", &count.to_string())
}

impl Shop {
    async fn busy() -> Self {
        let database = Database::migrated().await;
        let session = connect(&database.url()).await;
        session
            .batch_execute(
                "INSERT INTO users (name, email, password_hash, role, created_at)
                 VALUES ('Ada', 'ada@example.com', 'none', 'user', now())",
            )
            .await
            .unwrap();
        session.batch_execute(&insert_orders(5_000)).await.unwrap();
        let open_transaction = connect(&database.url()).await;
        open_transaction.batch_execute("BEGIN").await.unwrap();
        open_transaction.batch_execute(&insert_orders(1)).await.unwrap();
        Self { database, open_transaction, reported: Arc::default() }
    }

    async fn session(&self) -> Client {
        connect(&self.database.url()).await
    }

    fn migrate(&self) -> JoinHandle<Result<Vec<String>, MigrateError>> {
        let (url, reported) = (self.database.url(), Arc::clone(&self.reported));
        tokio::spawn(async move {
            let observer: MigrationObserver =
                Arc::new(move |progress| reported.lock().unwrap().push(progress));
            apply(&url, WithIndex, &observer).await
        })
    }

    /// Waits until a build waits for the open transaction, and reports it.
    async fn wait_for_build(&self) {
        self.wait_for_report(|progress| {
            matches!(progress, MigrationProgress::BuildingIndex { phase, .. }
                if phase.contains("waiting for writers"))
        })
        .await;
    }

    async fn wait_for_report(&self, wanted: fn(&MigrationProgress) -> bool) {
        test_services::eventually("it is reported", async || {
            self.reported.lock().unwrap().iter().any(wanted)
        })
        .await;
    }

    /// Ends the session that builds or removes the index.
    async fn kill_build(&self) {
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE '%INDEX CONCURRENTLY%'
                    AND pid <> pg_backend_pid()";
        self.session().await.execute(kill, &[]).await.unwrap();
    }

    /// Writes orders, and fails if a lock keeps it from that.
    async fn write(&self) {
        let session = self.session().await;
        session.batch_execute("SET lock_timeout = '5s'").await.unwrap();
        session.batch_execute(&insert_orders(1)).await.unwrap();
        session.batch_execute("UPDATE orders SET updated_at = now() WHERE id < 50").await.unwrap();
    }

    async fn commit(&self) {
        self.open_transaction.batch_execute("COMMIT").await.unwrap();
    }

    /// Whether there is the index, and whether it is valid.
    async fn index(&self) -> Option<bool> {
        let found = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('orders_test')";
        self.session().await.query_opt(found, &[]).await.unwrap().map(|row| row.get(0))
    }

    async fn is_recorded(&self) -> bool {
        let recorded = "SELECT FROM __diesel_schema_migrations WHERE version = '20990101000001'";
        self.session().await.query_opt(recorded, &[]).await.unwrap().is_some()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_written_while_an_index_is_built() {
    let shop = Shop::busy().await;
    let migrating = shop.migrate();
    shop.wait_for_build().await;
    shop.write().await;
    assert!(!shop.is_recorded().await);
    shop.commit().await;
    assert_eq!(migrating.await.unwrap().unwrap(), [NAME]);
    assert_eq!(shop.index().await, Some(true));
    shop.write().await;
    assert_eq!(shop.migrate().await.unwrap().unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_is_killed_is_resumed_by_the_next_run() {
    let shop = Shop::busy().await;
    let killed = shop.migrate();
    shop.wait_for_build().await;
    shop.kill_build().await;
    assert!(killed.await.unwrap().is_err());
    assert_eq!(shop.index().await, Some(false), "an invalid index is left");
    assert!(!shop.is_recorded().await);
    shop.write().await;

    let killed = shop.migrate();
    shop.wait_for_report(|it| matches!(it, MigrationProgress::RemovingIndex { .. })).await;
    test_services::eventually("the removal waits for the open transaction", async || {
        let waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database()
                       AND query LIKE 'DROP INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'";
        shop.session().await.query_opt(waiting, &[]).await.unwrap().is_some()
    })
    .await;
    shop.write().await;
    shop.kill_build().await;
    assert!(killed.await.unwrap().is_err());

    shop.commit().await;
    assert_eq!(shop.migrate().await.unwrap().unwrap(), [NAME]);
    assert_eq!(shop.index().await, Some(true));
    assert!(shop.is_recorded().await);
    shop.write().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_processes_one_builds_and_the_others_wait_without_holding_it_up() {
    for isolation in ["read committed", "repeatable read", "serializable"] {
        let shop = Shop::busy().await;
        let name = &shop.database.name;
        let set =
            format!("ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'");
        shop.session().await.batch_execute(&set).await.unwrap();
        let migrating = [shop.migrate(), shop.migrate(), shop.migrate()];
        shop.wait_for_build().await;
        test_services::eventually("the others wait", async || {
            let reported = shop.reported.lock().unwrap();
            let waiting =
                reported.iter().filter(|progress| **progress == MigrationProgress::Waiting);
            waiting.count() >= 2
        })
        .await;
        shop.commit().await;
        let mut applied = Vec::new();
        for migrated in migrating {
            applied.extend(migrated.await.unwrap().unwrap());
        }
        assert_eq!(applied, [NAME], "{isolation}");
        assert_eq!(shop.index().await, Some(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_an_operator_built_beforehand_is_kept() {
    let shop = Shop::busy().await;
    shop.commit().await;
    let session = shop.session().await;
    session.batch_execute("CREATE INDEX orders_test ON orders (customer_name)").await.unwrap();
    let oid = "SELECT 'orders_test'::regclass::oid";
    let before: u32 = session.query_one(oid, &[]).await.unwrap().get(0);
    assert_eq!(shop.migrate().await.unwrap().unwrap(), [NAME]);
    assert_eq!(session.query_one(oid, &[]).await.unwrap().get::<_, u32>(0), before);
}

/// A build that finds the snapshot of a waiting process waits for its whole transaction, so that
/// transaction has to end.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_waits_for_the_lock_begins_a_transaction_for_each_attempt() {
    let database = Database::migrated().await;
    let url = database.url();
    // A session sees others' activity as of the beginning of its transaction.
    let (holder, operator) = (connect(&url).await, connect(&url).await);
    let take = format!("BEGIN; {}", lock::TRY_LOCK);

    holder.batch_execute(&take).await.unwrap();
    let migrating = tokio::spawn(async move { migrate(&url).await });
    assert_begins_transactions(&operator).await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(migrating.await.unwrap().unwrap(), Vec::<String>::new());

    holder.batch_execute(&take).await.unwrap();
    let connector = Connector::new(Target::parse(&database.url()).unwrap()).unwrap();
    let taking = tokio::spawn(async move { MigrationLock::take(&connector, || ()).await.is_ok() });
    assert_begins_transactions(&operator).await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert!(taking.await.unwrap());
}

/// Asserts that one of the other sessions begins one transaction after the other.
async fn assert_begins_transactions(operator: &Client) {
    let mut begun = BTreeSet::new();
    test_services::eventually("a session begins several transactions", async || {
        let waiting = "SELECT pid, xact_start::text FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()
                       AND state = 'idle in transaction'";
        let waiting = operator.query(waiting, &[]).await.unwrap();
        begun.extend(waiting.iter().map(|row| (row.get::<_, i32>(0), row.get::<_, String>(1))));
        let pids: BTreeSet<_> = begun.iter().map(|(pid, _)| pid).collect();
        begun.len() >= pids.len() + 2
    })
    .await;
}

#[test]
fn a_migration_outside_of_a_transaction_builds_one_index_concurrently() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let up = std::fs::read_to_string(path.join("up.sql")).unwrap();
        let is_concurrent = path.join("metadata.toml").exists();
        assert_eq!(up.contains("CONCURRENTLY"), is_concurrent, "{}", path.display());
        if is_concurrent {
            let statement = up.lines().filter(|line| !line.starts_with("--")).collect::<String>();
            assert!(statement.starts_with("CREATE") && statement.contains("IF NOT EXISTS"), "{up}");
            assert_eq!(statement.matches(';').count(), 1, "one statement: {up}");
        }
    }
}
