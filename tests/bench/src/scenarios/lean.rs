//! Placing orders as `oms serve` serves them by default, against the leanest order that pgbench can
//! place: a bare schema of the few tables that an order needs, and one prepared statement an order.

use tokio::fs;

use super::{
    Selection,
    orders::{ALL_PRODUCTS, OrderLoad, check, measure_server},
};
use crate::{
    bench::Bench,
    database,
    error::BenchError,
    row::{Row, Target},
};

/// Orders with the relay and Redis, against the bare schema.
pub(super) const LEAN: &str = "order-lean";

/// The number of products that are ordered, on either side.
const ORDERED_PRODUCTS: u32 = 100;
/// The template of the databases with the bare schema.
const BARE: &str = "lean";

/// Measures the scenario if it is selected. Each round measures the server and the baseline.
pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    if !selected.contains(LEAN) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(LEAN, "lean pgbench", Target::RateAtLeast(0.7));
    create_template(bench).await?;
    let by_default = OrderLoad { products: ORDERED_PRODUCTS, worker: true, ..ALL_PRODUCTS };
    for _round in bench.rounds(LEAN) {
        measure_server(bench, &mut row, by_default).await?;
        measure_baseline(bench, &mut row).await?;
    }
    Ok(vec![row])
}

async fn create_template(bench: &mut Bench) -> Result<(), BenchError> {
    let file = bench.environment.sql_dir.join("lean-schema.sql");
    let schema =
        fs::read_to_string(&file).await.map_err(BenchError::io(file.display().to_string()))?;
    let postgres = &bench.servers().await?.postgres;
    database::create(postgres, BARE).await?;
    Ok(database::connect(postgres, BARE).await?.batch_execute(&schema).await?)
}

/// Measures one round of pgbench, in a fresh copy of the bare schema.
async fn measure_baseline(bench: &mut Bench, row: &mut Row) -> Result<(), BenchError> {
    const DATABASE: &str = "lean_baseline";
    database::copy(&bench.servers().await?.postgres, BARE, DATABASE).await?;
    let pgbench = bench.pgbench(DATABASE, "lean-order.sql").await?;
    let pgbench = pgbench.with("products", ORDERED_PRODUCTS);
    let warm = pgbench.run(bench.options.warm_up).await?;
    let load = pgbench.run(bench.options.seconds).await?;
    let total = warm.requests + load.requests;
    check(bench, row, DATABASE, "lean-complete-orders.sql", 0, total, total).await?;
    row.baseline.push(load);
    Ok(())
}
