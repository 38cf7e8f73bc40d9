//! Time in the demo: each thing that happens has its own.

use std::future::Future;

use domain::{Clock, Timestamp};

use crate::wiring::SystemClock;

tokio::task_local! {
    static NOW: Timestamp;
}

/// Tells the time that [`at`] sets for what runs in it, and outside of that the real one. So many things can
/// happen side by side, each at its own time.
pub(super) struct DemoClock;

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        NOW.try_with(|now| *now).unwrap_or_else(|_outside| SystemClock.now())
    }
}

/// Lets something happen at a moment.
pub(super) async fn at<T>(moment: Timestamp, happening: impl Future<Output = T>) -> T {
    NOW.scope(moment, happening).await
}
