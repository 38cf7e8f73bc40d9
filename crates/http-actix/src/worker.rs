//! The loop that delivers messages: a round behind the other while there is something to do, else a look every
//! now and then. The rules of a round are the domain's ([`EventRelay`]).

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

/// A shorter lease may run out while a mail server takes its time, and the mail goes out twice.
const SHORT_LEASE: Duration = Duration::from_secs(21);
/// How long to wait at the most before a store that failed is asked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How much longer a round may take than it should before the loop counts as stuck.
const GRACE: Duration = Duration::from_mins(5);

/// When the loop last finished a round. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Heartbeat {
    last: Arc<Mutex<Instant>>,
    longest: Duration,
}

impl Heartbeat {
    /// That of a loop which is about to begin.
    pub(crate) fn new(config: &OutboxConfig) -> Self {
        // No delivery is begun once a lease is half over, and a pause follows at the most.
        let longest = GRACE + config.relay.lease + config.poll.max(LONGEST_PAUSE);
        Self { last: Arc::new(Mutex::new(Instant::now())), longest }
    }

    fn beat(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether the loop goes round. One that fails each time does: a restart would not help it.
    pub(crate) fn is_beating(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.elapsed() <= self.longest
    }
}

pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts delivering, as configured. Each round that ends is a beat.
    pub(crate) fn start(relay: EventRelay, config: &OutboxConfig, heartbeat: Heartbeat) -> Self {
        if config.relay.lease < SHORT_LEASE {
            tracing::warn!(
                "OUTBOX_LEASE_SECONDS: shorter than {} seconds, so a mail may be sent twice",
                SHORT_LEASE.as_secs()
            );
        }
        let (stop, stopped) = watch::channel(false);
        let work = work(Arc::new(relay), config.poll, heartbeat, stopped);
        Self { stop, task: tokio::spawn(work) }
    }

    /// Ends what is under way, hands back what was not begun, and stops. Waits no longer than that.
    pub(crate) async fn stop_within(self, patience: Duration) {
        if time::timeout(patience, self.stop()).await.is_err() {
            tracing::warn!(
                "left deliveries unfinished: they begin again when their leases are over"
            );
        }
    }

    async fn stop(self) {
        // Only a loop that is over does not listen.
        let _over = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!(error = with_causes(&error), "the worker failed");
        }
    }
}

async fn work(
    relay: Arc<EventRelay>,
    poll: Duration,
    heartbeat: Heartbeat,
    mut stopped: watch::Receiver<bool>,
) {
    let mut failures = 0_u32;
    let mut log = RoundLog::default();
    while !*stopped.borrow() {
        let pause = match round(&relay, &stopped).await {
            Ok(round) => {
                if failures > 0 {
                    tracing::info!("messages are delivered again");
                    failures = 0;
                }
                log.tell(round);
                if round.leased > 0 { Duration::ZERO } else { poll }
            }
            Err(error) => {
                if failures == 0 {
                    tracing::warn!(error = with_causes(&error), "messages cannot be delivered");
                }
                failures = failures.saturating_add(1);
                poll.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE)
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

/// A round in a task of its own: one that panics is a failure like any other, and does not end the deliveries.
async fn round(
    relay: &Arc<EventRelay>,
    stopped: &watch::Receiver<bool>,
) -> Result<RunSummary, StoreError> {
    let (relay, stopped) = (Arc::clone(relay), stopped.clone());
    let round = tokio::spawn(async move { relay.run_once(&|| *stopped.borrow()).await });
    round.await.unwrap_or_else(|panicked| Err(StoreError::broken(panicked)))
}

/// Says what an operator should know of rounds: of deliveries that fail once, until one works again.
#[derive(Default)]
struct RoundLog {
    failing: bool,
}

impl RoundLog {
    fn tell(&mut self, round: RunSummary) {
        let RunSummary { leased, delivered, retried, dead } = round;
        if dead > 0 {
            tracing::error!(dead, "gave up {dead} messages: see `oms outbox list`");
        }
        if retried > 0 && !self.failing {
            self.failing = true;
            tracing::warn!(retried, "some messages could not be delivered; they are tried again");
        }
        if delivered > 0 && retried == 0 && self.failing {
            self.failing = false;
            tracing::info!("messages are delivered without failures again");
        }
        if leased > 0 {
            tracing::debug!(leased, delivered, "delivered {delivered} of {leased} messages");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_stuck_that_has_not_gone_round_for_much_longer_than_it_should() {
        let last = Arc::new(Mutex::new(Instant::now()));
        let patient = Heartbeat { last: Arc::clone(&last), longest: Duration::from_hours(1) };
        assert!(patient.is_beating());
        let stuck = Heartbeat { last, longest: Duration::ZERO };
        assert!(!stuck.is_beating(), "some time has passed since");
        patient.beat();
        assert!(patient.is_beating());
    }
}
