//! The loops that deliver events, one for each subscription: while there are events to deliver, a
//! loop runs its [`EventRelay`] again at once; otherwise it polls.

mod heartbeat;
mod recipients;
mod run_log;

use std::{sync::Arc, time::Duration};

use domain::{
    StoreError,
    events::{EventRelay, RunSummary},
    with_causes,
};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time,
};

pub(crate) use self::{heartbeat::Heartbeat, recipients::RecipientPurge};
use self::{heartbeat::MAX_BACKOFF, run_log::RunLog};
use crate::config::OutboxConfig;

pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    loops: JoinSet<()>,
    purge: JoinHandle<()>,
}

impl Worker {
    /// Starts a loop for each relay. The heartbeat beats before each delivery and after each run.
    pub(crate) fn start(
        relays: Vec<EventRelay>,
        purge: RecipientPurge,
        config: &OutboxConfig,
        heartbeat: &Heartbeat,
    ) -> Self {
        if config.names_max_attempts {
            tracing::warn!(
                "OUTBOX_MAX_ATTEMPTS has no effect: events are given up by their age, after \
                 OUTBOX_GIVE_UP_AFTER"
            );
        }
        let (stop, stopped) = watch::channel(false);
        let mut loops = JoinSet::new();
        for relay in relays {
            let relay = Arc::new(relay);
            loops.spawn(run_loop(relay, config.poll_interval, heartbeat.clone(), stopped.clone()));
        }
        Self { stop, loops, purge: tokio::spawn(purge.run()) }
    }

    /// Finishes the deliveries in progress, releases the leases, and stops; gives up after the
    /// timeout.
    pub(crate) async fn stop_within(self, timeout: Duration) {
        if time::timeout(timeout, self.stop()).await.is_err() {
            tracing::warn!(
                "left deliveries unfinished; workers repeat them when the leases have expired"
            );
        }
    }

    async fn stop(mut self) {
        self.purge.abort();
        // Sending fails only if all loops have ended.
        let _ended = self.stop.send(true);
        while let Some(ended) = self.loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(error = with_causes(&error), "the worker failed");
            }
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
    let mut log = RunLog::of(relay.subscription());
    while !*stopped.borrow() {
        let pause = match run_once(&relay, &heartbeat, &stopped).await {
            Ok(summary) => {
                if failures > 0 {
                    tracing::info!("the worker delivers events again");
                    failures = 0;
                }
                log.write(summary);
                if summary.more { Duration::ZERO } else { poll_interval }
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
        heartbeat.beat(relay.subscription());
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
    heartbeat: &Heartbeat,
    stopped: &watch::Receiver<bool>,
) -> Result<RunSummary, StoreError> {
    let (relay, heartbeat, stopped) = (Arc::clone(relay), heartbeat.clone(), stopped.clone());
    let run = tokio::spawn(async move {
        let is_stopped = || {
            heartbeat.beat(relay.subscription());
            *stopped.borrow()
        };
        relay.run_once(&is_stopped).await
    });
    run.await.unwrap_or_else(|panicked| Err(StoreError::broken(panicked)))
}
