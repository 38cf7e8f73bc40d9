//! How much waits in the outbox.
//!
//! It is asked in the background: a scrape must be quick also when the database is slow, and must not be a way
//! to keep the database busy. What is told is a quarter of a minute old at the most; for longer only if asking
//! takes long. While it fails, and until the first answer, they are not a number: what was once true must not look well.

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

/// How long an answer holds.
const ASK_INTERVAL: Duration = Duration::from_secs(15);
/// The pause after an answer is at least so many times as long as it took: the work grows with what waits, and
/// must not be in the way of those who make it less.
const PAUSES: u32 = 20;

/// Somebody who looks now and then, until this is dropped.
pub(crate) struct OutboxDepthPoller {
    task: JoinHandle<()>,
}

impl OutboxDepthPoller {
    /// Begins to look, on the runtime of whoever calls this.
    pub(crate) fn start(outbox: Arc<dyn OutboxStore>, clock: Arc<dyn Clock>) -> Self {
        let gauges = Gauges::new();
        let watching = async move {
            loop {
                let began = Instant::now();
                match outbox.depth().await {
                    Ok(depth) => gauges.show(&depth, &*clock),
                    Err(error) => {
                        gauges.hide();
                        // Whoever delivers from it has told of that.
                        tracing::debug!(
                            error = with_causes(&error),
                            "how much waits in the outbox cannot be told"
                        );
                    }
                }
                tokio::time::sleep(ASK_INTERVAL.max(began.elapsed() * PAUSES)).await;
            }
        };
        Self { task: tokio::spawn(watching) }
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
        gauges.hide();
        gauges
    }

    fn hide(&self) {
        for gauge in [&self.waiting, &self.dead, &self.oldest] {
            gauge.set(f64::NAN);
        }
    }

    fn show(&self, depth: &OutboxDepth, clock: &dyn Clock) {
        self.waiting.set(number(depth.waiting));
        self.dead.set(number(depth.dead));
        let age = depth.oldest.and_then(|oldest| (clock.now() - oldest).to_std().ok());
        self.oldest.set(age.unwrap_or_default().as_secs_f64());
    }
}

/// Beyond four thousand million messages, nobody counts.
fn number(count: u64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
