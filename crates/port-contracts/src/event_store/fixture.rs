//! The fixture of the journal's cases, and helpers for their frequent steps.
//!
//! The shop's changes have timestamps before second 1,000; workers run from then on.

use std::sync::Arc;

use domain::{
    Clock, EventId, OrderId, Timer,
    account::Account,
    events::{
        EventRecord, EventRelay, EventType, RelayPorts, RelaySettings, Subscription,
        port::{
            EventStore, EventSubscriber, LeaseEnd, LeaseRequest, LeasedBatch, Progress,
            UndeliveredEvent, UndeliveredFilter, WorkerId,
        },
    },
    order::{Order, OrderStatus},
};

use super::simulated::{ManualClock, NoTimer};
use crate::{
    FromStores, ShopFixture, Stores,
    builders::{self, timestamp},
};

/// The duration of the fixture's leases, in seconds.
pub(crate) const LEASE: i64 = 60;

/// A shop with a subscription whose position is at the end of the journal.
#[derive(Clone)]
pub struct EventFixture {
    /// The shop whose changes append the events.
    pub shop: ShopFixture,
    /// The store under test.
    pub events: Arc<dyn EventStore>,
    /// The subscription.
    pub(crate) subscription: Subscription,
}

impl FromStores for EventFixture {
    async fn from_stores(stores: Stores) -> Self {
        let events = Arc::clone(&stores.events);
        let shop = ShopFixture::open(stores).await;
        settle(&shop.stores).await;
        let subscription = Subscription::named("test");
        events.subscribe(&subscription).await.expect("a subscription can be made");
        Self { shop, events, subscription }
    }
}

impl EventFixture {
    /// Leases the subscription for `worker` at `seconds`, for [`LEASE`] seconds.
    pub(crate) async fn lease(&self, worker: &str, seconds: i64) -> Option<LeasedBatch> {
        self.lease_knowing(worker, seconds, &known_types(), 100).await
    }

    /// As [`Self::lease`], for a worker that knows these types, and up to that many events.
    pub(crate) async fn lease_knowing(
        &self,
        worker: &str,
        seconds: i64,
        known_types: &[&str],
        limit: u32,
    ) -> Option<LeasedBatch> {
        settle(&self.shop.stores).await;
        let request = LeaseRequest {
            subscription: &self.subscription,
            worker: &WorkerId::new(worker),
            now: timestamp(seconds),
            until: timestamp(seconds + LEASE),
            limit,
            known_types,
        };
        self.events.lease(&request).await.expect("a subscription can be leased")
    }

    /// Records the progress of a worker.
    pub(crate) async fn record(&self, worker: &str, progress: &Progress, seconds: i64) -> bool {
        let (worker, now) = (WorkerId::new(worker), timestamp(seconds));
        let recorded = self.events.record(&self.subscription, &worker, progress, now).await;
        recorded.expect("progress can be recorded")
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

    pub(crate) async fn undelivered(&self, filter: UndeliveredFilter) -> Vec<UndeliveredEvent> {
        let all = self.events.undelivered(filter, None, 1_000).await;
        all.expect("parked events can be read")
    }

    /// Waits until everything that has happened is settled.
    pub(crate) async fn settle(&self) {
        settle(&self.shop.stores).await;
    }

    /// A relay whose leases are not extended.
    pub(crate) fn relay(
        &self,
        worker: &str,
        clock: &Arc<ManualClock>,
        subscriber: Arc<dyn EventSubscriber>,
    ) -> EventRelay {
        self.relay_with(worker, clock, subscriber, Arc::new(NoTimer), RelaySettings::default())
    }

    pub(crate) fn relay_with(
        &self,
        worker: &str,
        clock: &Arc<ManualClock>,
        subscriber: Arc<dyn EventSubscriber>,
        timer: Arc<dyn Timer>,
        settings: RelaySettings,
    ) -> EventRelay {
        let clock: Arc<dyn Clock> = clock.clone();
        let ports =
            RelayPorts { store: self.events.clone(), clock, timer, worker: WorkerId::new(worker) };
        EventRelay::new(ports, subscriber, settings)
    }
}

/// The names of all types that the domain knows.
pub(crate) fn known_types() -> Vec<&'static str> {
    EventType::ALL.iter().map(|known| known.as_str()).collect()
}

/// The progress of a worker that has delivered a whole batch, and releases its lease.
pub(crate) fn all_done(batch: &LeasedBatch) -> Progress {
    Progress {
        position: batch.next.last().map_or(batch.position, |event| event.id),
        ahead: Vec::new(),
        receiver: batch.receiver.clone(),
        parked: Vec::new(),
        unparked: batch.parked.iter().map(|(parked, _)| parked.id).collect(),
        cleared: Vec::new(),
        lease: LeaseEnd::Release,
    }
}

pub(crate) fn ids(events: &[EventRecord]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

/// Waits until everything that has happened is settled. A database server tells that of all its
/// databases together, so transactions of other tests can hold it up.
pub async fn settle(stores: &Stores) {
    loop {
        stores.events.settled().await.expect("the journal can be read");
        if stores.products.await_open_transactions().await.is_ok() {
            return;
        }
    }
}

/// All events of a journal, requests for mails included. The log, which begins with the journal, is
/// leased for no time.
pub async fn all_events(stores: &Stores) -> Vec<EventRecord> {
    settle(stores).await;
    stores.events.subscribe(&Subscription::LOG).await.expect("a subscription can be made");
    let now = timestamp(1_000_000);
    let request = LeaseRequest {
        subscription: &Subscription::LOG,
        worker: &WorkerId::new("all-events"),
        now,
        until: now,
        limit: 10_000,
        known_types: &known_types(),
    };
    let batch = stores.events.lease(&request).await.expect("the log can be leased");
    batch.map(|batch| batch.next).unwrap_or_default()
}
