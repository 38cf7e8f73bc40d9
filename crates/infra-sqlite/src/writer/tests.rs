//! A failed job does not affect the jobs that are committed with it.

use std::{
    num::NonZeroU32,
    sync::{Arc, mpsc as blocking},
    time::Duration,
};

use diesel::{SqliteConnection, connection::SimpleConnection as _, prelude::*};
use domain::StoreError;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::Writer;
use crate::{
    error::{DbError, TxError},
    file::DatabaseFile,
    readers::Readers,
    schema::counters,
};

struct Database {
    _directory: TempDir,
    file: DatabaseFile,
    writer: Arc<Writer>,
}

impl Database {
    fn migrated() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oms.db");
        crate::migrate(&path).unwrap();
        let file = DatabaseFile::at(&path).unwrap();
        let conn = file.connect_writer().unwrap();
        let writer = Writer::start(file.clone(), conn, 100, 100).unwrap();
        Self { _directory: directory, file, writer: Arc::new(writer) }
    }

    /// Queues a write and returns once it is queued.
    async fn queue<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, TxError<StoreError>> + Send + 'static,
    ) -> JoinHandle<Result<T, StoreError>> {
        let writer = Arc::clone(&self.writer);
        let task = tokio::spawn(async move { writer.run(work).await });
        // The runtime has one thread, so now the task runs until it waits for its result.
        tokio::task::yield_now().await;
        task
    }

    /// Keeps the writer busy until the returned sender is dropped, so that all jobs that are queued
    /// meanwhile commit together.
    async fn block(&self) -> blocking::Sender<()> {
        let (release, blocked) = blocking::channel::<()>();
        let (started, starts) = tokio::sync::oneshot::channel();
        self.queue(move |_conn| {
            let _ = started.send(());
            // Ends with an error as soon as the sender is dropped.
            let _ = blocked.recv_timeout(Duration::from_secs(30));
            Ok(())
        })
        .await;
        starts.await.unwrap();
        release
    }

    fn counter_names(&self) -> Vec<String> {
        let mut conn = self.file.connect_reader().unwrap();
        counters::table
            .filter(counters::name.like("test.%"))
            .select(counters::name)
            .order_by(counters::name)
            .load(&mut conn)
            .unwrap()
    }
}

fn insert_counter(
    name: &'static str,
) -> impl FnOnce(&mut SqliteConnection) -> Result<(), TxError<StoreError>> + Send + 'static {
    move |conn| {
        diesel::insert_into(counters::table)
            .values((counters::name.eq(name), counters::value.eq(1)))
            .execute(conn)?;
        Ok(())
    }
}

#[tokio::test]
async fn a_failed_job_is_rolled_back_and_the_jobs_committed_with_it_succeed() {
    let database = Database::migrated();
    let blocked = database.block().await;
    let first = database.queue(insert_counter("test.first")).await;
    let failed = database
        .queue(|conn| {
            insert_counter("test.failed")(conn)?;
            Err::<(), _>(TxError::Failed(DbError::Unexpected("it is broken")))
        })
        .await;
    let last = database.queue(insert_counter("test.last")).await;
    drop(blocked);
    assert!(first.await.unwrap().is_ok());
    assert!(matches!(failed.await.unwrap(), Err(StoreError::Broken(_))));
    assert!(last.await.unwrap().is_ok());
    assert_eq!(database.counter_names(), ["test.first", "test.last"]);
}

#[tokio::test]
async fn a_panic_fails_its_own_job_only_and_the_writer_continues() {
    let database = Database::migrated();
    let blocked = database.block().await;
    let first = database.queue(insert_counter("test.first")).await;
    let panicked = database
        .queue(|conn| -> Result<(), TxError<StoreError>> {
            insert_counter("test.panicked")(conn)?;
            panic!("a bug")
        })
        .await;
    drop(blocked);
    assert!(first.await.unwrap().is_ok());
    assert!(matches!(panicked.await.unwrap(), Err(StoreError::Broken(_))));
    assert!(database.queue(insert_counter("test.later")).await.await.unwrap().is_ok());
    assert_eq!(database.counter_names(), ["test.first", "test.later"]);
}

#[tokio::test]
async fn when_the_transaction_is_lost_every_caller_gets_an_error() {
    let database = Database::migrated();
    let blocked = database.block().await;
    let before = database.queue(insert_counter("test.before")).await;
    // Rolls back the whole transaction, as SQLite does by itself on a full disk.
    let loses = database
        .queue(|conn| {
            conn.batch_execute("ROLLBACK")?;
            Err::<(), _>(TxError::Failed(DbError::Unexpected("the disk is full")))
        })
        .await;
    let after = database.queue(insert_counter("test.after")).await;
    drop(blocked);
    for job in [before, loses, after] {
        assert!(job.await.unwrap().is_err());
    }
    assert_eq!(database.counter_names(), Vec::<String>::new());
    assert!(database.queue(insert_counter("test.later")).await.await.unwrap().is_ok());
    assert_eq!(database.counter_names(), ["test.later"]);
}

#[tokio::test]
async fn a_commit_that_fails_fails_everything_in_it() {
    let database = Database::migrated();
    let blocked = database.block().await;
    let neighbour = database.queue(insert_counter("test.neighbour")).await;
    // A reference that is checked only at the commit, and broken then.
    let breaks_commit = database
        .queue(|conn| {
            conn.batch_execute(
                "PRAGMA defer_foreign_keys = ON;
                 INSERT INTO product_order_counts (product_id, value) VALUES (99, 0)",
            )?;
            Ok(())
        })
        .await;
    drop(blocked);
    assert!(neighbour.await.unwrap().is_err());
    assert!(breaks_commit.await.unwrap().is_err());
    assert_eq!(database.counter_names(), Vec::<String>::new());
    assert!(database.queue(insert_counter("test.later")).await.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_queued_write_is_committed_though_its_caller_stopped_waiting() {
    let database = Database::migrated();
    let blocked = database.block().await;
    let abandoned = database.queue(insert_counter("test.abandoned")).await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    drop(blocked);
    assert!(database.queue(insert_counter("test.later")).await.await.unwrap().is_ok());
    assert_eq!(database.counter_names(), ["test.abandoned", "test.later"]);
}

#[test]
fn a_locked_database_is_unavailable_and_not_broken() {
    let database = Database::migrated();
    let mut other = database.file.connect_writer().unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut conn = database.file.connect_writer().unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 0").unwrap();
    let failure = DbError::from(conn.batch_execute("BEGIN IMMEDIATE").unwrap_err());
    assert!(matches!(StoreError::from(failure), StoreError::Unavailable(_)));
}

#[tokio::test]
async fn a_read_that_starts_after_an_acknowledged_write_sees_it() {
    let database = Database::migrated();
    let readers = Readers::open(database.file.clone(), NonZeroU32::MIN).unwrap();
    for name in ["test.1", "test.2", "test.3", "test.4", "test.5"] {
        database.queue(insert_counter(name)).await.await.unwrap().unwrap();
        let seen = readers
            .run(move |conn| Ok(counters::table.find(name).count().get_result::<i64>(conn)?));
        assert_eq!(seen.await.unwrap(), 1);
    }
}
