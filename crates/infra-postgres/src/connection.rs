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
mod fault;
mod row;

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
};
use diesel_async::{AsyncConnectionCore, SimpleAsyncConnection};
use futures::{
    FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream::BoxStream,
};
use tokio_postgres::{CancelToken, Client, RowStream, Statement, types::ToSql};

use self::{bind::Query, row::PgRow};

/// How many statements a connection keeps prepared. There are fewer in the whole program, so this only
/// guards against one whose text never repeats.
const MOST_PREPARED: usize = 256;

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
    prepared: Option<Mutex<HashMap<String, Statement>>>,
    /// Whether a statement failed since the last [`Self::forget_failures`].
    failed: Arc<AtomicBool>,
}

impl Connection {
    /// Takes over a client whose other half somebody is driving.
    pub(crate) fn new(client: Client, prepare: Prepare) -> Self {
        let prepared = (prepare == Prepare::Named).then(Mutex::default);
        Self { client, prepared, failed: Arc::default() }
    }

    /// Whether the server is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether a statement failed, so that the transaction around it can only be rolled back.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Starts anew, for another transaction.
    pub(crate) fn forget_failures(&self) {
        self.failed.store(false, Ordering::Release);
    }

    /// What stops the statement that is running.
    pub(crate) fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    /// The prepared statement for this query, or `None` if it is to be sent whole.
    async fn prepared(&self, query: &Query) -> Result<Option<Statement>, tokio_postgres::Error> {
        let Some(prepared) = &self.prepared else { return Ok(None) };
        let lock = || prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = lock().get(&query.sql) {
            return Ok(Some(statement.clone()));
        }
        if !query.repeats || lock().len() >= MOST_PREPARED {
            return Ok(None);
        }
        let statement = self.client.prepare_typed(&query.sql, &query.types()).await?;
        lock().insert(query.sql.clone(), statement.clone());
        Ok(Some(statement))
    }

    async fn rows(&self, query: Query) -> Result<RowStream, tokio_postgres::Error> {
        match self.prepared(&query).await? {
            Some(statement) => self.client.query_raw(&statement, query.binds).await,
            None => {
                let types = query.types();
                self.client.query_typed_raw(&query.sql, query.binds.into_iter().zip(types)).await
            }
        }
    }

    async fn count(&self, query: Query) -> Result<u64, tokio_postgres::Error> {
        match self.prepared(&query).await? {
            Some(statement) => self.client.execute_raw(&statement, query.binds).await,
            None => {
                let binds: Vec<_> = query
                    .binds
                    .iter()
                    .zip(query.types())
                    .map(|(bind, of)| (bind as &(dyn ToSql + Sync), of))
                    .collect();
                self.client.execute_typed(&query.sql, &binds).await
            }
        }
    }

    async fn batch(&self, statements: &str) -> QueryResult<()> {
        let done = self.client.batch_execute(statements).await;
        done.map_err(|error| fault::noted(error, &self.failed))
    }
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
        let query = Query::build(&source.as_query());
        let connection: &'a Connection = self;
        async move {
            let failed = Arc::clone(&connection.failed);
            let rows = connection.rows(query?).await;
            let rows = rows.map_err(|error| fault::noted(error, &failed))?;
            Ok(rows.map_ok(PgRow::new).map_err(move |error| fault::noted(error, &failed)).boxed())
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
        let query = Query::build(&source);
        let connection: &'a Connection = self;
        async move {
            let count = connection.count(query?).await;
            let count = count.map_err(|error| fault::noted(error, &connection.failed))?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        }
        .boxed()
    }
}
