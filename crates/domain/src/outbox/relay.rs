//! Who delivers messages: leases what is due, tells it on every channel, and settles.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use futures::{StreamExt as _, channel::mpsc, future::join, stream};

use super::{
    Channels, RetryDecision, RetryPolicy,
    port::{
        DeliveryError, DeliveryOutcome, DeliveryReceipt, Envelope, EventHandler, LeasedEvent,
        OutboxStore, Settlement, WorkerId,
    },
};
use crate::{Clock, OutboxEventId, StoreError, Timestamp};

/// How a relay works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelaySettings {
    /// How many messages are leased at once.
    pub batch: u32,
    /// How many of them are under way at the same time.
    pub concurrency: usize,
    /// For how long. A delivery is not begun in the last half of it, so it must be more than twice as long as
    /// the slowest handler takes.
    pub lease: Duration,
    /// What becomes of a failure.
    pub retry: RetryPolicy,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            batch: 200,
            concurrency: 16,
            lease: Duration::from_mins(1),
            retry: RetryPolicy::default(),
        }
    }
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunSummary {
    /// How many messages were leased.
    pub leased: usize,
    /// How many are delivered.
    pub delivered: usize,
    /// How many will be tried again.
    pub retried: usize,
    /// How many were given up.
    pub dead: usize,
}

/// Delivers messages, a round at a time. Any number of relays work side by side, in any number of processes.
pub struct EventRelay {
    store: Arc<dyn OutboxStore>,
    handlers: Vec<Arc<dyn EventHandler>>,
    clock: Arc<dyn Clock>,
    worker: WorkerId,
    settings: RelaySettings,
}

/// What came of one message of a round.
enum Handled {
    Settled(Settlement),
    /// Its turn came too late: the worker stops, the store fails, or the lease is running out.
    Untried(OutboxEventId),
}

impl EventRelay {
    /// A relay for these channels. A message is delivered when it has gone out on each of them.
    pub fn new(
        store: Arc<dyn OutboxStore>,
        handlers: Vec<Arc<dyn EventHandler>>,
        clock: Arc<dyn Clock>,
        worker: WorkerId,
        settings: RelaySettings,
    ) -> Self {
        Self { store, handlers, clock, worker, settings }
    }

