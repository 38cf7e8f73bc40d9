//! The writing side: one thread owns the only connection that writes, and commits in groups.
//!
//! Whatever is queued when the thread becomes free forms one transaction; nobody waits for a timer. A
//! flush to the disk, the slow part, is shared by all of it. Each job has its own savepoint, so one that
//! fails harms no other, and nobody is answered before the commit.
//!
//! Here is the queue; [`batch`] says what becomes of a group of jobs, [`job`] what a job is.

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
    job::{Job, PlaceJob, Task},
};
use crate::{
    error::{Abort, Away, Failure},
    file::DatabaseFile,
    metrics::{BatchMetrics, QueueMetrics},
};

/// The way to the writing thread.
pub(crate) struct Writer {
    /// `None` once the store is closed.
    queue: RwLock<Option<mpsc::Sender<Job>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    metrics: QueueMetrics,
}

impl Writer {
    /// Starts the thread. It commits up to `max_batch` jobs together, and up to `queue` more may wait.
    pub(crate) fn start(
        file: DatabaseFile,
        conn: SqliteConnection,
        max_batch: usize,
        queue: usize,
    ) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let thread = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(&file, conn, receiver, max_batch.max(1)))?;
        Ok(Self {
            queue: RwLock::new(Some(sender)),
            thread: Arc::new(Mutex::new(Some(thread))),
            metrics: QueueMetrics::new(),
        })
    }

    /// Does a piece of writing in a transaction and returns what it returned, once that is committed. What
    /// it wrote before it failed is taken back.
    ///
    /// Once queued, the work is done even if the caller goes away.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.submit(Job::Task(Box::new(Task::new(work, reply)))).await?;
        match answer.await {
            Ok(result) => result,
            Err(_thread_died) => Err(StoreError::from(Panicked).into()),
        }
    }

    /// Places these orders, together with all others that are waiting.
    pub(crate) async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let count = orders.len();
        let (reply, answer) = oneshot::channel();
        let failure = match self.submit(Job::Place(PlaceJob::new(orders, reply))).await {
            Ok(()) => match answer.await {
                Ok(results) => return results,
                Err(_thread_died) => StoreError::from(Panicked),
            },
            Err(failure) => failure,
        };
        vec![Err(failure.into()); count]
    }

    async fn submit(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner).clone();
        let queue = queue.ok_or_else(|| StoreError::from(Away::Closed))?;
        queue.send(job).await.map_err(|_thread_died| StoreError::from(Panicked))
    }

    /// Tells whoever listens how much waits now.
    pub(crate) fn show(&self) {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let waiting = |queue: &mpsc::Sender<Job>| queue.max_capacity() - queue.capacity();
        self.metrics.show(queue.as_ref().map_or(0, waiting));
    }

    /// Refuses further work, and returns the thread, which ends when all queued work is done.
    fn stop(&self) -> Arc<Mutex<Option<JoinHandle<()>>>> {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        Arc::clone(&self.thread)
    }

    /// Refuses further work, and waits for what is queued and for the last checkpoint.
    pub(crate) async fn close(&self) {
        let thread = self.stop();
        // Whoever closes it a second time waits for the first here.
        if tokio::task::spawn_blocking(move || join(&thread)).await.is_err() {
            tracing::warn!("the wait for the database writer was cut off");
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

/// What the thread does until every sender is gone and the queue is empty.
fn work(
    file: &DatabaseFile,
    conn: SqliteConnection,
    mut queue: mpsc::Receiver<Job>,
    max_batch: usize,
) {
    let mut conn = Some(conn);
    let mut jobs = Vec::new();
    let metrics = BatchMetrics::new();
    while queue.blocking_recv_many(&mut jobs, max_batch) > 0 {
        let batch = Batch::of(jobs.drain(..));
        batch.placements().for_each(|orders| metrics.batch_formed(orders));
        let failed = match open(&mut conn, file) {
            Ok(open) => batch.commit(open).err(),
            Err(failure) => {
                let failure = StoreError::from(failure);
                batch.fail(&failure);
                Some(failure)
            }
        };
        if let Some(failure) = failed {
            // Nobody knows what state the connection is in. Closing it rolls back whatever is open.
            tracing::warn!(error = ?failure, "a write transaction failed; reconnecting");
            conn = None;
        }
    }
    if let Some(Err(failure)) = conn.as_mut().map(checkpoint) {
        tracing::warn!(error = ?failure, "the last checkpoint failed; the log stays for the next start");
    }
}

fn open<'a>(
    conn: &'a mut Option<SqliteConnection>,
    file: &DatabaseFile,
) -> Result<&'a mut SqliteConnection, Failure> {
    let open = match conn.take() {
        Some(open) => open,
        None => file.connect_writer()?,
    };
    Ok(conn.insert(open))
}

/// Copies the log into the database and empties it, so that the file is all there is to copy.
fn checkpoint(conn: &mut SqliteConnection) -> Result<(), Failure> {
    diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").execute(conn)?;
    Ok(())
}
