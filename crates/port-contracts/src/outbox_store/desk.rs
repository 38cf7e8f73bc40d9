//! A worker's desk: short ways to do what a case about the outbox does all the time.
//!
//! What a shop does lies before the moment 1,000; workers come after it.

use std::sync::Arc;

use domain::{
    Clock, OrderId, OutboxEventId, Timestamp,
    account::Account,
    order::{Order, OrderStatus},
    outbox::{
        Channels, EventRelay, OutboxEvent, RelaySettings, RetryPolicy,
        port::{
            DeliveryOutcome, EventHandler, LeasedEvent, OutboxDepth, OutboxStore, Settlement,
            UndeliveredEvent, UndeliveredFilter, WorkerId,
        },
    },
};

use super::handlers::SetClock;
use crate::{
    FromStores, Shop, Stores,
    builders::{self, timestamp},
};

/// For how many seconds a desk leases messages.
pub(crate) const LEASE: i64 = 60;

/// A shop of which nothing is left to tell, and its outbox.
#[derive(Clone)]
pub struct Desk {
    /// The shop.
    pub shop: Shop,
    /// Its outbox.
    pub outbox: Arc<dyn OutboxStore>,
}

impl FromStores for Desk {
    async fn from_stores(stores: Stores) -> Self {
        let outbox = Arc::clone(&stores.outbox);
        let desk = Self { shop: Shop::open(stores).await, outbox };
        desk.deliver_all(900).await;
        desk
    }
}

impl Desk {
    /// Has a worker lease up to so many messages at a moment, for [`LEASE`] seconds.
    pub(crate) async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        seconds: i64,
    ) -> Vec<LeasedEvent> {
        let until = timestamp(seconds + LEASE);
        let leased = self.outbox.lease(worker, limit, timestamp(seconds), until).await;
        leased.expect("messages can be leased")
    }

    /// Has a worker lease the one message that is due.
    pub(crate) async fn lease_one(&self, worker: &WorkerId, seconds: i64) -> LeasedEvent {
        let mut leased = self.lease(worker, 100, seconds).await;
        assert_eq!(leased.len(), 1, "one message is due: {leased:?}");
        leased.remove(0)
    }

    /// Has a worker write down what came of deliveries.
    pub(crate) async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        seconds: i64,
    ) -> u64 {
        let settled = self.outbox.settle(worker, settlements, timestamp(seconds)).await;
        settled.expect("messages can be settled")
    }

    /// Delivers all that is due, and what becomes due by that.
    pub(crate) async fn deliver_all(&self, seconds: i64) -> Vec<LeasedEvent> {
        let worker = worker("the cleaner");
        let mut all = Vec::new();
        loop {
            let leased = self.lease(&worker, 100, seconds).await;
            if leased.is_empty() {
                return all;
            }
            let settlements: Vec<_> = leased.iter().map(delivered).collect();
            let settled = self.settle(&worker, &settlements, seconds).await;
            assert_eq!(usize::try_from(settled), Ok(leased.len()));
            all.extend(leased);
        }
    }

    /// Has a worker give up the one message that is due.
    pub(crate) async fn give_up_one(&self, seconds: i64) -> LeasedEvent {
        let worker = worker("the one who gives up");
        let leased = self.lease_one(&worker, seconds).await;
        assert_eq!(self.settle(&worker, &[dead(&leased)], seconds).await, 1);
        leased
    }

    /// Makes so many accounts, each a second after the one before: so many messages about no order.
    pub(crate) async fn register(&self, accounts: i64) -> Vec<Account> {
        let mut made = Vec::new();
        for number in 0..accounts {
            let account = builders::account(&format!("user-{number}@example.com"));
            let account = account.with_timestamp(number);
            made.push(account.create(self.shop.stores.accounts.as_ref()).await);
        }
        made
    }

    pub(crate) async fn order(&self) -> Order {
        self.shop.place(builders::free_form(&self.shop.customer, "Lamp").build()).await
    }

    /// Places an order and moves it until it is shipped: three messages, one behind the other.
    pub(crate) async fn shipped_order(&self) -> OrderId {
        let order = self.order().await.id();
        self.shop.move_to(order, OrderStatus::Processing).await;
        self.shop.move_to(order, OrderStatus::Shipped).await;
        order
    }

    pub(crate) async fn undelivered(&self, filter: UndeliveredFilter) -> Vec<UndeliveredEvent> {
        self.outbox.undelivered(filter, None, 100).await.expect("letters can be read")
    }

    pub(crate) async fn depth(&self) -> OutboxDepth {
        self.outbox.depth().await.expect("the outbox can be measured")
    }

    /// A relay of that name, who gives a message up after its third attempt.
    pub(crate) fn relay(
        &self,
        name: &str,
        clock: &Arc<SetClock>,
        handlers: Vec<Arc<dyn EventHandler>>,
    ) -> EventRelay {
        let retry = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        let settings = RelaySettings { retry, ..RelaySettings::default() };
        let clock: Arc<dyn Clock> = clock.clone();
        EventRelay::new(Arc::clone(&self.outbox), handlers, clock, worker(name), settings)
    }
}

pub(crate) fn worker(name: &str) -> WorkerId {
    WorkerId::new(name)
}

pub(crate) fn delivered(leased: &LeasedEvent) -> Settlement {
    settlement(leased, DeliveryOutcome::Delivered { note: None })
}

/// It did not, and is to be tried at that moment.
pub(crate) fn retry(leased: &LeasedEvent, seconds: i64) -> Settlement {
    let error = "the line is dead".to_owned();
    settlement(leased, DeliveryOutcome::Retry { at: timestamp(seconds), error })
}

pub(crate) fn dead(leased: &LeasedEvent) -> Settlement {
    settlement(leased, DeliveryOutcome::Dead { error: "the line is dead".to_owned() })
}

fn settlement(leased: &LeasedEvent, outcome: DeliveryOutcome) -> Settlement {
    Settlement { id: leased.envelope.id, done: leased.done, outcome }
}

/// The same, having gone out on these channels.
pub(crate) fn done(settlement: Settlement, done: Channels) -> Settlement {
    Settlement { done, ..settlement }
}

pub(crate) fn ids(leased: &[LeasedEvent]) -> Vec<OutboxEventId> {
    leased.iter().map(|leased| leased.envelope.id).collect()
}

pub(crate) fn said(leased: &[LeasedEvent]) -> Vec<OutboxEvent> {
    leased.iter().map(|leased| leased.envelope.event.clone()).collect()
}

pub(crate) fn orders(leased: &[LeasedEvent]) -> Vec<Option<OrderId>> {
    leased.iter().map(|leased| leased.envelope.event.order()).collect()
}

pub(crate) fn written(leased: &[LeasedEvent]) -> Vec<Timestamp> {
    leased.iter().map(|leased| leased.envelope.created_at).collect()
}
