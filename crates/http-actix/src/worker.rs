//! The loop that delivers events: it runs the [`EventRelay`] again at once while there are events
//! to deliver, and polls otherwise.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    StoreError,
    outbox::{EventRelay, RunSummary},
    with_causes,
};
use tokio::{sync::watch, task::JoinHandle, time};

use crate::config::OutboxConfig;

/// A shorter lease may expire while a mail server answers slowly, so that the mail is sent twice.
const MIN_SAFE_LEASE: Duration = Duration::from_secs(21);
/// The longest pause after the store has failed.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// How much longer than expected a run may take before the loop counts as stuck.
const STUCK_AFTER: Duration = Duration::from_mins(5);

/// When the loop last finished a run. Clones share the same time.
#[derive(Clone)]
pub(crate) struct Heartbeat {
    last: Arc<Mutex<Instant>>,
    max_age: Duration,
}

impl Heartbeat {
    /// The heartbeat of a loop that is about to start.
    pub(crate) fn new(config: &OutboxConfig) -> Self {
        // No delivery is begun in the second half of a lease, and at most one pause follows.
        let max_age = STUCK_AFTER + config.relay.lease + config.poll_interval.max(MAX_BACKOFF);
        Self { last: Arc::new(Mutex::new(Instant::now())), max_age }
    }

    fn beat(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether the loop is not stuck. Runs that fail count as well, because a restart would not
    /// help.
    pub(crate) fn is_beating(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.elapsed() <= self.max_age
    }
}

pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts the loop. The heartbeat beats after each run.
    pub(crate) fn start(relay: EventRelay, config: &OutboxConfig, heartbeat: Heartbeat) -> Self {
        if config.relay.lease < MIN_SAFE_LEASE {
            tracing::warn!(
                "OUTBOX_LEASE_SECONDS is less than {} seconds: a mail may be sent twice",
                MIN_SAFE_LEASE.as_secs()
            );
        }
        let (stop, stopped) = watch::channel(false);
        let relay_loop = run_loop(Arc::new(relay), config.poll_interval, heartbeat, stopped);
        Self { stop, task: tokio::spawn(relay_loop) }
    }

    /// Finishes the deliveries in progress, releases the other leased events, and stops; gives up
    /// after the timeout.
    pub(crate) async fn stop_within(self, timeout: Duration) {
        if time::timeout(timeout, self.stop()).await.is_err() {
            tracing::warn!(
                "left deliveries unfinished; workers retry them when their leases have expired"
            );
        }
    }

    async fn stop(self) {
        // Sending fails only if the loop has ended.
        let _ended = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!(error = with_causes(&error), "the worker failed");
        }
    }
}

async fn run_loop(
    relay: Arc<EventRelay>,
    poll_interval: Duration,
    heartbeat: Heartbeat,
    mut stopped: watch::Receiver<bool>,
) {
    let mut failures = 0_u32;
    let mut log = RunLog::default();
    while !*stopped.borrow() {
        let pause = match run_once(&relay, &stopped).await {
            Ok(summary) => {
                if failures > 0 {
                    tracing::info!("the worker delivers events again");
                    failures = 0;
                }
                log.write(summary);
                if summary.leased > 0 { Duration::ZERO } else { poll_interval }
            }
            Err(error) => {
                if failures == 0 {
                    tracing::warn!(
                        error = with_causes(&error),
                        "the worker cannot deliver events; it keeps trying"
                    );
                }
                failures = failures.saturating_add(1);
                poll_interval.saturating_mul(1 << failures.min(10)).min(MAX_BACKOFF)
            }
        };
        heartbeat.beat();
        if !pause.is_zero() {
            tokio::select! {
                () = time::sleep(pause) => {}
                _ = stopped.changed() => {}
            }
        }
    }
}

/// Runs the relay in a separate task: a run that panics is a failure like any other, and the loop
/// continues.
async fn run_once(
    relay: &Arc<EventRelay>,
    stopped: &watch::Receiver<bool>,
) -> Result<RunSummary, StoreError> {
    let (relay, stopped) = (Arc::clone(relay), stopped.clone());
    let run = tokio::spawn(async move { relay.run_once(&|| *stopped.borrow()).await });
    run.await.unwrap_or_else(|panicked| Err(StoreError::broken(panicked)))
}

/// Logs the summaries of runs. Of consecutive runs with failed deliveries only the first is logged.
#[derive(Default)]
struct RunLog {
    failing: bool,
}

impl RunLog {
    fn write(&mut self, summary: RunSummary) {
        let RunSummary { leased, delivered, retried, dead } = summary;
        if dead > 0 {
            tracing::error!(
                dead,
                "gave up the delivery of {dead} events; `oms outbox list` shows them"
            );
        }
        if retried > 0 && !self.failing {
            self.failing = true;
            tracing::warn!(
                retried,
                "{retried} events could not be delivered; the worker retries them"
            );
        }
        if delivered > 0 && retried == 0 && self.failing {
            self.failing = false;
            tracing::info!("events are delivered without failures again");
        }
        if leased > 0 {
            tracing::debug!(leased, delivered, "delivered {delivered} of {leased} events");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_stops_beating_at_its_max_age() {
        let last = Arc::new(Mutex::new(Instant::now()));
        let recent = Heartbeat { last: Arc::clone(&last), max_age: Duration::from_hours(1) };
        assert!(recent.is_beating());
        let overdue = Heartbeat { last, max_age: Duration::ZERO };
        assert!(!overdue.is_beating(), "some time has passed since");
        recent.beat();
        assert!(recent.is_beating());
    }
}
