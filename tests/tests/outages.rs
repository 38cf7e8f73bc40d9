//! Outages of PostgreSQL and Redis, and the recovery from them.

mod commits;
mod postgres;
mod redis;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::harness::eventually;

/// The state of a background load: how many requests were served, how many were not, and whether it
/// continues.
#[derive(Debug, Clone, Default)]
struct Load {
    stopped: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    unavailable: Arc<AtomicUsize>,
}

impl Load {
    fn is_running(&self) -> bool {
        !self.stopped.load(Ordering::SeqCst)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Counts a successful response.
    fn record_served(&self) {
        self.served.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts a 503.
    fn record_unavailable(&self) {
        self.unavailable.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits for this many further successful responses.
    async fn wait_for_served(&self, more: usize) {
        let target = self.served.load(Ordering::SeqCst) + more;
        eventually("the load is served", async || self.served.load(Ordering::SeqCst) >= target)
            .await;
    }

    /// Waits for this many further 503s.
    async fn wait_for_unavailable(&self, more: usize) {
        let target = self.unavailable.load(Ordering::SeqCst) + more;
        eventually("the outage shows", async || self.unavailable.load(Ordering::SeqCst) >= target)
            .await;
    }
}
