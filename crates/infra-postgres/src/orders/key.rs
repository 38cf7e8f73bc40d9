//! Whether an idempotency key is used.

use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{StoreError, UserId, order::IdempotencyKey};

use crate::{connection::Connection, database::DbOperation, error::TxError, schema::orders};

/// Whether the account has placed an order with this key.
pub(super) struct IsKeyUsed<'a> {
    pub(super) user: UserId,
    pub(super) key: &'a IdempotencyKey,
}

impl DbOperation for IsKeyUsed<'_> {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<bool, TxError<StoreError>> {
        let placed = orders::table
            .filter(orders::user_id.eq(self.user.get()))
            .filter(orders::idempotency_key.eq(self.key.as_str()));
        Ok(diesel::select(exists(placed)).get_result(&mut conn).await?)
    }
}
