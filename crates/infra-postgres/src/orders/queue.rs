//! The queue of orders to be placed: who waits when a connection becomes free goes together.
//!
//! A task of its own forms the batches. Who comes while none is under way goes at once; whatever waits when one
//! finishes forms the next, so that batches grow with the load. A few of them are under way at once, each on a
//! connection of its own, if that many wait that it is worth it, or somebody has waited for company for long enough.
//! [`waiting`] says who goes next, [`batch`] carries a batch through.

mod batch;
mod job;
mod waiting;

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
use tokio::{
    sync::{
        mpsc::{self, error::SendTimeoutError},
        oneshot, watch,
    },
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until},
};

use self::{
    job::{Claim, Job},
    waiting::Waiting,
};
use crate::{
    database::Database,
    error::{Away, Panicked},
    metrics::PlacementMetrics,
    store::PlacementOptions,
};

/// The way to the task that places orders. It ends when this is dropped, after what is queued.
pub(crate) struct PlacementQueue {
    /// `None` once the store is closed.
    jobs: RwLock<Option<mpsc::Sender<Job>>>,
    /// How long a caller waits to be let in.
    entry: Duration,
    /// Closed by the task's end.
    ended: watch::Receiver<()>,
}

impl PlacementQueue {
    /// Starts the task, on the runtime of whoever calls this. A caller waits as long as `entry` to be let in.
    pub(crate) fn start(
        database: Arc<Database>,
        options: PlacementOptions,
        entry: Duration,
    ) -> Self {
        // Half of those who wait are on their way in, half are within.
        let (sender, receiver) = mpsc::channel(options.queue.div_ceil(2).max(1));
        let (running, ended) = watch::channel(());
        let dispatcher = Dispatcher {
            database,
            options,
            waiting: Waiting::default(),
            under_way: JoinSet::new(),
            claims: HashMap::new(),
            metrics: PlacementMetrics::new(),
        };
        tokio::spawn(async move {
            dispatcher.run(receiver).await;
            drop(running);
        });
        Self { jobs: RwLock::new(Some(sender)), entry, ended }
    }

    /// Places these orders, together with all others that are waiting. One result for each, in their order.
    ///
    /// Once queued, they are placed even if the caller goes away; unless their turn does not come in time.
    pub(crate) async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        if orders.is_empty() {
            return Vec::new();
        }
        let count = orders.len();
        let (reply, answer) = oneshot::channel();
        let failure = match self.submit(Job::new(orders, reply)).await {
            Ok(()) => match answer.await {
                Ok(results) => return results,
                Err(_task_died) => StoreError::broken(Panicked),
            },
            Err(failure) => failure,
        };
        vec![Err(failure.into()); count]
    }

    async fn submit(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner).clone();
        let jobs = jobs.ok_or_else(|| StoreError::unavailable(Away::Closed))?;
        jobs.send_timeout(job, self.entry).await.map_err(|refused| match refused {
            SendTimeoutError::Timeout(_job) => StoreError::unavailable(Away::Busy),
            SendTimeoutError::Closed(_job) => StoreError::broken(Panicked),
        })
    }

    /// Refuses further orders, and waits until all that are queued are placed.
    pub(crate) async fn close(&self) {
        drop(self.jobs.write().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing is ever sent: this ends with the task.
        while self.ended.clone().changed().await.is_ok() {}
    }
}

/// The task that forms batches and starts them.
struct Dispatcher {
    database: Arc<Database>,
    options: PlacementOptions,
    waiting: Waiting,
    under_way: JoinSet<()>,
    /// What each batch under way lays claim to.
    claims: HashMap<Id, Vec<Claim>>,
    metrics: PlacementMetrics,
}

impl Dispatcher {
    /// Runs until every sender is gone and everything is placed.
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let room = (self.options.queue / 2).max(1);
        let mut arrived = Vec::new();
        let mut open = true;
        while open || self.waiting.len() > 0 || !self.under_way.is_empty() {
            let free = room.saturating_sub(self.waiting.len());
            let alarm = self.alarm(Instant::now());
            tokio::select! {
                biased;
                Some(finished) = self.under_way.join_next_with_id() => self.finish(finished),
                count = jobs.recv_many(&mut arrived, free), if open && free > 0 => {
                    open = count > 0;
                    arrived.drain(..).for_each(|job| self.waiting.push(job));
                }
                () = sleep_until(alarm.unwrap_or_else(Instant::now)), if alarm.is_some() => {}
            }
            self.turn_away();
            self.start();
            self.metrics.queue_is(self.waiting.len() + jobs.len());
        }
    }

    /// Tells those who have waited for too long that their orders are not placed.
    fn turn_away(&mut self) {
        for job in self.waiting.take_waiting_for(self.options.turn, Instant::now()) {
            job.fail(&StoreError::unavailable(Away::Busy));
        }
    }

    /// When something is to be done though nobody comes and nothing ends: somebody has waited long enough for
    /// company, or for their turn.
    fn alarm(&self, now: Instant) -> Option<Instant> {
        let oldest = self.waiting.oldest()?;
        // Whoever has been waiting for longer than that waits for something else.
        let alone = oldest + self.options.company;
        Some(if alone > now { alone } else { oldest + self.options.turn })
    }

    /// Whether those who wait need not wait any longer for company.
    fn is_worthwhile(&self) -> bool {
        let waited = |queued_at: Instant| queued_at.elapsed() >= self.options.company;
        self.under_way.is_empty()
            || self.waiting.len() >= self.options.worthwhile
            || self.waiting.oldest().is_some_and(waited)
    }

    /// Starts batches while there are connections and somebody can go.
    fn start(&mut self) {
        while self.under_way.len() < self.options.in_flight.max(1) && self.is_worthwhile() {
            let jobs = self.waiting.next_batch(self.options.max_batch);
            if jobs.is_empty() {
                return;
            }
            self.metrics.batch_formed(jobs.iter().map(|job| job.orders.len()).sum());
            let claims = jobs.iter().flat_map(|job| job.claims.iter().cloned()).collect();
            let database = Arc::clone(&self.database);
            let task = self.under_way.spawn(async move { batch::place(&database, jobs).await });
            self.claims.insert(task.id(), claims);
        }
    }

    fn finish(&mut self, finished: Result<(Id, ()), JoinError>) {
        let id = match finished {
            Ok((id, ())) => id,
            Err(error) => {
                // Its callers have noticed: the ways to them are gone.
                tracing::error!(error = ?error, "placing a batch of orders panicked");
                error.id()
            }
        };
        self.waiting.release(&self.claims.remove(&id).unwrap_or_default());
    }
}
