//! A job for the writing thread: work, and somebody who waits for its result.

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

use crate::error::Abort;

/// Something to be written.
pub(super) enum Job {
    /// New orders, which are placed together with their neighbours in the queue.
    Place(PlaceJob),
    Task(Box<dyn Work>),
}

pub(super) struct PlaceJob {
    pub(super) orders: Vec<NewOrder>,
    span: Span,
    reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
}

impl PlaceJob {
    /// Orders to be placed, and where their results go.
    pub(super) fn new(
        orders: Vec<NewOrder>,
        reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
    ) -> Self {
        Self { orders, span: Span::current(), reply }
    }

    /// Tells the caller's span how many orders are placed together with its own, theirs included.
    pub(super) fn note(&self, batch: usize) {
        self.span.record("oms.batch.size", batch);
    }

    /// Tells the caller what became of each order.
    pub(super) fn answer(self, results: Vec<Result<Placement, PlaceError>>) {
        // A caller that went away hears nothing; its orders are placed all the same.
        let _ = self.reply.send(results);
    }

    /// Tells the caller that none was placed.
    pub(super) fn fail(self, failure: &StoreError) {
        mark_failed(&self.span);
        let results = vec![Err(PlaceError::Store(failure.clone())); self.orders.len()];
        self.answer(results);
    }
}

/// What becomes of a job's savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// What it wrote stays, if the transaction commits.
    Keep,
    /// What it wrote is taken back.
    TakeBack,
}

/// Work of whatever kind. First `run`, inside a transaction, then one of the other two.
pub(super) trait Work: Send {
    /// Does it and keeps the result.
    fn run(&mut self, conn: &mut SqliteConnection) -> Verdict;

    /// Tells the caller the result: the transaction is committed.
    fn answer(self: Box<Self>);

    /// Tells the caller that it failed for this reason: nothing is written.
    fn fail(self: Box<Self>, failure: &StoreError);
}

/// Work as a function, and where its result goes.
pub(super) struct Task<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    span: Span,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Task<F, T, E> {
    /// Work to be done, and where its result goes.
    pub(super) fn new(work: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { work: Some(work), result: None, span: Span::current(), reply }
    }
}

impl<F, T, E> Work for Task<F, T, E>
where
    F: FnOnce(&mut SqliteConnection) -> Result<T, Abort<E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, conn: &mut SqliteConnection) -> Verdict {
        let Some(work) = self.work.take() else {
            return Verdict::TakeBack;
        };
        let result = self.span.in_scope(|| work(conn).map_err(Abort::into_port_error));
        let verdict = if result.is_ok() { Verdict::Keep } else { Verdict::TakeBack };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // A caller that went away hears nothing; its work is done all the same.
            let _ = self.reply.send(result);
        }
    }

    fn fail(self: Box<Self>, failure: &StoreError) {
        mark_failed(&self.span);
        let _ = self.reply.send(Err(failure.clone().into()));
    }
}
