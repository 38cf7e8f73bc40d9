//! Gauges of the outbox's depth.
//!
//! The depth is polled in the background: a scrape must be quick even if the database is slow, and
//! frequent scrapes must not load the database. The values are at most 15 seconds old, unless the
//! query is slow. While the query fails, and before it has succeeded once, the gauges are NaN, so
//! that an old value does not hide an outage.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Clock,
    outbox::port::{OutboxDepth, OutboxStore},
    with_causes,
};
use metrics::{Gauge, gauge};
use tokio::task::JoinHandle;

const POLL_INTERVAL: Duration = Duration::from_secs(15);
/// The pause after a query is at least this many times the query's duration. The query's cost grows
/// with the number of pending events, and must not slow down the workers that deliver them.
const MIN_PAUSE_FACTOR: u32 = 20;

/// The background task that polls the depth, until it is dropped.
pub(crate) struct OutboxDepthPoller {
    task: JoinHandle<()>,
}

impl OutboxDepthPoller {
    /// Starts polling on the current runtime.
    pub(crate) fn start(outbox: Arc<dyn OutboxStore>, clock: Arc<dyn Clock>) -> Self {
        let gauges = Gauges::new();
        let poll = async move {
            loop {
                let started = Instant::now();
                match outbox.depth().await {
                    Ok(depth) => gauges.set(&depth, &*clock),
                    Err(error) => {
                        gauges.set_unknown();
                        // At level debug, because workers log the outage.
                        tracing::debug!(
                            error = with_causes(&error),
                            "could not query the depth of the outbox"
                        );
                    }
                }
                let pause = POLL_INTERVAL.max(started.elapsed() * MIN_PAUSE_FACTOR);
                tokio::time::sleep(pause).await;
            }
        };
        Self { task: tokio::spawn(poll) }
    }
}

impl Drop for OutboxDepthPoller {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Gauges {
    waiting: Gauge,
    dead: Gauge,
    oldest: Gauge,
}

impl Gauges {
    fn new() -> Self {
        let gauges = Self {
            waiting: gauge!("oms_outbox_waiting"),
            dead: gauge!("oms_outbox_dead"),
            oldest: gauge!("oms_outbox_oldest_seconds"),
        };
        gauges.set_unknown();
        gauges
    }

    fn set_unknown(&self) {
        for gauge in [&self.waiting, &self.dead, &self.oldest] {
            gauge.set(f64::NAN);
        }
    }

    fn set(&self, depth: &OutboxDepth, clock: &dyn Clock) {
        self.waiting.set(to_f64(depth.waiting));
        self.dead.set(to_f64(depth.dead));
        let age = depth.oldest.and_then(|oldest| (clock.now() - oldest).to_std().ok());
        self.oldest.set(age.unwrap_or_default().as_secs_f64());
    }
}

/// Saturates at `u32::MAX`, which converts to a float without loss.
fn to_f64(count: u64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
