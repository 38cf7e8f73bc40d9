//! What the runs of a relay have in common.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    Clock, Timer, Timestamp,
    clock::saturating_after,
    events::{
        RetryPolicy, Subscription,
        port::{EventSubscriber, SubscriptionStore, WorkerId},
    },
};

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

/// A relay: its ports, and what it remembers from run to run.
pub(super) struct Context {
    pub(super) ports: RelayPorts,
    pub(super) subscriber: Arc<dyn EventSubscriber>,
    pub(super) subscription: Subscription,
    pub(super) settings: RelaySettings,
    /// The accounts or events that failed since the last success.
    streak: Mutex<HashSet<i64>>,
    runs: AtomicU32,
}

impl Context {
    pub(super) fn new(
        ports: RelayPorts,
        subscriber: Arc<dyn EventSubscriber>,
        settings: RelaySettings,
    ) -> Self {
        let subscription = subscriber.subscription();
        let (streak, runs) = (Mutex::default(), AtomicU32::new(0));
        Self { ports, subscriber, subscription, settings, streak, runs }
    }

    /// There was nothing to do, so the next lease is a new one.
    pub(super) fn end_of_lease(&self) {
        self.runs.store(0, Ordering::Relaxed);
    }

    pub(super) fn lease_end(&self, now: Timestamp) -> Timestamp {
        saturating_after(now, self.settings.lease)
    }

    /// Whether the lease is kept after a run that left more to do.
    pub(super) fn keeps_lease(&self) -> bool {
        let runs = self.runs.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if runs >= MAX_RUNS_PER_LEASE {
            self.runs.store(0, Ordering::Relaxed);
        }
        runs < MAX_RUNS_PER_LEASE
    }

    /// Counts a failure towards the streak. Returns how many different ones it has now.
    pub(super) fn extend_streak(&self, key: i64) -> usize {
        let mut streak = self.streak.lock().unwrap_or_else(PoisonError::into_inner);
        streak.insert(key);
        streak.len()
    }

    pub(super) fn end_streak(&self) {
        self.streak.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
