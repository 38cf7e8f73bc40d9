//! The event relay: leases a subscription, delivers the events behind its position, and records how
//! far it got.

mod run;
mod sorting;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use futures::{
    future::{Either, select},
    pin_mut,
};

use self::run::Run;
use super::{
    EventType, RetryPolicy, Subscription,
    port::{EventSubscriber, LeaseRequest, SubscriptionStore, WorkerId},
};
use crate::{Clock, StoreError, Timer, Timestamp};

/// How many runs in a row a worker keeps its lease while there is more to do. Then it releases the
/// lease, so that workers of another version, which may know other types of events, have a turn.
const MAX_RUNS_PER_LEASE: u32 = 20;

/// The settings of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelaySettings {
    /// The number of events read at once.
    pub batch: u32,
    /// The duration of a lease. It is extended while deliveries take longer.
    pub lease: Duration,
    /// When failed deliveries are retried and given up.
    pub retry: RetryPolicy,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self { batch: 500, lease: Duration::from_mins(1), retry: RetryPolicy::default() }
    }
}

/// The counts of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunSummary {
    /// The number of events that were delivered, or had nothing to deliver.
    pub delivered: usize,
    /// The number of events that were parked for another attempt.
    pub retried: usize,
    /// The number of events that the receiver refused for good.
    pub refused: usize,
    /// The number of events that became dead letters.
    pub dead: usize,
    /// Whether the receiver is in trouble, so that the subscription pauses.
    pub paused: bool,
    /// Whether there may be more to do at once.
    pub more: bool,
}

/// What a relay needs beside its subscriber.
#[derive(Clone)]
pub struct RelayPorts {
    /// Keeps the positions.
    pub store: Arc<dyn SubscriptionStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waits between two extensions of a lease.
    pub timer: Arc<dyn Timer>,
    /// The name under which leases are held.
    pub worker: WorkerId,
}

/// Delivers the events of one subscription, a batch per run. Any number of relays of a subscription
/// can exist at the same time, in any number of processes: one of them works at a time.
pub struct EventRelay {
    ports: RelayPorts,
    subscriber: Arc<dyn EventSubscriber>,
    subscription: Subscription,
    settings: RelaySettings,
    /// The accounts or events that failed since the last success.
    streak: Mutex<HashSet<i64>>,
    runs: AtomicU32,
}

impl EventRelay {
    /// Makes a relay of the subscriber's subscription.
    pub fn new(
        ports: RelayPorts,
        subscriber: Arc<dyn EventSubscriber>,
        settings: RelaySettings,
    ) -> Self {
        let subscription = subscriber.subscription();
        Self {
            ports,
            subscriber,
            subscription,
            settings,
            streak: Mutex::default(),
            runs: AtomicU32::new(0),
        }
    }

    /// The subscription.
    pub const fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Delivers the parked events that are due and the next ones of the journal, and records the
    /// progress. Once `stopped` returns true, no delivery starts, and the lease is released after
    /// those in progress.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. No delivery starts after that; what could not be
    /// recorded is delivered again when the lease has expired.
    pub async fn run_once(
        &self,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<RunSummary, StoreError> {
        if stopped() {
            return Ok(RunSummary::default());
        }
        let known_types: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
        let now = self.ports.clock.now();
        let request = LeaseRequest {
            subscription: &self.subscription,
            worker: &self.ports.worker,
            now,
            until: self.lease_end(now),
            limit: self.settings.batch,
            known_types: &known_types,
        };
        let Some(batch) = self.ports.store.lease(&request).await? else {
            self.runs.store(0, Ordering::Relaxed);
            return Ok(RunSummary::default());
        };
        let run = Run::new(self, batch, stopped);
        let deliver = run.deliver();
        let keep_lease = self.keep_lease(&run);
        pin_mut!(deliver, keep_lease);
        match select(deliver, keep_lease).await {
            Either::Left((summary, _)) => summary,
            Either::Right(((), deliver)) => deliver.await,
        }
    }

    /// Extends the lease for as long as it is polled. Returns when the lease is lost.
    async fn keep_lease(&self, run: &Run<'_>) {
        loop {
            self.ports.timer.sleep(self.settings.lease / 3).await;
            let now = self.ports.clock.now();
            let until = self.lease_end(now);
            let (subscription, worker) = (&self.subscription, &self.ports.worker);
            match self.ports.store.extend(subscription, worker, now, until).await {
                Ok(false) => return run.stop(),
                // The next extension, or recording the progress, shows whether the lease is lost.
                Ok(true) | Err(_) => {}
            }
        }
    }

    fn lease_end(&self, now: Timestamp) -> Timestamp {
        let lease = TimeDelta::from_std(self.settings.lease).unwrap_or(TimeDelta::MAX);
        now.checked_add_signed(lease).unwrap_or(Timestamp::MAX_UTC)
    }

    /// Whether the lease is kept after a run that left more to do.
    fn keeps_lease(&self) -> bool {
        let runs = self.runs.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if runs >= MAX_RUNS_PER_LEASE {
            self.runs.store(0, Ordering::Relaxed);
        }
        runs < MAX_RUNS_PER_LEASE
    }

    /// Counts a failure towards the streak. Returns how many different ones it has now.
    fn extend_streak(&self, key: i64) -> usize {
        let mut streak = self.streak.lock().unwrap_or_else(PoisonError::into_inner);
        streak.insert(key);
        streak.len()
    }

    fn end_streak(&self) {
        self.streak.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
