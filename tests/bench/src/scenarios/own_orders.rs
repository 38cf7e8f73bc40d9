//! A customer's own orders, against pgbench with the same SQL statement.

use super::Selection;
use crate::{
    bench::{Bench, TEMPLATE},
    error::BenchError,
    row::{Row, Target},
    shop::CUSTOMERS,
};

/// GET the first page of one's own orders.
pub(super) const OWN_ORDERS: &str = "own-orders";

/// Measures the scenario if it is selected. Both only read, so they share a database.
pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    if !selected.contains(OWN_ORDERS) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(OWN_ORDERS, "pgbench", Target::RateAtLeast(0.6));
    let tokens = bench.tokens().await?.display().to_string();
    let server = bench.settings(TEMPLATE).await?.start().await?;
    let measured = bench.get(server.base_url(), "/api/v1/orders/me").script("get.lua", &[&tokens]);
    let baseline = bench.pgbench(TEMPLATE, "own-orders.sql").await?;
    // Account 1 is the admin.
    let baseline = baseline.with("first_user", 2).with("last_user", CUSTOMERS + 1);
    for _round in bench.rounds(OWN_ORDERS) {
        row.measured.push(bench.measure(&measured).await?);
        baseline.run(bench.options.warm_up).await?;
        row.baseline.push(baseline.run(bench.options.seconds).await?);
    }
    row.record_peak_memory(server.peak_memory());
    server.stop().await?;
    Ok(vec![row])
}
