//! Compaction: adds the pending changes of counters to the counters.

use std::{sync::Arc, time::Duration};

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::BigInt,
};
use diesel_async::RunQueryDsl;
use domain::StoreError;
use tokio::sync::watch;

use crate::{
    connection::Connection,
    database::{Database, DbOperation},
    error::TxError,
};

/// The most changes in one transaction.
const MAX_BATCH: i64 = 20_000;
/// The pause after a run that found changes.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// The longest pause while there are no changes.
const MAX_INTERVAL: Duration = Duration::from_secs(16);

/// Moves changes into the counters, in one statement. Changes that another process has locked are
/// skipped, and the counters are written in a fixed order, so no two processes deadlock.
struct CompactCounters;

impl Query for CompactCounters {
    type SqlType = BigInt;
}

impl QueryId for CompactCounters {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for CompactCounters {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH picked AS MATERIALIZED (SELECT id FROM count_deltas LIMIT ");
        out.push_bind_param::<BigInt, _>(&MAX_BATCH)?;
        out.push_sql(
            " FOR UPDATE SKIP LOCKED
            ), deleted AS (
                DELETE FROM count_deltas USING picked WHERE count_deltas.id = picked.id
                RETURNING kind, ref, delta
            ), merged AS (
                INSERT INTO counts (kind, ref, value)
                SELECT kind, ref, sum(delta) FROM deleted GROUP BY kind, ref ORDER BY kind, ref
                ON CONFLICT (kind, ref) DO UPDATE SET value = counts.value + excluded.value
            )
            SELECT count(*) FROM deleted",
        );
        Ok(())
    }
}

impl DbOperation for CompactCounters {
    type Output = i64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<i64, TxError<StoreError>> {
        Ok(Self.get_result(&mut conn).await?)
    }
}

/// Compacts all changes, batch by batch while `may_continue` allows it, and returns how many there
/// were.
pub(crate) async fn compact_counters(
    database: &Database,
    may_continue: impl Fn() -> bool,
) -> Result<u64, StoreError> {
    let mut compacted: i64 = 0;
    loop {
        let count = database.write(&CompactCounters).await?;
        compacted += count;
        if count < MAX_BATCH || !may_continue() {
            return Ok(u64::try_from(compacted).unwrap_or_default());
        }
    }
}

/// The background task that compacts. It ends when this is dropped.
pub(crate) struct CounterCompaction {
    stop: watch::Sender<bool>,
    /// Closed when the task ends.
    ended: watch::Receiver<()>,
}

impl CounterCompaction {
    /// Starts the task, on the runtime that this is called on.
    pub(crate) fn start(database: Arc<Database>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (running, ended) = watch::channel(());
        tokio::spawn(async move {
            compact_until(&database, stopped).await;
            drop(running);
        });
        Self { stop, ended }
    }

    /// Stops the task, and waits for its current batch.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        // Nothing is ever sent: the wait ends when the task drops its sender.
        while self.ended.clone().changed().await.is_ok() {}
    }
}

async fn compact_until(database: &Database, mut stopped: watch::Receiver<bool>) {
    let mut interval = MIN_INTERVAL;
    loop {
        // The pause ends early when the task is stopped or the store is dropped.
        if tokio::time::timeout(interval, stopped.changed()).await.is_ok() {
            return;
        }
        // False once the task is stopped or the store is dropped.
        let may_continue = || stopped.has_changed().is_ok_and(|stop| !stop);
        interval = match compact_counters(database, may_continue).await {
            Ok(0) => MAX_INTERVAL.min(interval.saturating_mul(2)),
            Ok(_) => MIN_INTERVAL,
            Err(error) => {
                // Without compaction totals stay exact; they only take longer to compute.
                tracing::warn!(error = ?error, "compacting the counters failed; it will be retried later");
                MAX_INTERVAL
            }
        };
    }
}
