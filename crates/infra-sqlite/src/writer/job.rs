//! A job for the writer thread: an operation, and the channel for its result.

use diesel::SqliteConnection;
use domain::{
    StoreError,
    order::{
        NewOrder,
        port::{PlaceError, Placement},
    },
};
use infra_sql::mark_failed;
use tokio::sync::oneshot;
use tracing::Span;

use crate::error::TxError;

/// A queued write.
pub(super) enum WriteJob {
    /// New orders, which are placed together with their neighbours in the queue.
    Place(PlacementJob),
    Operation(Box<dyn DbOperation>),
}

pub(super) struct PlacementJob {
    pub(super) orders: Vec<NewOrder>,
    span: Span,
    reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
}

impl PlacementJob {
    /// A job for these orders. Their results go to `reply`.
    pub(super) fn new(
        orders: Vec<NewOrder>,
        reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
    ) -> Self {
        Self { orders, span: Span::current(), reply }
    }

    /// Records in the caller's span how many orders are placed together, its own included.
    pub(super) fn record_batch_size(&self, orders: usize) {
        self.span.record("oms.batch.size", orders);
    }

    /// Sends the caller the result of each order.
    pub(super) fn answer(self, results: Vec<Result<Placement, PlaceError>>) {
        // The caller may have stopped waiting; its orders are placed nevertheless.
        let _ = self.reply.send(results);
    }

    /// Sends the caller this error for each order. None was placed.
    pub(super) fn fail(self, failure: &StoreError) {
        mark_failed(&self.span);
        let results = vec![Err(PlaceError::Store(failure.clone())); self.orders.len()];
        self.answer(results);
    }
}

/// How a job's savepoint ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SavepointEnd {
    /// The job's writes are committed with the transaction.
    Release,
    /// The job's writes are rolled back.
    RollBack,
}

/// An operation of any kind. First `run`, inside a transaction, then one of the other two.
pub(super) trait DbOperation: Send {
    /// Runs it and keeps the result.
    fn run(&mut self, conn: &mut SqliteConnection) -> SavepointEnd;

    /// Sends the caller the result, after the commit.
    fn answer(self: Box<Self>);

    /// Sends the caller this error. Nothing is written.
    fn fail(self: Box<Self>, failure: &StoreError);
}

/// An operation as a closure, and the channel for its result.
pub(super) struct WriteOperation<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    span: Span,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> WriteOperation<F, T, E> {
    /// An operation whose result goes to `reply`.
    pub(super) fn new(work: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { work: Some(work), result: None, span: Span::current(), reply }
    }
}

impl<F, T, E> DbOperation for WriteOperation<F, T, E>
where
    F: FnOnce(&mut SqliteConnection) -> Result<T, TxError<E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, conn: &mut SqliteConnection) -> SavepointEnd {
        let Some(work) = self.work.take() else {
            return SavepointEnd::RollBack;
        };
        let result = self.span.in_scope(|| work(conn).map_err(TxError::into_port_error));
        let end = if result.is_ok() { SavepointEnd::Release } else { SavepointEnd::RollBack };
        self.result = Some(result);
        end
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // The caller may have stopped waiting; the write is committed nevertheless.
            let _ = self.reply.send(result);
        }
    }

    fn fail(self: Box<Self>, failure: &StoreError) {
        mark_failed(&self.span);
        let _ = self.reply.send(Err(failure.clone().into()));
    }
}
