//! Recording the outcomes of deliveries.

use std::collections::HashSet;

use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{
    StoreError, Timestamp,
    outbox::port::{DeliveryOutcome, Settlement, WorkerId},
};
use infra_sql::row_count;

use crate::{connection::Connection, database::DbOperation, error::TxError};

/// `$1` is the worker, `$2` is now; `$3` to `$7` are the settlements, one array per column. An
/// event that is neither delivered nor dead is retried.
const SETTLE: &str = "
    UPDATE outbox SET
        delivered_to = done, leased_by = NULL, leased_until = NULL, last_error = error,
        delivered_at = CASE outcome WHEN 'delivered' THEN $2 END,
        dead_at = CASE outcome WHEN 'dead' THEN $2 END,
        next_attempt_at = coalesce(retry_at, next_attempt_at)
    FROM unnest($3, $4, $5, $6, $7) AS settled (id, done, outcome, retry_at, error)
    WHERE outbox.id = settled.id AND leased_by = $1 AND leased_until > $2";

/// Settles the events on which the worker has an unexpired lease.
pub(super) struct SettleEvents<'a> {
    pub(super) worker: &'a WorkerId,
    pub(super) settlements: &'a [Settlement],
    pub(super) now: Timestamp,
}

/// The settlements, by column.
#[derive(Default)]
struct SettlementColumns<'a> {
    ids: Vec<i64>,
    done: Vec<String>,
    outcomes: Vec<&'static str>,
    retries: Vec<Option<Timestamp>>,
    errors: Vec<Option<&'a str>>,
}

impl<'a> SettlementColumns<'a> {
    /// Of several settlements of one event the first counts: it ends the lease.
    fn of(settlements: &'a [Settlement]) -> Self {
        let mut columns = Self::default();
        let mut seen = HashSet::new();
        for settlement in settlements.iter().filter(|settlement| seen.insert(settlement.id)) {
            let (outcome, retry_at, error) = match &settlement.outcome {
                DeliveryOutcome::Delivered { note } => ("delivered", None, note.as_deref()),
                DeliveryOutcome::Retry { at, error } => ("retry", Some(*at), Some(error.as_str())),
                DeliveryOutcome::Dead { error } => ("dead", None, Some(error.as_str())),
            };
            columns.ids.push(settlement.id.get());
            columns.done.push(settlement.done.to_string());
            columns.outcomes.push(outcome);
            columns.retries.push(retry_at);
            columns.errors.push(error);
        }
        columns
    }
}

impl DbOperation for SettleEvents<'_> {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let columns = SettlementColumns::of(self.settlements);
        let settled = diesel::sql_query(SETTLE)
            .bind::<Text, _>(self.worker.as_str())
            .bind::<Timestamptz, _>(self.now)
            .bind::<Array<BigInt>, _>(columns.ids)
            .bind::<Array<Text>, _>(columns.done)
            .bind::<Array<Text>, _>(columns.outcomes)
            .bind::<Array<Nullable<Timestamptz>>, _>(columns.retries)
            .bind::<Array<Nullable<Text>>, _>(columns.errors)
            .execute(&mut conn)
            .await?;
        Ok(row_count(settled))
    }
}
