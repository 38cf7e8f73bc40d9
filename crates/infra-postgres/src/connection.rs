//! One connection, which sends the query builder's statements over the wire.
//!
//! The connection of `diesel-async` does nearly this. It hides two things that matter here:
//!
//! - the server's error codes (SQLSTATE), the only way to distinguish a lock timeout from a mistake
//!   independently of the server's language;
//! - whether a statement of a transaction failed: the server answers the COMMIT of such a
//!   transaction with a rollback, and no error.
//!
//! It also prepares every statement under a name, which an older `PgBouncer` forgets between two
//! transactions. Here a name is optional.

mod bind;
mod row;
mod server_error;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AsQuery, QueryFragment, QueryId},
    result::{DatabaseErrorKind, Error as DieselError},
};
use diesel_async::{AsyncConnectionCore, SimpleAsyncConnection};
use foldhash::fast::RandomState;
use futures::{
    FutureExt as _, StreamExt as _, TryStreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio_postgres::{
    Client, Row, Statement,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) use self::server_error::is_lock_timeout;
use self::{bind::Query, row::PgRow};

/// Whether prepared statements have names on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prepare {
    /// Each statement is prepared once per connection, and planned once for many uses.
    Named,
    /// Each statement is sent whole, in one round trip: the next may go to another server
    /// connection.
    Unnamed,
}

/// A connection to the server. Statements whose futures are polled together are pipelined: they are
/// sent without waiting for each other's answers, and the server executes them in the order they
/// were sent.
pub(crate) struct Connection {
    client: Client,
    tls: MakeRustlsConnect,
    prepared: Option<Mutex<HashMap<String, Statement, RandomState>>>,
    /// Whether a statement of this transaction failed.
    failed: Arc<AtomicBool>,
    /// Whether [`Self::commit`] has sent this transaction's COMMIT.
    commit_sent: AtomicBool,
    commit_answered: AtomicBool,
}

/// Whether [`Connection::commit`] was sent for the current transaction, and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitState {
    NotSent,
    /// COMMIT was sent, and the server has not answered: the transaction may be committed or not.
    Sent,
    Answered,
}

