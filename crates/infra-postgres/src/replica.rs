//! A copy of the database that may lag behind. What may be a little old is read from it, so that the lists of the
//! staff do not slow the orders of customers down. It is a help and no need: while it is away, nobody notices
//! but the log.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::StoreError;
use tracing::{Instrument as _, field::Empty, info_span};

use crate::{
    connect::Connector,
    database::{Database, Work},
    error::{Away, Failure},
    limits::Limits,
    pool::Pool,
    url::{Target, UrlError},
};

/// How long somebody waits for a connection to it, before the primary serves them.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take to answer, before the primary does.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long it is left alone after it was found to be away, or after somebody began to try again. That is longer
/// than a try takes, so that there is one at a time.
const PAUSE: Duration = Duration::from_secs(5);

/// A copy to read from.
pub(crate) struct Replica {
    database: Database,
    /// When it may be asked again; `None` while it is there.
    away_until: Mutex<Option<Instant>>,
}

/// Why a replica cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplicaError {
    /// The URL names no database.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The pool could not be made.
    #[error(transparent)]
    Pool(#[from] Failure),
}

impl Replica {
    /// The copy at that URL, which need not be there yet.
    pub(crate) fn new(url: &str, connections: usize, limits: Limits) -> Result<Self, ReplicaError> {
        let connector = Connector::new(Target::parse_replica(url)?)?;
        let pool =
            Pool::new(connector, limits.for_session(), "replica", connections, PATIENCE, PATIENCE)?;
        Ok(Self { database: Database::new(pool, limits), away_until: Mutex::new(None) })
    }

    /// Reads, as of one moment that may lie a little back. `None` if the copy is away or not what it should
    /// be, such as one that a migration has not reached yet.
    pub(crate) async fn snapshot<W>(&self, work: &W) -> Option<W::Output>
    where
        W: Work<Error = StoreError>,
    {
        self.unless_away(self.database.snapshot(work)).await
    }

    /// Reads. Each statement sees the last commit before it that the copy has.
    pub(crate) async fn read<W>(&self, work: &W) -> Option<W::Output>
    where
        W: Work<Error = StoreError>,
    {
        self.unless_away(self.database.read(work)).await
    }

    async fn unless_away<T>(
        &self,
        reading: impl Future<Output = Result<T, StoreError>>,
    ) -> Option<T> {
        if !self.may_be_asked() {
            return None;
        }
        // Its failure is not that of the read, which the primary serves then.
        let span =
            info_span!(target: "oms", "replica", error.type = Empty, otel.status_code = Empty);
        let read = tokio::time::timeout(DEADLINE, reading.instrument(span)).await;
        match read.unwrap_or_else(|_elapsed| Err(StoreError::from(Away::Silent))) {
            Ok(output) => {
                if self.away_until().take().is_some() {
                    tracing::info!("the replica is back");
                }
                Some(output)
            }
            Err(error) => {
                // They may have gone silent with this one.
                self.database.forget_idle();
                if self.away_until().replace(Instant::now() + PAUSE).is_none() {
                    tracing::warn!(error = ?error, "the replica is away; the primary serves its reads");
                }
                None
            }
        }
    }

    /// Tells whoever listens how its connections are used now.
    pub(crate) fn show_pool(&self) {
        self.database.show_pool();
    }

    /// Refuses further work, and waits for what is under way.
    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    /// Whether to try. While it is away, one caller tries at a time.
    fn may_be_asked(&self) -> bool {
        let mut away_until = self.away_until();
        match *away_until {
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                *away_until = Some(Instant::now() + PAUSE);
                true
            }
            None => true,
        }
    }

    fn away_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.away_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
