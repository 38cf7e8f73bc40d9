//! The time of the last successful operation.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// How old the last success may be to count as a successful health check.
const MAX_AGE: Duration = Duration::from_secs(3);

/// The time of the last successful operation. Recording it is one atomic store.
pub(crate) struct LastSuccess {
    since: Instant,
    /// In milliseconds after `since`; 0 if there was none.
    last: AtomicU64,
}

impl LastSuccess {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), last: AtomicU64::new(0) }
    }

    pub(crate) fn record(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    /// Whether there was a success in the last seconds.
    pub(crate) fn is_recent(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && u128::from(self.now().saturating_sub(last)) < MAX_AGE.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }
}
