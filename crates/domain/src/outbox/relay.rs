//! The event relay: leases due events, delivers them on every channel, and settles the results.

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

/// The settings of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelaySettings {
    /// The number of events leased at once.
    pub batch: u32,
    /// The number of deliveries in flight at the same time.
    pub concurrency: usize,
    /// The duration of a lease. No delivery starts in its second half, so it must be more than
    /// twice the time that the slowest handler takes.
    pub lease: Duration,
    /// When failed deliveries are retried.
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

/// The counts of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunSummary {
    /// The number of leased events.
    pub leased: usize,
    /// The number of events that are delivered.
    pub delivered: usize,
    /// The number of events that will be retried.
    pub retried: usize,
    /// The number of events that became dead letters.
    pub dead: usize,
}

/// Delivers events, a batch per run. Any number of relays can run at the same time, in any number
/// of processes.
pub struct EventRelay {
    store: Arc<dyn OutboxStore>,
    handlers: Vec<Arc<dyn EventHandler>>,
    clock: Arc<dyn Clock>,
    worker: WorkerId,
    settings: RelaySettings,
}

/// The result of one leased event of a run.
enum EventResult {
    Attempted(Settlement),
    /// The delivery did not start, because the worker is stopping, the store has failed, or the
    /// lease is about to expire.
    NotAttempted(OutboxEventId),
}

impl EventRelay {
    /// Makes a relay with one handler per channel. An event counts as delivered once it is
    /// delivered on each of these channels.
    pub fn new(
        store: Arc<dyn OutboxStore>,
        handlers: Vec<Arc<dyn EventHandler>>,
        clock: Arc<dyn Clock>,
        worker: WorkerId,
        settings: RelaySettings,
    ) -> Self {
        Self { store, handlers, clock, worker, settings }
    }

    /// Leases due events, delivers them, and settles the results. Once `stopped` returns true, no
    /// delivery starts and the remaining leases are released. If nothing is due, the summary counts
    /// no leased events.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. No delivery starts after that; events that could not be
    /// settled or released are due again when their lease expires.
    pub async fn run_once(
        &self,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<RunSummary, StoreError> {
        let now = self.clock.now();
        let until = saturating_add(now, self.settings.lease);
        let last_start = saturating_add(now, self.settings.lease / 2);
        let leased = self.store.lease(&self.worker, self.settings.batch, now, until).await?;
        let mut summary = RunSummary { leased: leased.len(), ..RunSummary::default() };
        let mut not_attempted = Vec::new();
        let mut pending = Vec::new();
        let mut failure = None;
        let failing = AtomicBool::new(false);
        let too_late =
            || stopped() || failing.load(Ordering::Relaxed) || self.clock.now() >= last_start;
        let concurrency = self.settings.concurrency.max(1);
        let (results, settled) = mpsc::unbounded();
        let delivering = async {
            let results = results;
            let deliveries = stream::iter(leased).for_each_concurrent(concurrency, |event| async {
                // The receiver lives until the last result.
                let _ = results.unbounded_send(self.handle(event, &too_late).await);
            });
            deliveries.await;
        };
        let settling = async {
            // All results that are ready when the store is free are settled together.
            let mut chunks = settled.ready_chunks(concurrency);
            while let Some(chunk) = chunks.next().await {
                for result in chunk {
                    match result {
                        EventResult::Attempted(settlement) => pending.push(settlement),
                        EventResult::NotAttempted(id) => not_attempted.push(id),
                    }
                }
                if let Err(error) = self.settle(&mut pending, &mut summary).await {
                    failing.store(true, Ordering::Relaxed);
                    failure = Some(error);
                }
            }
        };
        // Both are polled concurrently. Otherwise a settlement could wait for a database connection
        // that an unpolled delivery holds, or is about to get.
        join(delivering, settling).await;
        if !pending.is_empty() {
            // Events that the store settled before it failed are no longer leased, so this leaves
            // them unchanged.
            failure = self.settle(&mut pending, &mut summary).await.err();
        }
        let released = match not_attempted.as_slice() {
            [] => Ok(()),
            events => self.store.release(&self.worker, events).await.map(drop),
        };
        match failure {
            Some(error) => Err(error),
            None => released.map(|()| summary),
        }
    }

    /// Stores the pending settlements. They stay pending if the store fails.
    async fn settle(
        &self,
        pending: &mut Vec<Settlement>,
        summary: &mut RunSummary,
    ) -> Result<(), StoreError> {
        if !pending.is_empty() {
            self.store.settle(&self.worker, pending, self.clock.now()).await?;
            summary.count(pending);
            pending.clear();
        }
        Ok(())
    }

    async fn handle(
        &self,
        leased: LeasedEvent,
        too_late: &(dyn Fn() -> bool + Sync),
    ) -> EventResult {
        let LeasedEvent { envelope, attempts, mut done } = leased;
        if too_late() {
            return EventResult::NotAttempted(envelope.id);
        }
        // The event has had more attempts than the policy allows, so some were never settled: their
        // workers crashed.
        let outcome = if attempts > self.settings.retry.max_attempts {
            let error = format!("{} attempts were begun and never ended", attempts - 1);
            DeliveryOutcome::Dead { error }
        } else {
            match self.deliver(&envelope, &mut done).await {
                Ok(note) => DeliveryOutcome::Delivered { note },
                Err(error) => self.outcome_of_failure(envelope.id, attempts, error),
            }
        };
        EventResult::Attempted(Settlement { id: envelope.id, done, outcome })
    }

    /// Delivers the event on every channel that is not in `done`. A failure on one does not affect
    /// the others.
    async fn deliver(
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
                Err(error) => errors.push(format!("{channel}: {}", cause_chain(&error))),
            }
        }
        if errors.is_empty() {
            Ok((!notes.is_empty()).then(|| notes.join("; ")))
        } else {
            Err(errors.join("; "))
        }
    }

    fn outcome_of_failure(
        &self,
        id: OutboxEventId,
        attempts: u32,
        error: String,
    ) -> DeliveryOutcome {
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

/// The causes of a failed delivery on one line, without the message of [`DeliveryError`], which is
/// always the same.
fn cause_chain(error: &DeliveryError) -> String {
    let mut text = error.0.to_string();
    let mut cause = error.0.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}

fn saturating_add(now: Timestamp, span: Duration) -> Timestamp {
    let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(span).unwrap_or(Timestamp::MAX_UTC)
}
