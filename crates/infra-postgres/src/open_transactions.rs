//! Waiting until every transaction that is open now has ended.
//!
//! A commit whose answer was lost may still be on its way to the server, or wait there for a standby. Its transaction had
//! written or locked something before that, and so has a number; and a number that is drawn now is greater. Once the
//! oldest number that is still in use is not below that one, the transaction has ended, and all that start
//! from then on see what became of it.

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

/// How long to wait in all. Longer waits are the caller's, who asks again.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The number of this transaction, which is drawn for it.
const OWN: &str = "pg_current_xact_id()::text::bigint";
/// The number of the oldest transaction that has one and is open, or the next one to be drawn.
const OLDEST: &str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/// Waits until every transaction has ended that was open when this was called.
pub(crate) async fn wait(store: &PostgresStore) -> Result<(), StoreError> {
    let started = Instant::now();
    let mark = store.read(&TransactionNumber(OWN)).await?;
    while store.read(&TransactionNumber(OLDEST)).await? < mark {
        if started.elapsed() > TIMEOUT {
            return Err(StoreError::from(Unavailable::Contended));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(())
}

/// Reads a transaction's number, by that expression.
struct TransactionNumber(&'static str);

impl DbOperation for TransactionNumber {
    type Output = i64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<i64, TxError<StoreError>> {
        Ok(diesel::select(sql::<BigInt>(self.0)).get_result(&mut conn).await?)
    }
}
