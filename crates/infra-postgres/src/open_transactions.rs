//! Waiting until every transaction that is open at the time of the call has ended.
//!
//! A commit whose answer was lost may still be on its way to the server, or wait there for a
//! standby. Its transaction had written or locked something before, so it has a transaction id, and
//! an id that is assigned now is greater. Once the oldest id in use is not below that id, the
//! transaction has ended, and all transactions that start later see its result.

use std::time::{Duration, Instant};

use diesel::{dsl::sql, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use domain::StoreError;

use crate::{
    PostgresStore,
    connection::Connection,
    database::DbOperation,
    error::{TxError, Unavailable},
};

/// The longest wait of a call. The caller repeats the call for longer waits.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The interval between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The id of this transaction, which is assigned by reading it.
const OWN_ID: &str = "pg_current_xact_id()::text::bigint";
/// The oldest transaction id in use, or the next one to be assigned.
const OLDEST_ID: &str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/// Waits until every transaction has ended that was open when this was called.
pub(crate) async fn wait(store: &PostgresStore) -> Result<(), StoreError> {
    let started = Instant::now();
    let own_id = store.read(&TransactionId(OWN_ID)).await?;
    while store.read(&TransactionId(OLDEST_ID)).await? < own_id {
        if started.elapsed() > TIMEOUT {
            return Err(StoreError::from(Unavailable::Contended));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(())
}

/// Reads a transaction id, by that expression.
struct TransactionId(&'static str);

impl DbOperation for TransactionId {
    type Output = i64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<i64, TxError<StoreError>> {
        Ok(diesel::select(sql::<BigInt>(self.0)).get_result(&mut conn).await?)
    }
}
