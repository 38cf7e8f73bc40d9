//! One connection: the query builder's statements on the wire.
//!
//! The ready-made connection of `diesel-async` does nearly this. It hides two things that matter here:
//!
//! - the server's error codes (SQLSTATE), which alone tell a lock that was waited for too long from a mistake,
//!   whatever language the server speaks;
//! - whether a statement of a transaction failed: the server answers the COMMIT of such a transaction with
//!   a rollback, and no error.
//!
//! And it prepares every statement under a name, which an older `PgBouncer` forgets between two
//! transactions. Here a name is optional.

mod bind;
mod server_error;
mod row;
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

/// Whether statements get names on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prepare {
    /// Each is prepared once a connection, and planned once for many uses.
    Named,
    /// Each is sent whole, in one round trip: the next may go to another server connection.
    Unnamed,
}

/// A connection to the server. Statements whose futures are polled together are sent together, without
/// waiting for each other's answers; the server works them off in the order they were sent.
pub(crate) struct Connection {
    client: Client,
    tls: MakeRustlsConnect,
    prepared: Option<Mutex<HashMap<String, Statement, RandomState>>>,
    /// Whether a statement failed in this transaction.
    failed: Arc<AtomicBool>,
    /// Whether [`Self::commit`] has sent this transaction's end.
    commit_sent: AtomicBool,
    commit_answered: AtomicBool,
}

/// Whether a transaction's end was sent together with its last statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitState {
    Open,
    /// It was sent, and the server has not answered: it may have happened or not.
    Sent,
    Answered,
}

impl Connection {
    /// Takes over a client whose other half somebody is driving.
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

    /// Whether a statement failed, so that the transaction around it can only be rolled back.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Starts anew, for another transaction.
    pub(crate) fn reset(&self) {
        self.failed.store(false, Ordering::Release);
        self.commit_sent.store(false, Ordering::Release);
        self.commit_answered.store(false, Ordering::Release);
    }

    /// Says that a statement could not even be sent, so that the transaction lacks it.
    pub(crate) fn mark_incomplete(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// Does without prepared statements from now on: for work that reads more than fits into memory, as the
    /// first answer to a statement that is to be prepared is read whole.
    pub(crate) fn unprepared(self) -> Self {
        Self { prepared: None, ..self }
    }

    /// Commits. Polled together with the last statements and behind them, it travels with them, which saves
    /// a round trip while rows are locked. The commit is good only if every statement was: behind one that
    /// failed it is a rollback, which the server does not call an error. So the answers of all are waited
    /// for, and looked at. Behind one that could not be sent it would be a commit, so it is not sent either.
    pub(crate) async fn commit(&self) -> QueryResult<()> {
        if self.has_failed() {
            return Err(DieselError::RollbackTransaction);
        }
        self.commit_sent.store(true, Ordering::Release);
        let done = self.batch("COMMIT").await;
        self.commit_answered.store(!is_unanswered(&done), Ordering::Release);
        done
    }

    /// How far the end of this transaction is, if it was sent by [`Self::commit`].
    pub(crate) fn commit_state(&self) -> CommitState {
        if self.commit_answered.load(Ordering::Acquire) {
            CommitState::Answered
        } else if self.commit_sent.load(Ordering::Acquire) {
            CommitState::Sent
        } else {
            CommitState::Open
        }
    }

    /// Tells the server to stop the statement that is running. It takes a connection of its own.
    pub(crate) async fn cancel(&self) {
        // Whoever gives up on a statement has no use for another failure.
        drop(self.client.cancel_token().cancel_query(self.tls.clone()).await);
    }

    /// The prepared statement for this query, if there is one.
    fn prepared(&self, query: &Query) -> Option<Statement> {
        let prepared = self.prepared.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.get(&query.sql).cloned()
    }

    /// Waits for the answer to a statement that was not prepared, and prepares it for the next time if its text comes
    /// again. Both are sent in the first poll: a COMMIT that is polled behind must not overtake an INSERT because that
    /// was prepared first, nor a look at something the lock that it relies on.
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

    /// Sends the statement in the first poll. Its rows are all read, unless it is prepared or this connection
    /// prepares none: what is sent behind it is answered behind it.
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

    /// Sends the statement in the first poll, and counts the rows that it changes.
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

    /// Writes a statement out. If that fails, it will be missing.
    fn build(&self, fragment: &impl QueryFragment<Pg>) -> QueryResult<Query> {
        Query::build(fragment).inspect_err(|_error| self.mark_incomplete())
    }

    async fn batch(&self, statements: &str) -> QueryResult<()> {
        let done = self.client.batch_execute(statements).await;
        done.map_err(|error| server_error::record_failure(&error, &self.failed))
    }
}

/// Whether the answer to a COMMIT leaves it open whether it happened. A refusal that the server gives a reason for
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
            Ok(rows.map_ok(PgRow::new).map_err(move |error| server_error::record_failure(&error, &failed)).boxed())
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
            let count = count.map_err(|error| server_error::record_failure(&error, &connection.failed))?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        }
        .boxed()
    }
}
