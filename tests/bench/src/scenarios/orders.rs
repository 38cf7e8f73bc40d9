//! Placing orders, against pgbench, which commits each order in its own transaction.

use tokio::fs;

use super::Selection;
use crate::{
    bench::{Bench, TEMPLATE},
    database,
    error::BenchError,
    load::Load,
    row::{Row, Target},
    server::Settings,
    shop::{CUSTOMERS, PRODUCTS},
};

/// Orders for a random product of 1,000.
pub(super) const SPREAD: &str = "order-spread";
/// Orders for the same product.
pub(super) const HOT: &str = "order-hot";
/// Orders for the same product, against orders for random products.
pub(super) const HOT_TO_SPREAD: &str = "order-hot-to-spread";
pub(super) const KEYED: &str = "order-keyed";
/// With the worker that delivers events in the same process.
pub(super) const WORKER: &str = "order-and-worker";

/// The number of orders that may be placed without a response: wrk does not wait for the last
/// response of each connection, in both of its runs.
pub(super) const MAX_UNANSWERED: u64 = 128;

/// Counts the orders that have all of their rows.
const COMPLETE: &str = "complete-orders.sql";

/// A load of orders.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrderLoad {
    pub(super) products: u32,
    pub(super) keyed: bool,
    pub(super) worker: bool,
}

/// Orders for random products, without keys and without a worker.
pub(super) const ALL_PRODUCTS: OrderLoad =
    OrderLoad { products: PRODUCTS, keyed: false, worker: false };
const ONE_PRODUCT: OrderLoad = OrderLoad { products: 1, ..ALL_PRODUCTS };

/// Measures the selected scenarios, all in the same rounds.
pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    let mut spread = Row::new(SPREAD, "pgbench", Target::RateAtLeast(1.5));
    let mut hot = Row::new(HOT, "pgbench", Target::RateAtLeast(5.0));
    let mut keyed = Row::new(KEYED, "without keys", Target::Nothing);
    let mut worker = Row::new(WORKER, "without worker", Target::RateAtLeast(0.85));
    let (is_spread, is_hot) = (selected.contains(SPREAD), selected.contains(HOT));
    let both = selected.contains(HOT_TO_SPREAD);
    let others = selected.contains(KEYED) || selected.contains(WORKER);
    if !(is_spread || is_hot || both || others) {
        return Ok(Vec::new());
    }
    for _round in bench.rounds("orders") {
        if is_spread || both || others {
            measure_server(bench, &mut spread, ALL_PRODUCTS).await?;
        }
        if is_spread {
            measure_baseline(bench, &mut spread, ALL_PRODUCTS).await?;
        }
        if is_hot || both {
            measure_server(bench, &mut hot, ONE_PRODUCT).await?;
        }
        if is_hot {
            measure_baseline(bench, &mut hot, ONE_PRODUCT).await?;
        }
        if selected.contains(KEYED) {
            measure_server(bench, &mut keyed, OrderLoad { keyed: true, ..ALL_PRODUCTS }).await?;
        }
        if selected.contains(WORKER) {
            measure_server(bench, &mut worker, OrderLoad { worker: true, ..ALL_PRODUCTS }).await?;
        }
    }
    let mut ratio = Row::new(HOT_TO_SPREAD, "order-spread", Target::RateAtLeast(0.8));
    ratio.measured.clone_from(&hot.measured);
    ratio.baseline.clone_from(&spread.measured);
    ratio.memory = hot.memory;
    keyed.baseline.clone_from(&spread.measured);
    worker.baseline.clone_from(&spread.measured);
    let rows = [spread, hot, ratio, keyed, worker];
    Ok(rows.into_iter().filter(|row| selected.contains(row.name)).collect())
}

