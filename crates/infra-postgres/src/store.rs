//! The handle: opening a database, and closing it.

use std::{sync::Arc, time::Duration};

use domain::StoreError;

use crate::{
    connect::{ConnectError, Connector},
    counts::{self, Folding, TotalsCache},
    database::{Database, Limits, Work},
    error::Failure,
    health::{Answers, Probe},
    long_transaction::{LongTransaction, Purpose},
    migrate::{CompareSchema, SchemaState},
    orders::queue::PlacementQueue,
    pool::Pool,
    replica::{Replica, ReplicaError},
    url::{Target, UrlError},
};

/// How much a store may do at once, and how long it waits.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The most connections to the primary, and as many to the replica.
    pub connections: usize,
    /// How long a piece of work waits for a connection.
    pub connection_wait: Duration,
    /// How long a statement of a transaction may take.
    pub statement_timeout: Duration,
    /// How long a transaction waits for a lock.
    pub lock_timeout: Duration,
    /// After how long the server ends a transaction that does nothing.
    pub idle_timeout: Duration,
    /// How long a whole transaction or read may take, as seen from here.
    pub deadline: Duration,
    /// A copy of the database that may lag behind, for lists of the staff. `None`: the primary serves all.
    pub replica_url: Option<String>,
    /// How orders are placed.
    pub placements: PlacementOptions,
}

/// How orders are placed: those that wait together, together.
#[derive(Debug, Clone, Copy)]
pub struct PlacementOptions {
    /// The most orders that are placed in one transaction. What one caller places at once stays together,
    /// however much it is.
    pub max_batch: usize,
    /// The most such transactions at the same time, each on a connection of its own.
    pub in_flight: usize,
    /// How long orders wait for the batch in flight to finish before they go beside it. Fewer and larger batches are
    /// less work for the server: without it an order costs half as much again.
    pub linger: Duration,
    /// The most callers that wait; further ones wait to be let in, as long as for a connection.
    pub queue: usize,
    /// How long a caller waits for its turn, once it is let in. An order that was not begun by then is not
    /// placed.
    pub queue_timeout: Duration,
}

impl Default for PlacementOptions {
    fn default() -> Self {
        Self {
            max_batch: 128,
            in_flight: 3,
            linger: Duration::from_millis(20),
            queue: 1024,
            queue_timeout: Duration::from_secs(20),
        }
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            connection_wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(15),
            deadline: Duration::from_secs(20),
            replica_url: None,
            placements: PlacementOptions::default(),
        }
    }
}

impl PostgresOptions {
    fn limits(&self) -> Limits {
        Limits {
            statement: self.statement_timeout,
            lock: self.lock_timeout,
            idle: self.idle_timeout,
            transaction: self.deadline,
        }
    }
}

/// Why a database was not opened. None of them quotes a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// No connection could be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema is older than this program.
    #[error("the database lacks migrations: {}", pending.join(", "))]
    SchemaBehind {
        /// The migrations that it lacks, by name.
        pending: Vec<String>,
    },
    /// The schema is of the time before the first release.
    #[error(
        "the database was made before the first release, by migrations that this program no longer has ({}): \
         it can only be replaced by a new, empty one",
        versions.join(", ")
    )]
    SchemaBeforeRelease {
        /// The versions of its migrations that this program does not know.
        versions: Vec<String>,
    },
    /// The schema is newer than this program, or another program's.
    #[error("the database has migrations that this program does not know: {}", versions.join(", "))]
    SchemaUnknown {
        /// The versions of those migrations.
        versions: Vec<String>,
    },
    /// The database cannot be read now.
    #[error("the database could not be opened: {source}", source = root(.0))]
    Database(#[source] StoreError),
}

/// The innermost cause: what an operator needs to read.
fn root(error: &StoreError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

impl From<ReplicaError> for OpenError {
    fn from(error: ReplicaError) -> Self {
        match error {
            ReplicaError::Url(error) => Self::Url(error),
            ReplicaError::Pool(failure) => failure.into(),
        }
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Connect(error) => Self::Connect(error),
            other => Self::Database(other.into()),
        }
    }
}

/// The stores on one PostgreSQL database: all four ports on one handle, to be shared in an `Arc`.
///
/// Any number of processes may use one database. Every row that a decision rests on is locked while it is
/// made, so it does not matter which of them makes it.
pub struct PostgresStore {
    primary: Arc<Database>,
    replica: Option<Replica>,
    placements: PlacementQueue,
    folding: Folding,
    totals: TotalsCache,
    probe: Probe,
}

