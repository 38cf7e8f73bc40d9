//! When requests were answered last.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// How long ago a request may have been answered to count in the place of a look.
const MAX_AGE: Duration = Duration::from_secs(3);

/// When requests were answered. Costs them next to nothing.
pub(crate) struct LastSuccess {
    since: Instant,
    /// In milliseconds after that; 0 if none was.
    last: AtomicU64,
}

impl LastSuccess {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), last: AtomicU64::new(0) }
    }

    pub(crate) fn record(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    /// Whether there was one a moment ago.
    pub(crate) fn is_recent(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && u128::from(self.now().saturating_sub(last)) < MAX_AGE.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }
}