    /// Leases what is due, delivers it, and writes down what came of it. Messages that `stopped` leaves
    /// untried are handed back. A round that leased nothing found nothing to do.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. No delivery is begun after that; what could not be written down
    /// or handed back comes again when its lease is over.
    pub async fn run_once(
        &self,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<RunSummary, StoreError> {
        let now = self.clock.now();
        let until = later(now, self.settings.lease);
        let last_start = later(now, self.settings.lease / 2);
        let leased = self.store.lease(&self.worker, self.settings.batch, now, until).await?;
        let mut round = RunSummary { leased: leased.len(), ..RunSummary::default() };
        let mut untried = Vec::new();
        let mut owed = Vec::new();
        let mut failure = None;
        let failing = AtomicBool::new(false);
        let too_late =
            || stopped() || failing.load(Ordering::Relaxed) || self.clock.now() >= last_start;
        let at_once = self.settings.concurrency.max(1);
        let (report, finished) = mpsc::unbounded();
        let delivering = async {
            let report = report;
            let deliveries = stream::iter(leased).for_each_concurrent(at_once, |message| async {
                // Whoever settles listens until the last of them.
                let _ = report.unbounded_send(self.handle(message, &too_late).await);
            });
            deliveries.await;
        };
        let settling = async {
            // Whatever has finished by the time the store is free is written down together.
            let mut finished = finished.ready_chunks(at_once);
            while let Some(handled) = finished.next().await {
                for handled in handled {
                    match handled {
                        Handled::Settled(settlement) => owed.push(settlement),
                        Handled::Untried(id) => untried.push(id),
                    }
                }
                if let Err(error) = self.settle(&mut owed, &mut round).await {
                    failing.store(true, Ordering::Relaxed);
                    failure = Some(error);
                }
            }
        };
        // Side by side: a delivery that stood still while another is written down could hold, or be next in the
        // queue for, the very connection that the writing waits for.
        join(delivering, settling).await;
        if !owed.is_empty() {
            // What the store did write down before it failed is no longer leased, and stays as it is.
            failure = self.settle(&mut owed, &mut round).await.err();
        }
        let released = match untried.as_slice() {
            [] => Ok(()),
            untried => self.store.release(&self.worker, untried).await.map(drop),
        };
        match failure {
            Some(error) => Err(error),
            None => released.map(|()| round),
        }
    }

    /// Writes down what is owed. What the store does not take stays owed.
    async fn settle(
        &self,
        owed: &mut Vec<Settlement>,
        round: &mut RunSummary,
    ) -> Result<(), StoreError> {
        if !owed.is_empty() {
            self.store.settle(&self.worker, owed, self.clock.now()).await?;
            round.count(owed);
            owed.clear();
        }
        Ok(())
    }

    async fn handle(&self, leased: LeasedEvent, too_late: &(dyn Fn() -> bool + Sync)) -> Handled {
        let LeasedEvent { envelope, attempts, mut done } = leased;
        if too_late() {
            return Handled::Untried(envelope.id);
        }
        // More attempts than that mean that it never came to an end: whoever tried it died of it.
        let outcome = if attempts > self.settings.retry.max_attempts {
            let error = format!("{} attempts were begun and never ended", attempts - 1);
            DeliveryOutcome::Dead { error }
        } else {
            match self.tell(&envelope, &mut done).await {
                Ok(note) => DeliveryOutcome::Delivered { note },
                Err(error) => self.failed(envelope.id, attempts, error),
            }
        };
        Handled::Settled(Settlement { id: envelope.id, done, outcome })
    }

    /// Tells it on every channel that it has not gone out on. One that fails hinders no other.
    async fn tell(
        &self,
        envelope: &Envelope,
        done: &mut Channels,
    ) -> Result<Option<String>, String> {
        let mut notes = Vec::new();
        let mut errors = Vec::new();
        for handler in &self.handlers {
            let channel = handler.channel();
            if done.contains(channel) {
                continue;
            }
            match handler.deliver(envelope).await {
                Ok(receipt) => {
                    *done = done.with(channel);
                    if let DeliveryReceipt::Undeliverable(why) = receipt {
                        notes.push(format!("{channel}: undeliverable: {why}"));
                    }
                }
                Err(error) => errors.push(format!("{channel}: {}", causes(&error))),
            }
        }
        if errors.is_empty() {
            Ok((!notes.is_empty()).then(|| notes.join("; ")))
        } else {
            Err(errors.join("; "))
        }
    }

    fn failed(&self, id: OutboxEventId, attempts: u32, error: String) -> DeliveryOutcome {
        match self.settings.retry.after_failure(id, attempts, self.clock.now()) {
            RetryDecision::RetryAt(at) => DeliveryOutcome::Retry { at, error },
            RetryDecision::Dead => DeliveryOutcome::Dead { error },
        }
    }
}

impl RunSummary {
    fn count(&mut self, settlements: &[Settlement]) {
        for settlement in settlements {
            match settlement.outcome {
                DeliveryOutcome::Delivered { .. } => self.delivered += 1,
                DeliveryOutcome::Retry { .. } => self.retried += 1,
                DeliveryOutcome::Dead { .. } => self.dead += 1,
            }
        }
    }
}

/// Why it was not delivered, on one line: the causes, without the phrase that is the same for all.
fn causes(error: &DeliveryError) -> String {
    let mut text = error.0.to_string();
    let mut cause = error.0.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}

fn later(now: Timestamp, span: Duration) -> Timestamp {
    let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(span).unwrap_or(Timestamp::MAX_UTC)
}