impl Connection {
    /// Wraps a client whose socket another task drives.
    pub(crate) fn new(client: Client, tls: MakeRustlsConnect, prepare: Prepare) -> Self {
        let prepared = (prepare == Prepare::Named).then(Mutex::default);
        Self {
            client,
            tls,
            prepared,
            failed: Arc::default(),
            commit_sent: AtomicBool::new(false),
            commit_answered: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether a statement failed, so that its transaction can only be rolled back.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Resets the state of the last transaction, for another one.
    pub(crate) fn reset(&self) {
        self.failed.store(false, Ordering::Release);
        self.commit_sent.store(false, Ordering::Release);
        self.commit_answered.store(false, Ordering::Release);
    }

    /// Records that a statement could not be sent, so that the transaction is incomplete.
    pub(crate) fn mark_incomplete(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// Stops preparing statements: for operations that read more than fits into memory, as the
    /// first result of a statement that is to be prepared is buffered whole.
    pub(crate) fn unprepared(self) -> Self {
        Self { prepared: None, ..self }
    }

    /// Commits. If it is polled together with the last statements, and after them, COMMIT is
    /// pipelined behind them, which saves a round trip while rows are locked. Behind a statement
    /// that failed, COMMIT is a rollback, which the server does not report as an error; so the
    /// answers of all statements are awaited and checked. Behind a statement that could not be
    /// sent, COMMIT would commit an incomplete transaction, so it is not sent.
    pub(crate) async fn commit(&self) -> QueryResult<()> {
        if self.has_failed() {
            return Err(DieselError::RollbackTransaction);
        }
        self.commit_sent.store(true, Ordering::Release);
        let done = self.batch("COMMIT").await;
        self.commit_answered.store(!is_unanswered(&done), Ordering::Release);
        done
    }

    /// The state of this transaction's COMMIT, if it was sent by [`Self::commit`].
    pub(crate) fn commit_state(&self) -> CommitState {
        if self.commit_answered.load(Ordering::Acquire) {
            CommitState::Answered
        } else if self.commit_sent.load(Ordering::Acquire) {
            CommitState::Sent
        } else {
            CommitState::NotSent
        }
    }

    /// Asks the server to cancel the running statement, over a separate connection.
    pub(crate) async fn cancel(&self) {
        // A caller that cancels a statement has no use for another error.
        drop(self.client.cancel_token().cancel_query(self.tls.clone()).await);
    }

    /// The prepared statement for this query, if there is one.
    fn prepared(&self, query: &Query) -> Option<Statement> {
        let prepared = self.prepared.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.get(&query.sql).cloned()
    }

    /// Waits for the answer to a statement that is not prepared yet, and prepares it for the next
    /// time if its text is reused. Both are sent in the first poll. If the statement were prepared
    /// first, a COMMIT that is polled after an INSERT would overtake it, and a read would overtake
    /// the lock that it relies on.
    async fn run_and_prepare<T>(
        &self,
        sql: &str,
        types: &[Type],
        is_reused: bool,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, tokio_postgres::Error> {
        let Some(statements) = self.prepared.as_ref().filter(|_| is_reused) else {
            return answer.await;
        };
        let preparing = self.client.prepare_typed(sql, types);
        let (answer, prepared) = futures::future::join(answer, preparing).await;
        let (answer, prepared) = (answer?, prepared?);
        let mut statements = statements.lock().unwrap_or_else(PoisonError::into_inner);
        statements.insert(sql.to_owned(), prepared);
        Ok(answer)
    }

    /// Sends the statement in the first poll. Its rows are buffered, unless it is prepared already
    /// or this connection prepares none: later statements are answered after it.
    async fn rows(
        &self,
        query: Query,
    ) -> Result<BoxStream<'static, Result<Row, tokio_postgres::Error>>, tokio_postgres::Error> {
        if let Some(statement) = self.prepared(&query) {
            return Ok(self.client.query_raw(&statement, query.binds).await?.boxed());
        }
        let types = query.types();
        let binds = query.binds.into_iter().zip(types.iter().cloned());
        let rows = self.client.query_typed_raw(&query.sql, binds);
        if self.prepared.is_none() {
            return Ok(rows.await?.boxed());
        }
        let rows = async { rows.await?.try_collect::<Vec<_>>().await };
        let rows = self.run_and_prepare(&query.sql, &types, query.is_reused, rows).await?;
        Ok(stream::iter(rows.into_iter().map(Ok)).boxed())
    }

    /// Sends the statement in the first poll, and returns how many rows it changes.
    async fn count(&self, query: Query) -> Result<u64, tokio_postgres::Error> {
        if let Some(statement) = self.prepared(&query) {
            return self.client.execute_raw(&statement, query.binds).await;
        }
        let types = query.types();
        let binds = query.binds.iter().map(|bind| -> &(dyn ToSql + Sync) { bind });
        let binds: Vec<_> = binds.zip(types.iter().cloned()).collect();
        let count = self.client.execute_typed(&query.sql, &binds);
        self.run_and_prepare(&query.sql, &types, query.is_reused, count).await
    }

    /// Serializes a statement. If that fails, the transaction is incomplete.
    fn build(&self, fragment: &impl QueryFragment<Pg>) -> QueryResult<Query> {
        Query::build(fragment).inspect_err(|_error| self.mark_incomplete())
    }

    async fn batch(&self, statements: &str) -> QueryResult<()> {
        let done = self.client.batch_execute(statements).await;
        done.map_err(|error| server_error::record_failure(&error, &self.failed))
    }
}

/// Whether the answer to a COMMIT leaves the outcome unknown. An error that the server reported
/// does not.
fn is_unanswered(answer: &QueryResult<()>) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand, Unknown};
    matches!(
        answer,
        Err(DieselError::DatabaseError(ClosedConnection | UnableToSendCommand | Unknown, _))
    )
}

impl SimpleAsyncConnection for &Connection {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.batch(query).await
    }
}

impl<'a> AsyncConnectionCore for &'a Connection {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'a, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'a, QueryResult<Self::Stream<'conn, 'query>>>;
    type Stream<'conn, 'query> = BoxStream<'static, QueryResult<PgRow>>;
    type Row<'conn, 'query> = PgRow;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = self.build(&source.as_query());
        let connection: &'a Connection = self;
        async move {
            let failed = Arc::clone(&connection.failed);
            let rows = connection.rows(query?).await;
            let rows = rows.map_err(|error| server_error::record_failure(&error, &failed))?;
            Ok(rows
                .map_ok(PgRow::new)
                .map_err(move |error| server_error::record_failure(&error, &failed))
                .boxed())
        }
        .boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = self.build(&source);
        let connection: &'a Connection = self;
        async move {
            let count = connection.count(query?).await;
            let count =
                count.map_err(|error| server_error::record_failure(&error, &connection.failed))?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        }
        .boxed()
    }
}
