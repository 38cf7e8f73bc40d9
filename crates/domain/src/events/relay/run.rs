//! One run of a relay.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{
    StreamExt as _,
    channel::{mpsc, oneshot},
    future::join,
    stream,
};

use super::{
    context::{Context, RunSummary},
    sorting::{Pending, Sorted, chains, sort},
};
use crate::{
    EventId, StoreError, Timestamp, UserId,
    clock::saturating_after,
    events::{
        DeliveryFailure, FailureOutcome, JournalEvent, ParkedEvent, ParkedState, ReceiverState,
        after_failure,
        port::{DeliveryMode, LeaseEnd, LeasedBatch, Progress, TroubleRule},
        window::Window,
    },
};

/// The state of one run. Deliveries that are in progress at the same time share it.
pub(super) struct Run<'a> {
    relay: &'a Context,
    stopped: &'a (dyn Fn() -> bool + Sync),
    /// Set when no further delivery may start: the store failed, the lease is lost, or the receiver
    /// is in trouble.
    halted: AtomicBool,
    state: Mutex<State>,
}

struct State {
    window: Window,
    receiver: ReceiverState,
    /// What changed since the progress was recorded last.
    parked: Vec<ParkedEvent>,
    unparked: Vec<EventId>,
    cleared: Vec<EventId>,
    summary: RunSummary,
    pending: Vec<Pending>,
}

impl<'a> Run<'a> {
    /// Sorts the events of a batch.
    pub(super) fn new(
        relay: &'a Context,
        mut batch: LeasedBatch,
        stopped: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        let limit = usize::try_from(relay.settings.batch).unwrap_or(usize::MAX);
        let more = batch.next.len() >= limit || !batch.parked.is_empty();
        let events: Vec<EventId> = batch.next.iter().map(|record| record.id).collect();
        let now = relay.ports.clock.now();
        let mut state = State {
            window: Window::new(batch.position, batch.ahead.iter().copied(), events),
            receiver: batch.receiver.clone(),
            parked: Vec::new(),
            unparked: Vec::new(),
            cleared: Vec::new(),
            summary: RunSummary { more, ..RunSummary::default() },
            pending: Vec::new(),
        };
        for item in sort(&mut batch, relay.subscriber.as_ref(), now) {
            match item {
                Sorted::Deliver(pending) => state.pending.push(*pending),
                Sorted::Unwanted { id, was_parked } => state.delivered(id, was_parked, false),
                Sorted::Park(parked) => state.park(give_up_time(relay, parked, now)),
            }
        }
        Self { relay, stopped, halted: AtomicBool::new(false), state: Mutex::new(state) }
    }

