//! What a relay needs besides a store: handlers that do as a case wants, and a clock that it sets.

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

/// A clock that stands at some [moment] until it is set.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    /// One that stands at so many seconds.
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

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A handler that writes down what it is asked to tell.
pub(crate) struct Teller {
    channel: Channel,
    asked: Mutex<Vec<OutboxEventId>>,
    told: Mutex<Vec<Envelope>>,
    fails: Fails,
}

/// When a [`Teller`] fails.
enum Fails {
    Never,
    /// As often as this says, and then no more.
    First(AtomicUsize),
    Always,
    /// The first time that it is asked for a message whose number divides by this.
    Every(i64),
}

impl Teller {
    pub(crate) fn on(channel: Channel) -> Arc<Self> {
        Self::that(channel, Fails::Never)
    }

    /// One that fails so many times at first.
    pub(crate) fn failing(channel: Channel, times: usize) -> Arc<Self> {
        Self::that(channel, Fails::First(AtomicUsize::new(times)))
    }

    pub(crate) fn broken(channel: Channel) -> Arc<Self> {
        Self::that(channel, Fails::Always)
    }

    /// One that fails at the messages whose number divides by `every`, the first time that it is asked for it.
    pub(crate) fn shaky(channel: Channel, every: i64) -> Arc<Self> {
        Self::that(channel, Fails::Every(every))
    }

    fn that(channel: Channel, fails: Fails) -> Arc<Self> {
        Arc::new(Self { channel, asked: Mutex::default(), told: Mutex::default(), fails })
    }

    /// What it was asked to tell, each time.
    pub(crate) fn asked(&self) -> Vec<OutboxEventId> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn told(&self) -> Vec<Envelope> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes down what it is asked to tell, and says whether that was asked for before.
    fn note(&self, envelope: &Envelope) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(envelope.id);
        asked.iter().filter(|before| **before == envelope.id).count() > 1
    }
}

#[async_trait]
impl EventHandler for Teller {
    fn channel(&self) -> Channel {
        self.channel
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        let asked_before = self.note(envelope);
        let fails = match &self.fails {
            Fails::Never => false,
            Fails::First(left) => {
                let less = |left: usize| left.checked_sub(1);
                left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
            }
            Fails::Always => true,
            Fails::Every(divisor) => !asked_before && envelope.id.get() % divisor == 0,
        };
        if fails {
            return Err(DeliveryError(Arc::new(io::Error::other("the line is dead"))));
        }
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(envelope.clone());
        Ok(DeliveryReceipt::Done)
    }
}

/// A handler that can never tell: nobody lives there.
pub(crate) struct NobodyThere;

#[async_trait]
impl EventHandler for NobodyThere {
    fn channel(&self) -> Channel {
        Channel::Mail
    }

    async fn deliver(&self, _envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        Ok(DeliveryReceipt::Undeliverable("nobody lives there".to_owned()))
    }
}

/// A handler that hangs on messages about one order until it is let go.
pub(crate) struct Hanging {
    order: OrderId,
    begun: Notify,
    free: Semaphore,
}

impl Hanging {
    /// One that hangs on messages about that order.
    pub(crate) fn on(order: OrderId) -> Arc<Self> {
        Arc::new(Self { order, begun: Notify::new(), free: Semaphore::new(0) })
    }

    pub(crate) async fn hangs(&self) {
        self.begun.notified().await;
    }

    /// Lets it go on, now and ever after.
    pub(crate) fn let_go(&self) {
        self.free.close();
    }
}

#[async_trait]
impl EventHandler for Hanging {
    fn channel(&self) -> Channel {
        Channel::Stream
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        if envelope.event.order() == Some(self.order) {
            self.begun.notify_one();
            // Comes back once the semaphore is closed.
            let _ = self.free.acquire().await;
        }
        Ok(DeliveryReceipt::Done)
    }
}
