//! A subscriber that a case controls.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    Cause, EventId, OrderId,
    events::{
        DeliveryFailure, JournalEvent, Subscription,
        port::{DeliveryMode, EventSubscriber, TroubleRule},
    },
};
use tokio::sync::{Notify, Semaphore};

/// How many deliveries of a [`Recorder`] are in progress at the same time.
const CONCURRENCY: usize = 4;

/// Decides about an attempt: the event, and how many attempts there were for it before.
type Decision = dyn Fn(&JournalEvent, usize) -> Result<(), DeliveryFailure> + Send + Sync;

/// Records its attempts and deliveries, and fails as a function decides.
pub(crate) struct Recorder {
    subscription: Subscription,
    mode: DeliveryMode,
    rule: TroubleRule,
    decide: Box<Decision>,
    attempted: Mutex<Vec<JournalEvent>>,
    delivered: Mutex<Vec<JournalEvent>>,
    hold: Option<Hold>,
}

/// The order whose deliveries wait until the case releases them.
struct Hold {
    order: OrderId,
    reached: Notify,
    released: Semaphore,
}

impl Recorder {
    /// A subscriber that takes every event, one in each call.
    pub(crate) fn new(subscription: &Subscription) -> Self {
        Self {
            subscription: subscription.clone(),
            mode: DeliveryMode::Single { concurrency: CONCURRENCY },
            rule: TroubleRule::Never,
            decide: Box::new(|_event, _before| Ok(())),
            attempted: Mutex::default(),
            delivered: Mutex::default(),
            hold: None,
        }
    }

    /// It takes many events in a call.
    pub(crate) fn in_batches(self) -> Self {
        Self { mode: DeliveryMode::Batch, ..self }
    }

    pub(crate) fn with_rule(self, rule: TroubleRule) -> Self {
        Self { rule, ..self }
    }

    /// It fails as this function decides, from the event and the number of attempts before.
    pub(crate) fn deciding(
        self,
        decide: impl Fn(&JournalEvent, usize) -> Result<(), DeliveryFailure> + Send + Sync + 'static,
    ) -> Self {
        Self { decide: Box::new(decide), ..self }
    }

    /// It holds the deliveries of this order until [`Self::release`].
    pub(crate) fn holding(self, order: OrderId) -> Self {
        let hold = Hold { order, reached: Notify::new(), released: Semaphore::new(0) };
        Self { hold: Some(hold), ..self }
    }

    pub(crate) fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// Waits until a delivery is held.
    pub(crate) async fn held(&self) {
        if let Some(hold) = &self.hold {
            hold.reached.notified().await;
        }
    }

    /// Lets all deliveries go on.
    pub(crate) fn release(&self) {
        if let Some(hold) = &self.hold {
            hold.released.close();
        }
    }

    /// The events that were taken, in that order.
    pub(crate) fn delivered(&self) -> Vec<JournalEvent> {
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn delivered_ids(&self) -> Vec<EventId> {
        self.delivered().iter().map(JournalEvent::id).collect()
    }

    /// The events of each attempt, failed ones included.
    pub(crate) fn attempted_ids(&self) -> Vec<EventId> {
        let attempted = self.attempted.lock().unwrap_or_else(PoisonError::into_inner);
        attempted.iter().map(JournalEvent::id).collect()
    }

    /// The events of each order, in the order in which they were taken.
    pub(crate) fn delivered_by_order(&self) -> HashMap<OrderId, Vec<EventId>> {
        let mut by_order: HashMap<OrderId, Vec<EventId>> = HashMap::new();
        for event in self.delivered() {
            if let Some(order) = event.record.order {
                by_order.entry(order).or_default().push(event.id());
            }
        }
        by_order
    }

    async fn attempt(&self, event: &JournalEvent) -> Result<(), DeliveryFailure> {
        if let Some(hold) = self.hold.as_ref().filter(|hold| event.record.order == Some(hold.order))
        {
            hold.reached.notify_one();
            // Returns once the semaphore is closed.
            let _closed = hold.released.acquire().await;
        }
        let before = {
            let mut attempted = self.attempted.lock().unwrap_or_else(PoisonError::into_inner);
            attempted.push(event.clone());
            attempted.iter().filter(|earlier| earlier.id() == event.id()).count() - 1
        };
        let result = (self.decide)(event, before);
        if result.is_ok() {
            self.delivered.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        }
        result
    }
}

#[async_trait]
impl EventSubscriber for Recorder {
    fn subscription(&self) -> Subscription {
        self.subscription.clone()
    }

    fn mode(&self) -> DeliveryMode {
        self.mode
    }

    fn trouble_rule(&self) -> TroubleRule {
        self.rule
    }

    fn wants(&self, event: &JournalEvent) -> bool {
        event.event.event_type().is_news()
    }

    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>> {
        let mut results = Vec::new();
        for event in events {
            results.push(self.attempt(event).await);
            if results.last().is_some_and(Result::is_err) {
                break;
            }
        }
        results
    }
}

pub(crate) fn cause(text: &str) -> Cause {
    Arc::new(io::Error::other(text.to_owned()))
}

/// The receiver is in trouble.
pub(crate) fn receiver(text: &str) -> DeliveryFailure {
    DeliveryFailure::Receiver(cause(text))
}

/// The receiver did not take the event for now.
pub(crate) fn deferred(text: &str) -> DeliveryFailure {
    DeliveryFailure::Event(cause(text))
}

/// The receiver refused the event for good.
pub(crate) fn refused(text: &str) -> DeliveryFailure {
    DeliveryFailure::Refused(cause(text))
}