    /// Lets no further delivery start.
    pub(super) fn stop(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Delivers the events, and records the progress.
    pub(super) async fn deliver(&self) -> Result<RunSummary, StoreError> {
        let pending = std::mem::take(&mut self.state().pending);
        match self.relay.subscriber.mode() {
            DeliveryMode::Batch => self.deliver_in_batches(pending).await,
            DeliveryMode::Single { concurrency } => {
                self.deliver_singly(pending, concurrency.max(1)).await?;
            }
        }
        let summary = self.summary();
        let lease = if summary.more && self.relay.keeps_lease() {
            LeaseEnd::Extend(self.relay.lease_end(self.relay.ports.clock.now()))
        } else {
            LeaseEnd::Release
        };
        self.record(lease).await?;
        Ok(summary)
    }

    /// The counts. A run that was stopped or paused has no more to do at once.
    fn summary(&self) -> RunSummary {
        let summary = self.state().summary;
        RunSummary { more: summary.more && !self.is_halted(), ..summary }
    }

    async fn deliver_in_batches(&self, pending: Vec<Pending>) {
        let mut left: VecDeque<Pending> = pending.into();
        while !left.is_empty() && !self.is_halted() {
            // A receiver that was in trouble is tried with one event first.
            let size = if self.state().receiver.failures > 0 { 1 } else { left.len() };
            let events: Vec<JournalEvent> =
                left.iter().take(size).map(|item| item.event.clone()).collect();
            let results = self.relay.subscriber.deliver(&events).await;
            if results.is_empty() {
                return;
            }
            for result in results {
                let Some(item) = left.pop_front() else { return };
                if self.settle(&item, result) == Settled::Parked {
                    self.park_followers(&item, &mut left);
                }
            }
        }
    }

    async fn deliver_singly(
        &self,
        pending: Vec<Pending>,
        concurrency: usize,
    ) -> Result<(), StoreError> {
        let mut chains: VecDeque<_> = chains(pending).into();
        // A receiver that was in trouble is tried with one event at a time until it takes one.
        while self.state().receiver.failures > 0 && !self.is_halted() {
            let Some(chain) = chains.pop_front() else { break };
            self.deliver_chains([chain], 1).await?;
        }
        self.deliver_chains(chains, concurrency).await
    }

    /// Delivers so many chains at the same time. Each waits until a result is recorded before its
    /// next delivery, so that a crash repeats no more deliveries than were in progress.
    async fn deliver_chains(
        &self,
        chains: impl IntoIterator<Item = VecDeque<Pending>>,
        concurrency: usize,
    ) -> Result<(), StoreError> {
        let (settled, results) = mpsc::unbounded::<Recorded>();
        let delivering = async {
            let settled = settled;
            let deliver = |chain| self.deliver_chain(chain, settled.clone());
            stream::iter(chains).for_each_concurrent(concurrency, deliver).await;
        };
        let recording = async {
            // All results that are there when the store is free are recorded together.
            let mut chunks = results.ready_chunks(concurrency);
            let mut recorded = Ok(());
            while let Some(waiting) = chunks.next().await {
                if recorded.is_ok() {
                    let lease = self.relay.lease_end(self.relay.ports.clock.now());
                    recorded = self.record(LeaseEnd::Extend(lease)).await;
                }
                // Dropping them wakes the chains, which go on or see that the run is halted.
                drop(waiting);
            }
            recorded
        };
        // Both are polled concurrently. Otherwise recording could wait for a database connection
        // that an unpolled delivery holds, or is about to get.
        join(delivering, recording).await.1
    }

    /// Delivers the events of one order, one after the other, until one is parked.
    async fn deliver_chain(
        &self,
        mut chain: VecDeque<Pending>,
        settled: mpsc::UnboundedSender<Recorded>,
    ) {
        while let Some(item) = chain.pop_front() {
            if self.is_halted() {
                return;
            }
            let events = std::slice::from_ref(&item.event);
            let Some(result) = self.relay.subscriber.deliver(events).await.pop() else { return };
            match self.settle(&item, result) {
                Settled::Done => {}
                Settled::Parked => self.park_followers(&item, &mut chain),
                Settled::Open => return,
            }
            let (recorded, is_recorded) = oneshot::channel();
            // The receiver lives until the last result.
            let _ = settled.unbounded_send(recorded);
            // It is dropped when the result is recorded, and when that failed.
            let _ = is_recorded.await;
        }
    }

    /// Parks the later events of the same order behind one that was parked.
    fn park_followers(&self, parked: &Pending, left: &mut VecDeque<Pending>) {
        let Some(order) = parked.before.order else { return };
        let mut state = self.state();
        left.retain(|item| {
            let follows = item.before.order == Some(order);
            if follows && !item.was_parked {
                state.park(item.before.clone());
            }
            !follows
        });
    }

    /// Takes the result of a delivery into the state.
    fn settle(&self, item: &Pending, result: Result<(), DeliveryFailure>) -> Settled {
        let mut state = self.state();
        let failure = match result {
            Ok(()) => {
                self.relay.end_streak();
                state.receiver = ReceiverState::default();
                let has_recipient = item.event.record.recipient.is_some();
                state.delivered(item.event.id(), item.was_parked, has_recipient);
                return Settled::Done;
            }
            Err(failure) => failure,
        };
        if matches!(failure, DeliveryFailure::Refused(_)) {
            // A receiver that refuses one event works.
            self.relay.end_streak();
            state.receiver = ReceiverState::default();
        }
        let (now, policy) = (self.relay.ports.clock.now(), &self.relay.settings.retry);
        let outcome = after_failure(&item.before, &failure, policy, now);
        let in_trouble = match &outcome {
            FailureOutcome::Pause => true,
            FailureOutcome::Park(parked) => {
                parked.state == ParkedState::Retrying && self.is_streak_trouble(item)
            }
        };
        // Of several deliveries in progress that fail together the first starts the pause.
        if in_trouble && !self.halted.swap(true, Ordering::Relaxed) {
            let subscription = &self.relay.subscription;
            state.receiver =
                state.receiver.after_trouble(subscription, failure.reason(), policy, now);
            state.summary.paused = true;
        }
        match outcome {
            FailureOutcome::Pause => Settled::Open,
            FailureOutcome::Park(parked) => {
                let is_final = parked.state == ParkedState::Refused;
                if is_final && item.event.record.recipient.is_some() {
                    state.cleared.push(parked.id);
                }
                state.park(parked);
                // Nothing waits for an event that was refused.
                if is_final { Settled::Done } else { Settled::Parked }
            }
        }
    }

    fn is_streak_trouble(&self, item: &Pending) -> bool {
        let (key, longest) = match self.relay.subscriber.trouble_rule() {
            TroubleRule::Never => return false,
            TroubleRule::Accounts(longest) => {
                let event = item.event.id().get();
                (item.event.record.account.map_or(event, UserId::get), longest)
            }
            TroubleRule::Events(longest) => (item.event.id().get(), longest),
        };
        self.relay.extend_streak(key) >= longest
    }

    /// Records the progress. If the lease is lost, another worker has the subscription, and what
    /// was done since is done again.
    async fn record(&self, lease: LeaseEnd) -> Result<(), StoreError> {
        let progress = {
            let mut state = self.state();
            Progress {
                position: state.window.position(),
                ahead: state.window.ahead(),
                receiver: state.receiver.clone(),
                parked: std::mem::take(&mut state.parked),
                unparked: std::mem::take(&mut state.unparked),
                cleared: std::mem::take(&mut state.cleared),
                lease,
            }
        };
        let Context { ports, subscription, .. } = self.relay;
        let now = ports.clock.now();
        let recorded = ports.store.record(subscription, &ports.worker, &progress, now).await;
        if !matches!(recorded, Ok(true)) {
            self.stop();
        }
        recorded.map(drop)
    }

    fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed) || (self.stopped)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is dropped when the result of a delivery is recorded.
type Recorded = oneshot::Sender<()>;

/// What became of an event after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    /// Delivered, or refused for good.
    Done,
    /// Retried later, or given up.
    Parked,
    /// As it was before.
    Open,
}

impl State {
    fn delivered(&mut self, id: EventId, was_parked: bool, has_recipient: bool) {
        self.summary.delivered += 1;
        self.window.done(id);
        if was_parked {
            self.unparked.push(id);
        }
        if has_recipient {
            self.cleared.push(id);
        }
    }

    fn park(&mut self, parked: ParkedEvent) {
        match parked.state {
            ParkedState::Dead => self.summary.dead += 1,
            ParkedState::Refused => self.summary.refused += 1,
            ParkedState::Retrying => self.summary.retried += 1,
            ParkedState::Waiting | ParkedState::UnknownType => {}
        }
        self.window.done(parked.id);
        self.parked.push(parked);
    }
}

/// An event of an unknown type waits for a worker that knows it, as long as others are retried.
fn give_up_time(relay: &Context, parked: ParkedEvent, now: Timestamp) -> ParkedEvent {
    if parked.state != ParkedState::UnknownType {
        return parked;
    }
    let next_attempt_at = saturating_after(now, relay.settings.retry.give_up_after);
    ParkedEvent { next_attempt_at, ..parked }
}
