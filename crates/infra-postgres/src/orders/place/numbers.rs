//! Numbers for orders.

use diesel::{dsl::sql, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use domain::OrderId;

use crate::{connection::Connection, error::Failure};

/// Draws so many numbers, ascending. Those of a transaction that is rolled back are lost.
pub(super) async fn draw_numbers(
    mut conn: &Connection,
    count: usize,
) -> Result<Vec<OrderId>, Failure> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let numbers = sql::<BigInt>("SELECT nextval('orders_id_seq') FROM generate_series(1, ")
        .bind::<BigInt, _>(count)
        .sql(")");
    let numbers: Vec<i64> = numbers.load(&mut conn).await?;
    Ok(numbers.into_iter().map(OrderId::new).collect())
}
