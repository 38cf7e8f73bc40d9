//! Stand-ins for the other ports of a relay, which a case controls: handlers and a clock.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    Clock, OrderId, OutboxEventId, Timestamp,
    outbox::{
        Channel,
        port::{DeliveryError, DeliveryReceipt, Envelope, EventHandler},
    },
};
use tokio::sync::{Notify, Semaphore};

use crate::builders::timestamp;

/// A clock that shows the same [`timestamp`] until a case sets it.
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `seconds`.
    pub(crate) fn at(seconds: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(seconds)))
    }

    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn tick(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A handler that records its attempts and deliveries, and fails according to its [`FailureMode`].
pub(crate) struct RecordingHandler {
    channel: Channel,
    attempted: Mutex<Vec<OutboxEventId>>,
    delivered: Mutex<Vec<Envelope>>,
    mode: FailureMode,
}

/// Which attempts of a [`RecordingHandler`] fail.
enum FailureMode {
    Never,
    /// As many of the first attempts as are left in the counter.
    First(AtomicUsize),
    Always,
    /// The first attempt of each event whose id is divisible by this number.
    Every(i64),
}

impl RecordingHandler {
    pub(crate) fn on(channel: Channel) -> Arc<Self> {
        Self::with_mode(channel, FailureMode::Never)
    }

    /// A handler whose first `times` attempts fail.
    pub(crate) fn failing(channel: Channel, times: usize) -> Arc<Self> {
        Self::with_mode(channel, FailureMode::First(AtomicUsize::new(times)))
    }

    pub(crate) fn always_failing(channel: Channel) -> Arc<Self> {
        Self::with_mode(channel, FailureMode::Always)
    }

    /// A handler that fails the first attempt of each event whose id is divisible by `every`.
    pub(crate) fn flaky(channel: Channel, every: i64) -> Arc<Self> {
        Self::with_mode(channel, FailureMode::Every(every))
    }

    fn with_mode(channel: Channel, mode: FailureMode) -> Arc<Self> {
        Arc::new(Self { channel, attempted: Mutex::default(), delivered: Mutex::default(), mode })
    }

    /// The event of each attempt, failed ones included.
    pub(crate) fn attempted(&self) -> Vec<OutboxEventId> {
        self.attempted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn delivered(&self) -> Vec<Envelope> {
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records an attempt. Returns whether the event was attempted before.
    fn record(&self, envelope: &Envelope) -> bool {
        let mut attempted = self.attempted.lock().unwrap_or_else(PoisonError::into_inner);
        attempted.push(envelope.id);
        attempted.iter().filter(|before| **before == envelope.id).count() > 1
    }
}

#[async_trait]
impl EventHandler for RecordingHandler {
    fn channel(&self) -> Channel {
        self.channel
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        let attempted_before = self.record(envelope);
        let fails = match &self.mode {
            FailureMode::Never => false,
            FailureMode::First(left) => {
                let less = |left: usize| left.checked_sub(1);
                left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
            }
            FailureMode::Always => true,
            FailureMode::Every(divisor) => !attempted_before && envelope.id.get() % divisor == 0,
        };
        if fails {
            return Err(DeliveryError(Arc::new(io::Error::other("connection reset"))));
        }
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).push(envelope.clone());
        Ok(DeliveryReceipt::Done)
    }
}

/// A handler to which every event is undeliverable.
pub(crate) struct UndeliverableHandler;

#[async_trait]
impl EventHandler for UndeliverableHandler {
    fn channel(&self) -> Channel {
        Channel::Mail
    }

    async fn deliver(&self, _envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        Ok(DeliveryReceipt::Undeliverable("no such recipient".to_owned()))
    }
}

/// A handler that hangs on the events of one order until it is released.
pub(crate) struct HangingHandler {
    order: OrderId,
    called: Notify,
    released: Semaphore,
}

impl HangingHandler {
    /// A handler that hangs on the events of `order`.
    pub(crate) fn on(order: OrderId) -> Arc<Self> {
        Arc::new(Self { order, called: Notify::new(), released: Semaphore::new(0) })
    }

    pub(crate) async fn wait_until_called(&self) {
        self.called.notified().await;
    }

    /// Ends the hanging call, and every later one at once.
    pub(crate) fn release(&self) {
        self.released.close();
    }
}

#[async_trait]
impl EventHandler for HangingHandler {
    fn channel(&self) -> Channel {
        Channel::Stream
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        if envelope.event.order() == Some(self.order) {
            self.called.notify_one();
            // Returns once the semaphore is closed.
            let _ = self.released.acquire().await;
        }
        Ok(DeliveryReceipt::Done)
    }
}
