//! A customer's own orders, against pgbench that sends PostgreSQL the same statement.

use super::Chosen;
use crate::{
    bench::{Bench, TEMPLATE},
    failure::Failure,
    row::{Row, Wanted},
    shop::CUSTOMERS,
};

/// GET the first page of them.
pub(super) const OWN_ORDERS: &str = "own-orders";

/// Measures it, if it is chosen. Both sides only read, so they read the same database.
pub(super) async fn run(bench: &mut Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    if !chosen.contains(OWN_ORDERS) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(OWN_ORDERS, "pgbench", Wanted::RateAtLeast(0.6));
    let tokens = bench.tokens().await?.display().to_string();
    let server = bench.settings(TEMPLATE).await?.start().await?;
    let subject = bench.get(server.base(), "/api/v1/orders/me").script("get.lua", &[&tokens]);
    let yardstick = bench.pgbench(TEMPLATE, "own-orders.sql").await?;
    // Account 1 is the administrator's.
    let yardstick = yardstick.with("first_user", 2).with("last_user", CUSTOMERS + 1);
    for _round in bench.rounds(OWN_ORDERS) {
        row.subject.push(bench.measure(&subject).await?);
        yardstick.run(bench.options.warm_up).await?;
        row.yardstick.push(yardstick.run(bench.options.seconds).await?);
    }
    row.remember_memory(server.peak_memory());
    server.stop().await?;
    Ok(vec![row])
}
