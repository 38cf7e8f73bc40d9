//! A worker's desk: short ways to do what a case about the outbox does all the time.
//!
//! What a shop does lies before the moment 1,000; workers come after it.

use std::sync::Arc;

use domain::{
    Clock, MessageId, OrderId, Timestamp,
    account::Account,
    order::{Order, OrderStatus},
    outbox::{
        Channels, Courier, CourierSettings, OutboxMessage, RetryPolicy,
        port::{
            LeasedMessage, Letter, LetterFilter, MessageHandler, OutboxDepth, OutboxStore, Outcome,
            Settlement, WorkerId,
        },
    },
};

use super::handlers::SetClock;
use crate::{
    FromStores, Shop, Stores,
    builders::{self, moment},
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
    ) -> Vec<LeasedMessage> {
        let until = moment(seconds + LEASE);
        let leased = self.outbox.lease(worker, limit, moment(seconds), until).await;
        leased.expect("messages can be leased")
    }

    /// Has a worker lease the one message that is due.
    pub(crate) async fn lease_one(&self, worker: &WorkerId, seconds: i64) -> LeasedMessage {
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
        let settled = self.outbox.settle(worker, settlements, moment(seconds)).await;
        settled.expect("messages can be settled")
    }

    /// Delivers all that is due, and what becomes due by that.
    pub(crate) async fn deliver_all(&self, seconds: i64) -> Vec<LeasedMessage> {
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
    pub(crate) async fn give_up_one(&self, seconds: i64) -> LeasedMessage {
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
            let account = account.with_moment(number);
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

    pub(crate) async fn letters(&self, filter: LetterFilter) -> Vec<Letter> {
        self.outbox.letters(filter, None, 100).await.expect("letters can be read")
    }

    pub(crate) async fn depth(&self) -> OutboxDepth {
        self.outbox.depth().await.expect("the outbox can be measured")
    }

    /// A courier of that name, who gives a message up after its third attempt.
    pub(crate) fn courier(
        &self,
        name: &str,
        clock: &Arc<SetClock>,
        handlers: Vec<Arc<dyn MessageHandler>>,
    ) -> Courier {
        let retry = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        let settings = CourierSettings { retry, ..CourierSettings::default() };
        let clock: Arc<dyn Clock> = clock.clone();
        Courier::new(Arc::clone(&self.outbox), handlers, clock, worker(name), settings)
    }
}

pub(crate) fn worker(name: &str) -> WorkerId {
    WorkerId::new(name)
}

pub(crate) fn delivered(leased: &LeasedMessage) -> Settlement {
    settlement(leased, Outcome::Delivered { note: None })
}

/// It did not, and is to be tried at that moment.
pub(crate) fn retry(leased: &LeasedMessage, seconds: i64) -> Settlement {
    let error = "the line is dead".to_owned();
    settlement(leased, Outcome::Retry { at: moment(seconds), error })
}

pub(crate) fn dead(leased: &LeasedMessage) -> Settlement {
    settlement(leased, Outcome::Dead { error: "the line is dead".to_owned() })
}

fn settlement(leased: &LeasedMessage, outcome: Outcome) -> Settlement {
    Settlement { id: leased.envelope.id, done: leased.done, outcome }
}

/// The same, having gone out on these channels.
pub(crate) fn done(settlement: Settlement, done: Channels) -> Settlement {
    Settlement { done, ..settlement }
}

pub(crate) fn ids(leased: &[LeasedMessage]) -> Vec<MessageId> {
    leased.iter().map(|leased| leased.envelope.id).collect()
}

pub(crate) fn said(leased: &[LeasedMessage]) -> Vec<OutboxMessage> {
    leased.iter().map(|leased| leased.envelope.message.clone()).collect()
}

pub(crate) fn orders(leased: &[LeasedMessage]) -> Vec<Option<OrderId>> {
    leased.iter().map(|leased| leased.envelope.message.order()).collect()
}

pub(crate) fn written(leased: &[LeasedMessage]) -> Vec<Timestamp> {
    leased.iter().map(|leased| leased.envelope.created_at).collect()
}
