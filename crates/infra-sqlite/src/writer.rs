//! The write side: one thread owns the only connection that writes, and commits in groups (group
//! commit).
//!
//! All jobs that are queued when the thread becomes free are run in one transaction, without a
//! delay to collect more. They share one flush to the disk, which takes most of the time. Each job
//! has its own savepoint, so one that fails does not affect the others. Callers get their results
//! after the commit.
//!
//! This module has the queue; [`batch`] runs and commits a group of jobs, [`job`] defines a job.

mod batch;
mod job;
#[cfg(test)]
mod tests;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread::{self, JoinHandle},
};

use diesel::{RunQueryDsl as _, SqliteConnection};
use domain::{
    StoreError,
    order::{
        NewOrder,
        port::{PlaceError, Placement},
    },
};
use infra_sql::Panicked;
use tokio::sync::{mpsc, oneshot};

use self::{
    batch::Batch,
    job::{PlacementJob, WriteJob, WriteOperation},
};
use crate::{
    error::{DbError, TxError, Unavailable},
    file::DatabaseFile,
    metrics::{BatchMetrics, QueueMetrics},
};

/// The queue to the writer thread.
pub(crate) struct Writer {
    /// `None` once the store is closed.
    queue: RwLock<Option<mpsc::Sender<WriteJob>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    metrics: QueueMetrics,
}

impl Writer {
    /// Starts the thread, which commits up to `max_batch` jobs together. Up to `queue` more can be
    /// queued.
    pub(crate) fn start(
        file: DatabaseFile,
        conn: SqliteConnection,
        max_batch: usize,
        queue: usize,
    ) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let thread = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || run_writer(&file, conn, receiver, max_batch.max(1)))?;
        Ok(Self {
            queue: RwLock::new(Some(sender)),
            thread: Arc::new(Mutex::new(Some(thread))),
            metrics: QueueMetrics::new(),
        })
    }

    /// Runs a write in a transaction and returns its result after the commit. If it fails, what it
    /// wrote is rolled back.
    ///
    /// Once queued, it runs even if the caller stops waiting.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, TxError<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.submit(WriteJob::Operation(Box::new(WriteOperation::new(work, reply)))).await?;
        match answer.await {
            Ok(result) => result,
            Err(_writer_ended) => Err(StoreError::from(Panicked).into()),
        }
    }

    /// Places these orders, together with all others in the queue.
    pub(crate) async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let count = orders.len();
        let (reply, answer) = oneshot::channel();
        let failure = match self.submit(WriteJob::Place(PlacementJob::new(orders, reply))).await {
            Ok(()) => match answer.await {
                Ok(results) => return results,
                Err(_writer_ended) => StoreError::from(Panicked),
            },
            Err(failure) => failure,
        };
        vec![Err(failure.into()); count]
    }

    async fn submit(&self, job: WriteJob) -> Result<(), StoreError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner).clone();
        let queue = queue.ok_or_else(|| StoreError::from(Unavailable::Closed))?;
        queue.send(job).await.map_err(|_writer_ended| StoreError::from(Panicked))
    }

    /// Records the length of the queue.
    pub(crate) fn record_metrics(&self) {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let waiting = |queue: &mpsc::Sender<WriteJob>| queue.max_capacity() - queue.capacity();
        self.metrics.record(queue.as_ref().map_or(0, waiting));
    }

    /// Refuses further jobs, and returns the thread, which ends when all queued jobs are done.
    fn stop(&self) -> Arc<Mutex<Option<JoinHandle<()>>>> {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        Arc::clone(&self.thread)
    }

    /// Refuses further jobs, and waits for the queued ones and for the last checkpoint.
    pub(crate) async fn close(&self) {
        let thread = self.stop();
        // A second call waits here for the first.
        if tokio::task::spawn_blocking(move || join(&thread)).await.is_err() {
            tracing::warn!("the wait for the database writer was cancelled");
        }
    }
}

impl Drop for Writer {
    /// As [`Self::close`], blocking.
    fn drop(&mut self) {
        join(&self.stop());
    }
}

fn join(thread: &Mutex<Option<JoinHandle<()>>>) {
    let mut thread = thread.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(thread) = thread.take()
        && thread.join().is_err()
    {
        tracing::error!("the database writer panicked");
    }
}

/// Runs on the writer thread until every sender is dropped and the queue is empty.
fn run_writer(
    file: &DatabaseFile,
    conn: SqliteConnection,
    mut queue: mpsc::Receiver<WriteJob>,
    max_batch: usize,
) {
    let mut conn = Some(conn);
    let mut jobs = Vec::new();
    let metrics = BatchMetrics::new();
    while queue.blocking_recv_many(&mut jobs, max_batch) > 0 {
        let batch = Batch::of(jobs.drain(..));
        batch.placements().for_each(|orders| metrics.batch_formed(orders));
        let failed = match ensure_open(&mut conn, file) {
            Ok(open) => batch.commit(open).err(),
            Err(failure) => {
                let failure = StoreError::from(failure);
                batch.fail(&failure);
                Some(failure)
            }
        };
        if let Some(failure) = failed {
            // The state of the connection is unknown. Closing it rolls back an open transaction.
            tracing::warn!(error = ?failure, "a write transaction failed; reconnecting");
            conn = None;
        }
    }
    if file.is_writable()
        && let Some(Err(failure)) = conn.as_mut().map(checkpoint)
    {
        tracing::warn!(
            error = ?failure,
            "the last checkpoint failed; the write-ahead log stays for the next start"
        );
    }
}

fn ensure_open<'a>(
    conn: &'a mut Option<SqliteConnection>,
    file: &DatabaseFile,
) -> Result<&'a mut SqliteConnection, DbError> {
    let open = match conn.take() {
        Some(open) => open,
        None => file.connect_writer()?,
    };
    Ok(conn.insert(open))
}

/// Copies the write-ahead log into the database and empties it, so that the database is one file.
fn checkpoint(conn: &mut SqliteConnection) -> Result<(), DbError> {
    diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").execute(conn)?;
    Ok(())
}
