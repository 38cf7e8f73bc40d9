//! Placing a batch of orders: reading, decision of the domain, writing.
//!
//! A batch of any size takes three round trips. The first begins the transaction, and locks and
//! reads everything that the decision rests on. The second draws an id for each placed order, so
//! that a refused one uses none. The third writes and commits, also if all orders are replayed.

mod snapshot;
mod write;

use std::sync::{Mutex, PoisonError};

use diesel::{
    dsl::sql,
    result::{DatabaseErrorKind, Error as DieselError},
    sql_types::BigInt,
};
use diesel_async::RunQueryDsl;
use domain::{
    OrderId, StoreError,
    order::{
        NewOrder, Order, PlacementDemand, decide_placement,
        port::{PlaceError, Placement},
    },
};

use super::rows;
use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
};

/// Places the orders of a batch that the domain accepts.
pub(super) struct PlaceBatch<'a> {
    orders: &'a [NewOrder],
    outcome: Mutex<Option<BatchOutcome>>,
}

/// The outcome of a batch, valid once its transaction is committed.
pub(super) struct BatchOutcome {
    /// One result for each order, in their order.
    pub(super) results: Vec<Result<Placement, PlaceError>>,
    /// One of the written orders; `None` if none was written. After an unanswered commit, its
    /// presence tells whether the batch was committed.
    pub(super) written_order: Option<Order>,
}

/// Why a batch was not placed.
#[derive(Debug)]
pub(super) enum NotPlaced {
    /// All orders are refused, so there was nothing to commit. The outcome is valid.
    NothingToWrite,
    /// Another process has just used one of the idempotency keys. The next attempt finds its order.
    KeyTaken,
    Store(StoreError),
}

impl From<StoreError> for NotPlaced {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<'a> PlaceBatch<'a> {
    pub(super) fn new(orders: &'a [NewOrder]) -> Self {
        Self { orders, outcome: Mutex::default() }
    }

    /// The outcome, valid if the last transaction was committed or had nothing to commit. `None` if
    /// it did not get that far.
    pub(super) fn into_outcome(self) -> Option<BatchOutcome> {
        self.outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_outcome(&self, outcome: Option<BatchOutcome>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }
}

impl DbOperation for PlaceBatch<'_> {
    type Output = ();
    type Error = NotPlaced;

    /// Foreign keys of new rows are checked with plans that a session caches. Plans that are made
    /// while a table has only a handful of rows would scan the whole table for each check, until
    /// the server analyzes it again.
    const SETTINGS: &'static str = "; SET LOCAL enable_seqscan = off";

    async fn run(&self, conn: &Connection) -> Result<(), TxError<NotPlaced>> {
        self.set_outcome(None);
        let demand = PlacementDemand::of(self.orders);
        let snapshot = snapshot::read(conn, &demand, self.orders).await?;
        let plan = decide_placement(snapshot, self.orders.to_vec());
        let ids = draw_ids(conn, plan.placed_count()).await?;
        let batch = plan.number(ids)?;
        let before = rows::find_all(conn, batch.replayed_ids()).await?;
        let written_order = batch.orders().first().map(|(order, _draft)| order.clone());
        let nothing_to_write = written_order.is_none();
        self.set_outcome(Some(BatchOutcome { results: batch.results(&before), written_order }));
        if nothing_to_write {
            let replayed: Vec<i64> = batch.replayed_ids().into_iter().map(OrderId::get).collect();
            return acknowledge(conn, replayed).await;
        }
        write::write_and_commit(conn, &batch).await.map_err(key_taken_or_failed)
    }
}

/// Commits what replayed orders wait for: a primary that was restarted shows orders which a
/// synchronous standby may not have. Locking a row is a change of it, so this commit waits for the
/// standby, and those before it have reached it then.
async fn acknowledge(conn: &Connection, replayed: Vec<i64>) -> Result<(), TxError<NotPlaced>> {
    if replayed.is_empty() {
        return Err(TxError::Refused(NotPlaced::NothingToWrite));
    }
    let ids = vec![ColumnArray::Numbers(replayed)];
    let lock = BulkStatement::new("SELECT FROM orders WHERE id = ANY(", ids, ") FOR KEY SHARE");
    let (locked, committed) = futures::join!(lock.execute(conn), conn.commit());
    locked?;
    Ok(committed?)
}

/// An idempotency key that was free when it was looked up may be taken when it is written: by
/// another process, whose order has none of the products that this batch has locked.
fn key_taken_or_failed(error: DbError) -> TxError<NotPlaced> {
    match &error {
        DbError::Statement(DieselError::DatabaseError(
            DatabaseErrorKind::UniqueViolation,
            information,
        )) if information.constraint_name() == Some("orders_idempotency_key") => {
            TxError::Refused(NotPlaced::KeyTaken)
        }
        _ => TxError::Failed(error),
    }
}

/// Draws `count` ids, ascending. Those of a transaction that is rolled back are lost.
async fn draw_ids(mut conn: &Connection, count: usize) -> Result<Vec<OrderId>, DbError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let ids = sql::<BigInt>("SELECT nextval('orders_id_seq') FROM generate_series(1, ")
        .bind::<BigInt, _>(count)
        .sql(")");
    let ids: Vec<i64> = ids.load(&mut conn).await?;
    Ok(ids.into_iter().map(OrderId::new).collect())
}
