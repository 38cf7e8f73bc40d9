//! Whether the loops of a worker are alive.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::events::Subscription;

use crate::config::OutboxConfig;

/// The longest pause after the store has failed.
pub(super) const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// How much longer than expected a delivery may take before its loop counts as stuck. The time
/// limits of a mail are half an hour together.
const STUCK_AFTER: Duration = Duration::from_mins(35);

/// When each loop last began a delivery or finished a run. Clones share the times.
#[derive(Clone)]
pub(crate) struct Heartbeat {
    last: Arc<Mutex<HashMap<Subscription, Instant>>>,
    max_age: Duration,
}

impl Heartbeat {
    /// The heartbeat of loops that are about to start.
    pub(crate) fn new(config: &OutboxConfig) -> Self {
        let pause = config.poll_interval.max(MAX_BACKOFF);
        Self { last: Arc::default(), max_age: STUCK_AFTER + pause }
    }

    pub(super) fn beat(&self, subscription: &Subscription) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.get_mut(subscription) {
            Some(last) => *last = Instant::now(),
            None => {
                last.insert(subscription.clone(), Instant::now());
            }
        }
    }

    /// Whether no loop is stuck. A failed run counts as a beat too, because a restart would not
    /// help.
    pub(crate) fn is_beating(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.values().all(|last| last.elapsed() <= self.max_age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_stops_beating_when_one_loop_is_stuck() {
        let heartbeat = Heartbeat { last: Arc::default(), max_age: Duration::from_hours(1) };
        assert!(heartbeat.is_beating(), "no loop has started");
        heartbeat.beat(&Subscription::LOG);
        heartbeat.beat(&Subscription::MAIL);
        assert!(heartbeat.is_beating());
        let overdue = Heartbeat { max_age: Duration::ZERO, ..heartbeat };
        assert!(!overdue.is_beating(), "some time has passed since");
    }
}
