//! Rewrites columns that the program computes, after a migration changed their rules.

use diesel_async::{AsyncPgConnection, async_connection_wrapper::AsyncConnectionWrapper};
use domain::StoreError;

use crate::{
    connection::Connection,
    database::DbOperation,
    error::TxError,
    schema::{backfills, order_lines, orders, products, users},
};

/// The blocking connection that migrations need.
pub(crate) type BlockingConnection = AsyncConnectionWrapper<AsyncPgConnection>;

infra_sql::backfill!(BlockingConnection);

/// Reads the names of the columns that have to be rewritten.
pub(crate) struct PendingBackfills;

impl DbOperation for PendingBackfills {
    type Output = Vec<String>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Vec<String>, TxError<StoreError>> {
        let names = backfills::table.select(backfills::name).order_by(backfills::name);
        Ok(diesel_async::RunQueryDsl::load(names, &mut conn).await?)
    }
}
