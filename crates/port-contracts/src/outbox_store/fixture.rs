//! The fixture of the outbox's cases, and helpers for their frequent steps.
//!
//! The shop's changes have timestamps before second 1,000; workers run from then on.

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

use super::handlers::ManualClock;
use crate::{
    FromStores, ShopFixture, Stores,
    builders::{self, timestamp},
};

/// The duration of the fixture's leases, in seconds.
pub(crate) const LEASE: i64 = 60;

/// A shop whose outbox has no pending events.
#[derive(Clone)]
pub struct OutboxFixture {
    /// The shop whose changes write the events.
    pub shop: ShopFixture,
    /// The outbox under test.
    pub outbox: Arc<dyn OutboxStore>,
}

impl FromStores for OutboxFixture {
    async fn from_stores(stores: Stores) -> Self {
        let outbox = Arc::clone(&stores.outbox);
        let fixture = Self { shop: ShopFixture::open(stores).await, outbox };
        fixture.deliver_all(900).await;
        fixture
    }
}

impl OutboxFixture {
    /// Leases up to `limit` events for `worker` at `seconds`, for [`LEASE`] seconds.
    pub(crate) async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        seconds: i64,
    ) -> Vec<LeasedEvent> {
        let until = timestamp(seconds + LEASE);
        let leased = self.outbox.lease(worker, limit, timestamp(seconds), until).await;
        leased.expect("events can be leased")
    }

    /// Leases the one event that is due.
    pub(crate) async fn lease_one(&self, worker: &WorkerId, seconds: i64) -> LeasedEvent {
        let mut leased = self.lease(worker, 100, seconds).await;
        assert_eq!(leased.len(), 1, "one event is due: {leased:?}");
        leased.remove(0)
    }

    /// Settles the deliveries of a worker.
    pub(crate) async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        seconds: i64,
    ) -> u64 {
        let settled = self.outbox.settle(worker, settlements, timestamp(seconds)).await;
        settled.expect("events can be settled")
    }

    /// Delivers all due events, and those that become due because of that.
    pub(crate) async fn deliver_all(&self, seconds: i64) -> Vec<LeasedEvent> {
        let worker = worker("deliver-all");
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

    /// Turns the one event that is due into a dead letter.
    pub(crate) async fn dead_letter_one(&self, seconds: i64) -> LeasedEvent {
        let worker = worker("dead-letter-one");
        let leased = self.lease_one(&worker, seconds).await;
        assert_eq!(self.settle(&worker, &[dead(&leased)], seconds).await, 1);
        leased
    }

    /// Creates accounts a second apart: one event each, none of which belongs to an order.
    pub(crate) async fn register_accounts(&self, accounts: i64) -> Vec<Account> {
        let mut created = Vec::new();
        for number in 0..accounts {
            let account = builders::account(&format!("user-{number}@example.com"));
            let account = account.with_timestamp(number);
            created.push(account.create(self.shop.stores.accounts.as_ref()).await);
        }
        created
    }

    pub(crate) async fn place_order(&self) -> Order {
        self.shop.place(builders::free_form(&self.shop.customer, "Lamp").build()).await
    }

    /// Places an order and ships it: three events in sequence.
    pub(crate) async fn shipped_order(&self) -> OrderId {
        let order = self.place_order().await.id();
        self.shop.change_status(order, OrderStatus::Processing).await;
        self.shop.change_status(order, OrderStatus::Shipped).await;
        order
    }

    pub(crate) async fn undelivered(&self, filter: UndeliveredFilter) -> Vec<UndeliveredEvent> {
        self.outbox.undelivered(filter, None, 100).await.expect("undelivered events can be read")
    }

    pub(crate) async fn depth(&self) -> OutboxDepth {
        self.outbox.depth().await.expect("the outbox can be measured")
    }

    /// A relay that gives an event up after its third attempt.
    pub(crate) fn relay(
        &self,
        name: &str,
        clock: &Arc<ManualClock>,
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

/// The delivery failed and is retried at `seconds`.
pub(crate) fn retry(leased: &LeasedEvent, seconds: i64) -> Settlement {
    let error = "connection reset".to_owned();
    settlement(leased, DeliveryOutcome::Retry { at: timestamp(seconds), error })
}

pub(crate) fn dead(leased: &LeasedEvent) -> Settlement {
    settlement(leased, DeliveryOutcome::Dead { error: "connection reset".to_owned() })
}

fn settlement(leased: &LeasedEvent, outcome: DeliveryOutcome) -> Settlement {
    Settlement { id: leased.envelope.id, done: leased.done, outcome }
}

/// The same settlement, with the channels on which the event was delivered.
pub(crate) fn with_done(settlement: Settlement, done: Channels) -> Settlement {
    Settlement { done, ..settlement }
}

pub(crate) fn ids(leased: &[LeasedEvent]) -> Vec<OutboxEventId> {
    leased.iter().map(|leased| leased.envelope.id).collect()
}

pub(crate) fn events(leased: &[LeasedEvent]) -> Vec<OutboxEvent> {
    leased.iter().map(|leased| leased.envelope.event.clone()).collect()
}

pub(crate) fn orders(leased: &[LeasedEvent]) -> Vec<Option<OrderId>> {
    leased.iter().map(|leased| leased.envelope.event.order()).collect()
}

pub(crate) fn created_at(leased: &[LeasedEvent]) -> Vec<Timestamp> {
    leased.iter().map(|leased| leased.envelope.created_at).collect()
}
