//! The journal on a file of its own. The contract of the ports has its own suite; these are the
//! cases of this adapter: its batches, its triggers, its SQL, and what it does not write.

mod migration;
mod parking;
mod reading;

use std::path::PathBuf;

use diesel::{SqliteConnection, connection::SimpleConnection as _};
use domain::{
    EventId, OrderId, StoreError, Timestamp, UserId,
    events::{
        Event, EventType, NewEvent, ParkedEvent, ParkedState, Subscription,
        port::{LeaseEnd, LeaseRequest, LeasedBatch, Progress, SubscriptionStore as _, WorkerId},
    },
    order::OrderStatus,
};
use tempfile::TempDir;

use super::append::append;
use crate::{SqliteOptions, SqliteStore, error::TxError};

/// An account with two free-form orders.
const SHOP: &str = "
    INSERT INTO users (id, name, email, password_hash, role, created_at)
        VALUES (1, 'Ada', 'ada@example.com', '$2b$', 'user', 0);
    INSERT INTO orders (id, user_id, customer_name, item_name, search_text, quantity, currency,
                        status, version, revision, created_at, updated_at)
        VALUES (1, 1, 'Ada', 'Lamp', 'ada', 2, 'EUR', 'pending', 1, 1, 0, 0),
               (2, 1, 'Ada', 'Desk', 'ada', 2, 'EUR', 'pending', 1, 1, 0, 0);
";

const LOG: Subscription = Subscription::LOG;

struct Journal {
    store: SqliteStore,
    directory: TempDir,
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp_secs(seconds).unwrap()
}

fn known_types() -> Vec<&'static str> {
    EventType::ALL.iter().map(|known| known.as_str()).collect()
}

/// A step of an order, or of the account if there is none.
fn step(order: Option<i64>) -> NewEvent {
    let (from, to) = (OrderStatus::Pending, OrderStatus::Processing);
    NewEvent {
        event: match order {
            Some(_order) => Event::OrderStatusChanged { from, to },
            None => Event::AccountRegistered,
        },
        order: order.map(OrderId::new),
        product: None,
        account: Some(UserId::new(1)),
        actor: None,
        at: seconds(100),
        trace: None,
        recipient: None,
    }
}

fn parked(event: i64, order: Option<i64>, state: ParkedState, due: i64) -> ParkedEvent {
    ParkedEvent::new(EventId::new(event), order.map(OrderId::new), state, seconds(due))
}

/// Everything up to that event is done, and the lease is kept until second 10,000.
fn progress(position: i64) -> Progress {
    Progress {
        position: EventId::new(position),
        ahead: Vec::new(),
        receiver: domain::events::ReceiverState::default(),
        parked: Vec::new(),
        unparked: Vec::new(),
        cleared: Vec::new(),
        lease: LeaseEnd::Extend(seconds(10_000)),
    }
}

fn ids(batch: &LeasedBatch) -> Vec<i64> {
    batch.next.iter().map(|event| event.id.get()).collect()
}

fn due(batch: Option<LeasedBatch>) -> Vec<i64> {
    let batch = batch.map(|batch| batch.parked).unwrap_or_default();
    batch.iter().map(|(parked, _)| parked.id.get()).collect()
}

impl Journal {
    /// A journal with a step for each of these orders.
    async fn with(orders: &[Option<i64>]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oms.db");
        crate::migrate(&path).unwrap();
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        let journal = Self { store, directory };
        journal.change(SHOP).await.unwrap();
        journal.store.subscribe(&LOG).await.unwrap();
        journal.store.subscribe(&Subscription::MAIL).await.unwrap();
        journal.append(orders.iter().copied().map(step).collect()).await;
        journal
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("oms.db")
    }

    /// Executes statements in a transaction of the writer.
    async fn change(&self, statements: &str) -> Result<(), StoreError> {
        let statements = statements.to_owned();
        let change = move |conn: &mut SqliteConnection| {
            conn.batch_execute(&statements).map_err(TxError::<StoreError>::from)
        };
        self.store.write(change).await
    }

    async fn append(&self, events: Vec<NewEvent>) {
        let appended: Result<(), StoreError> =
            self.store.write(move |conn| Ok(append(conn, events)?)).await;
        appended.unwrap();
    }

    /// Leases the log for a minute, for a worker that knows all types.
    async fn lease(&self, worker: &str, now: i64) -> Option<LeasedBatch> {
        self.lease_knowing(worker, now, &known_types()).await
    }

    async fn lease_knowing(&self, worker: &str, now: i64, known: &[&str]) -> Option<LeasedBatch> {
        let request = LeaseRequest {
            subscription: &LOG,
            worker: &WorkerId::new(worker),
            now: seconds(now),
            until: seconds(now + 60),
            limit: 100,
            known_types: known,
        };
        self.store.lease(&request).await.unwrap()
    }

    async fn record(&self, worker: &str, now: i64, progress: &Progress) -> bool {
        let recorded =
            self.store.record(&LOG, &WorkerId::new(worker), progress, seconds(now)).await;
        recorded.unwrap()
    }

    /// Leases the log for "a" at second 1,000, and parks events; all others are done.
    async fn park(&self, parked: Vec<ParkedEvent>) {
        let batch = self.lease("a", 1_000).await.unwrap();
        let last = ids(&batch).into_iter().max().unwrap_or(batch.position.get());
        assert!(self.record("a", 1_000, &Progress { parked, ..progress(last) }).await);
    }
}
