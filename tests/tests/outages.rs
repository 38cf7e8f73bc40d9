//! What the servers do while PostgreSQL or Redis is away, and when it is back.

mod commits;
mod postgres;
mod redis;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::harness::eventually;

/// Work that goes on while a test does something else: how much of it is done, and whether to go on.
#[derive(Debug, Clone, Default)]
struct Load {
    ended: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    unavailable: Arc<AtomicUsize>,
}

impl Load {
    fn is_running(&self) -> bool {
        !self.ended.load(Ordering::SeqCst)
    }

    fn stop(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    /// One more request was answered with what it asked for.
    fn record_served(&self) {
        self.served.fetch_add(1, Ordering::SeqCst);
    }

    /// One more request was asked to come back later.
    fn record_unavailable(&self) {
        self.unavailable.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits until so many more are served.
    async fn wait_for_served(&self, more: usize) {
        let wanted = self.served.load(Ordering::SeqCst) + more;
        eventually("the load is served", async || self.served.load(Ordering::SeqCst) >= wanted)
            .await;
    }

    /// Waits until so many more are asked to come back.
    async fn wait_for_unavailable(&self, more: usize) {
        let wanted = self.unavailable.load(Ordering::SeqCst) + more;
        eventually("the outage shows", async || self.unavailable.load(Ordering::SeqCst) >= wanted)
            .await;
    }
}
