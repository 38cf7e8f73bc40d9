//! The placement queue: orders that wait at the same time are placed in one batch.
//!
//! One task forms the batches. An order that arrives while no batch is in flight starts at once;
//! orders that wait when a batch finishes form the next one, so that batches grow with the load. A
//! slow batch, such as one that waits for a lock, does not delay the others: after the linger the
//! next batch starts in parallel, on another connection. [`queued_jobs`] selects the orders of the
//! next batch, [`batch`] places a batch.

mod batch;
mod job;
mod queued_jobs;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{
    StoreError,
    order::{
        NewOrder,
        port::{PlaceError, Placement},
    },
};
use infra_sql::Panicked;
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until, timeout},
};

use self::{
    job::{ConflictKey, PlacementJob},
    queued_jobs::QueuedJobs,
};
use crate::{
    database::Database, error::Unavailable, metrics::PlacementMetrics, options::PlacementOptions,
};

/// The handle on the task that places orders. When it is dropped, the task finishes the queued
/// orders and ends.
pub(crate) struct PlacementQueue {
    /// `None` once the store is closed.
    jobs: RwLock<Option<mpsc::UnboundedSender<PlacementJob>>>,
    /// One permit for each job that may be queued.
    capacity: Arc<Semaphore>,
    /// How long a caller waits for a permit.
    entry_timeout: Duration,
    /// Closed when the task ends.
    ended: watch::Receiver<()>,
}

impl PlacementQueue {
    /// Starts the task, on the caller's runtime. A call of [`Self::place`] waits up to
    /// `entry_timeout` while the queue is full.
    pub(crate) fn start(
        database: Arc<Database>,
        options: PlacementOptions,
        entry_timeout: Duration,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (running, ended) = watch::channel(());
        let dispatcher = Dispatcher {
            database,
            options,
            queued: QueuedJobs::default(),
            batches: JoinSet::new(),
            conflict_keys: HashMap::new(),
            metrics: PlacementMetrics::new(),
        };
        tokio::spawn(async move {
            dispatcher.run(receiver).await;
            drop(running);
        });
        let capacity = Arc::new(Semaphore::new(options.queue.max(1)));
        Self { jobs: RwLock::new(Some(sender)), capacity, entry_timeout, ended }
    }

    /// Places these orders, together with the others that are queued. One result for each, in their
    /// order.
    ///
    /// Once queued, they are placed even if the caller drops the call, unless the queue timeout
    /// expires.
    pub(crate) async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        if orders.is_empty() {
            return Vec::new();
        }
        let count = orders.len();
        let error = match self.submit(orders).await {
            Ok(answer) => match answer.await {
                Ok(results) => return results,
                Err(_batch_panicked) => StoreError::from(Panicked),
            },
            Err(error) => error,
        };
        vec![Err(error.into()); count]
    }

    /// Queues these orders, and returns the receiver of their results.
    async fn submit(
        &self,
        orders: Vec<NewOrder>,
    ) -> Result<oneshot::Receiver<Vec<Result<Placement, PlaceError>>>, StoreError> {
        let permit = timeout(self.entry_timeout, Arc::clone(&self.capacity).acquire_owned()).await;
        let permit = permit.map_err(|_elapsed| StoreError::from(Unavailable::Busy))?;
        let closed = || StoreError::from(Unavailable::Closed);
        let permit = permit.map_err(|_closed| closed())?;
        let (reply, answer) = oneshot::channel();
        let job = PlacementJob::new(orders, permit, reply);
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref()
            .ok_or_else(closed)?
            .send(job)
            .map_err(|_task_ended| StoreError::from(Panicked))?;
        Ok(answer)
    }

    /// Refuses further orders, and waits until all queued ones are placed.
    pub(crate) async fn close(&self) {
        self.capacity.close();
        drop(self.jobs.write().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing is ever sent: the wait ends when the task drops its sender.
        while self.ended.clone().changed().await.is_ok() {}
    }
}

/// The task that forms batches and starts them.
struct Dispatcher {
    database: Arc<Database>,
    options: PlacementOptions,
    queued: QueuedJobs,
    batches: JoinSet<()>,
    /// The conflict keys of each batch in flight.
    conflict_keys: HashMap<Id, Vec<ConflictKey>>,
    metrics: PlacementMetrics,
}

impl Dispatcher {
    /// Runs until every sender is dropped and everything is placed.
    async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<PlacementJob>) {
        let mut arrived = Vec::new();
        let mut open = true;
        while open || self.queued.len() > 0 || !self.batches.is_empty() {
            let deadline = self.next_deadline(Instant::now());
            tokio::select! {
                biased;
                Some(finished) = self.batches.join_next_with_id() => self.finish(finished),
                count = jobs.recv_many(&mut arrived, usize::MAX), if open => {
                    open = count > 0;
                    arrived.drain(..).for_each(|job| self.queued.push(job));
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {}
            }
            self.expire();
            self.start();
            self.metrics.set_queue_length(self.queued.len());
        }
    }

    /// Fails the jobs whose queue timeout has expired.
    fn expire(&mut self) {
        for job in self.queued.take_expired(self.options.queue_timeout, Instant::now()) {
            job.fail(&StoreError::from(Unavailable::Busy));
        }
    }

    /// When the task has to wake up even if no job arrives and no batch finishes: at the end of the
    /// oldest job's linger, or else of its queue timeout.
    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let oldest = self.queued.oldest()?;
        let linger_end = oldest + self.options.linger;
        Some(if linger_end > now { linger_end } else { oldest + self.options.queue_timeout })
    }

    fn may_start(&self) -> bool {
        let has_lingered = |queued_at: Instant| queued_at.elapsed() >= self.options.linger;
        self.batches.is_empty()
            || (self.batches.len() < self.options.in_flight
                && self.queued.oldest().is_some_and(has_lingered))
    }

    /// Starts batches while that is allowed and some job is not blocked.
    fn start(&mut self) {
        while self.may_start() {
            let jobs = self.queued.next_batch(self.options.max_batch);
            if jobs.is_empty() {
                return;
            }
            self.metrics.record_batch(jobs.iter().map(|job| job.orders.len()).sum());
            let keys = jobs.iter().flat_map(|job| job.conflict_keys.iter().cloned()).collect();
            let database = Arc::clone(&self.database);
            let task = self.batches.spawn(async move { batch::place(&database, jobs).await });
            self.conflict_keys.insert(task.id(), keys);
        }
    }

    fn finish(&mut self, finished: Result<(Id, ()), JoinError>) {
        let id = match finished {
            Ok((id, ())) => id,
            Err(error) => {
                // The callers of the batch get an error, as their reply channels are dropped.
                tracing::error!(error = ?error, "placing a batch of orders panicked");
                error.id()
            }
        };
        self.queued.release(&self.conflict_keys.remove(&id).unwrap_or_default());
    }
}