impl PostgresStore {
    /// Opens an existing database whose schema is the one that this program knows.
    ///
    /// `url` is `postgres://user:password@host:port/name`; several hosts may be given, of which the one that
    /// takes writes is used. `?pgbouncer=true` says that an older `PgBouncer` (before 1.21, or without
    /// `max_prepared_statements`) stands in front, in transaction mode.
    ///
    /// # Errors
    /// [`OpenError`]; the database is unchanged then.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, OpenError> {
        let limits = options.limits();
        let connector = Connector::new(Target::parse(url)?)?;
        let connecting = connector.patience();
        let wait = options.connection_wait;
        let pool = Pool::new(
            connector,
            limits.for_session(),
            "primary",
            options.connections,
            wait,
            connecting,
        )?;
        let replica = match &options.replica_url {
            Some(url) => Some(Replica::new(url, options.connections, limits)?),
            None => None,
        };
        // Once by hand, as an operator wants to read why a connection failed.
        pool.lease().await?.give_back();
        let primary = Arc::new(Database::new(pool, limits));
        match primary.snapshot(&CompareSchema).await.map_err(OpenError::Database)? {
            SchemaState::Current => {}
            SchemaState::Behind(pending) => return Err(OpenError::SchemaBehind { pending }),
            SchemaState::Unknown { versions, .. } => {
                return Err(OpenError::SchemaUnknown { versions });
            }
            SchemaState::BeforeRelease { versions, .. } => {
                return Err(OpenError::SchemaBeforeRelease { versions });
            }
        }
        let placements = PlacementQueue::start(
            Arc::clone(&primary),
            options.placements,
            options.connection_wait,
        );
        let folding = Folding::start(Arc::clone(&primary));
        let totals = TotalsCache::new();
        let probe = Probe::new(Connector::new(Target::parse(url)?)?);
        Ok(Self { primary, replica, placements, folding, totals, probe })
    }

    /// Places the orders that are queued, finishes what is under way, and closes the connections. Calls from
    /// then on get [`StoreError::Unavailable`]. Closing twice does no harm.
    pub async fn close(&self) {
        futures::join!(self.placements.close(), self.folding.stop());
        self.primary.close().await;
        self.probe.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }

    /// Adds up the changes of counts that have not been added up yet, and returns how many there were. The
    /// store does so by itself in the background; no total changes by it.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. Some changes may be folded already.
    pub async fn fold_counts(&self) -> Result<u64, StoreError> {
        counts::fold(&self.primary, || true).await
    }

    /// Tells whoever listens through the `metrics` facade how the connections are used now.
    pub fn show_pools(&self) {
        self.primary.show_pool();
        if let Some(replica) = &self.replica {
            replica.show_pool();
        }
    }

    /// Finds out how the database is.
    pub(crate) fn probe(&self) -> &Probe {
        &self.probe
    }

    /// When work was done last.
    pub(crate) fn answers(&self) -> &Answers {
        self.primary.answers()
    }

    /// Whether somebody has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.primary.is_closed()
    }

    /// Totals that took counting.
    pub(crate) fn totals(&self) -> &TotalsCache {
        &self.totals
    }

    /// The queue of orders to be placed.
    pub(crate) fn placements(&self) -> &PlacementQueue {
        &self.placements
    }

    /// Writes, in a transaction that is committed.
    pub(crate) async fn write<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.primary.write(work).await
    }

    /// Reads. Each statement sees the last commit before it.
    pub(crate) async fn read<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.primary.read(work).await
    }

    /// Reads, in a transaction. All statements see the same moment.
    pub(crate) async fn snapshot<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.primary.snapshot(work).await
    }

    /// Begins a transaction on the whole database, on a connection beside the pool's.
    pub(crate) async fn long_transaction(
        &self,
        purpose: Purpose,
    ) -> Result<LongTransaction, StoreError> {
        self.primary.long_transaction(purpose).await
    }

    /// Reads as of one moment what may be a little old: from the replica, if there is one. While
    /// that is away, from the primary.
    pub(crate) async fn lagging_snapshot<W>(&self, work: &W) -> Result<W::Output, StoreError>
    where
        W: Work<Error = StoreError>,
    {
        if let Some(replica) = &self.replica
            && let Some(output) = replica.snapshot(work).await
        {
            return Ok(output);
        }
        self.primary.snapshot(work).await
    }

    /// The same without a transaction, as [`Self::read`].
    pub(crate) async fn lagging_read<W>(&self, work: &W) -> Result<W::Output, StoreError>
    where
        W: Work<Error = StoreError>,
    {
        if let Some(replica) = &self.replica
            && let Some(output) = replica.read(work).await
        {
            return Ok(output);
        }
        self.primary.read(work).await
    }
}