/// Measures one round of the server, in a fresh copy of the shop.
pub(super) async fn measure_server(
    bench: &mut Bench,
    row: &mut Row,
    order_load: OrderLoad,
) -> Result<(), BenchError> {
    const DATABASE: &str = "orders_server";
    let tokens = bench.tokens().await?;
    let before = copy_shop(bench, DATABASE).await?;
    let settings = bench.settings(DATABASE).await?;
    let settings = settings.with("OUTBOX_WORKER", if order_load.worker { "on" } else { "off" });
    let server = settings.start().await?;
    let arguments = [
        &*tokens.display().to_string(),
        &*order_load.products.to_string(),
        if order_load.keyed { "keyed" } else { "" },
    ];
    let load = bench.get(server.base_url(), "/api/v1/orders").script("order.lua", &arguments);
    let warm = load.run(bench.options.warm_up).await?;
    let load = load.run(bench.options.seconds).await?;
    row.record_peak_memory(server.peak_memory());
    server.stop().await?;
    let min = warm.requests + load.requests;
    check(bench, row, DATABASE, COMPLETE, before, min, min + MAX_UNANSWERED).await?;
    audit(row, &settings).await?;
    row.measured.push(load);
    Ok(())
}

/// Measures one round of pgbench, in a fresh copy of the same shop.
async fn measure_baseline(
    bench: &mut Bench,
    row: &mut Row,
    order_load: OrderLoad,
) -> Result<(), BenchError> {
    const DATABASE: &str = "orders_baseline";
    bench.tokens().await?;
    let before = copy_shop(bench, DATABASE).await?;
    let pgbench = bench.pgbench(DATABASE, "order.sql").await?;
    // As the server sets it when it places orders, so that foreign keys are checked with the same
    // plans.
    let pgbench = pgbench.with_setting("enable_seqscan=off");
    let pgbench = pgbench.with("products", order_load.products).with("customers", CUSTOMERS);
    let warm = pgbench.run(bench.options.warm_up).await?;
    let load: Load = pgbench.run(bench.options.seconds).await?;
    let total = warm.requests + load.requests;
    check(bench, row, DATABASE, COMPLETE, before, total, total).await?;
    let settings = bench.settings(DATABASE).await?;
    audit(row, &settings).await?;
    row.baseline.push(load);
    Ok(())
}

/// Copies the shop and returns the number of its orders.
async fn copy_shop(bench: &mut Bench, name: &str) -> Result<u64, BenchError> {
    let postgres = &bench.servers().await?.postgres;
    database::copy(postgres, TEMPLATE, name).await?;
    let found = database::number(postgres, name, "SELECT count(*) FROM orders").await?;
    Ok(u64::try_from(found).unwrap_or_default())
}

/// Checks that as many orders were written as were acknowledged, each with all of its rows, as the
/// query in the file `complete` counts them.
pub(super) async fn check(
    bench: &mut Bench,
    row: &mut Row,
    name: &str,
    complete: &str,
    before: u64,
    min: u64,
    max: u64,
) -> Result<(), BenchError> {
    let file = bench.environment.sql_dir.join(complete);
    let query =
        fs::read_to_string(&file).await.map_err(BenchError::io(file.display().to_string()))?;
    let postgres = &bench.servers().await?.postgres;
    let found = database::number(postgres, name, "SELECT count(*) FROM orders").await?;
    let complete = database::number(postgres, name, &query).await?;
    let written = u64::try_from(found).unwrap_or_default().saturating_sub(before);
    compare(row, name, written, min, max);
    if found != complete {
        row.problems.push(format!("{name}: of {found} orders, {complete} are complete"));
    }
    Ok(())
}

/// Checks that the number of written orders is within these bounds.
pub(super) fn compare(row: &mut Row, name: &str, written: u64, min: u64, max: u64) {
    if !(min..=max).contains(&written) {
        row.problems
            .push(format!("{name}: {written} orders were written, and {min} were acknowledged"));
    }
}

pub(super) async fn audit(row: &mut Row, settings: &Settings) -> Result<(), BenchError> {
    match settings.run(&["audit"]).await {
        Err(BenchError::Program { output, .. }) => {
            row.problems.push(format!("the audit failed: {output}"));
            Ok(())
        }
        other => other.map(|_output| ()),
    }
}
