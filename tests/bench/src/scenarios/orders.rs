//! Placing orders, against a server that would commit each in a transaction of its own, as fast as PostgreSQL can.

use tokio::fs;

use super::Chosen;
use crate::{
    bench::{Bench, TEMPLATE},
    database,
    failure::Failure,
    load::Load,
    row::{Row, Wanted},
    shop::{CUSTOMERS, PRODUCTS},
    subject::Settings,
};

/// One product of a thousand, at random.
pub(super) const SPREAD: &str = "order-spread";
/// The same product each time.
pub(super) const HOT: &str = "order-hot";
/// The second against the first.
pub(super) const HOT_TO_SPREAD: &str = "order-hot-to-spread";
pub(super) const KEYED: &str = "order-keyed";
/// With the worker in the same process.
pub(super) const WORKER: &str = "order-and-worker";

/// How many more orders than answers there may be: wrk does not wait for the answers to its last requests, one each
/// connection, in both of its runs.
pub(super) const UNANSWERED: u64 = 128;

/// A way to place orders.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    products: u32,
    keyed: bool,
    worker: bool,
}

/// One product of a thousand, at random, and nothing else.
pub(super) const OVER_ALL: Way = Way { products: PRODUCTS, keyed: false, worker: false };
const FOR_ONE: Way = Way { products: 1, ..OVER_ALL };

/// Measures those of them that are chosen, all in the same rounds.
pub(super) async fn run(bench: &mut Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    let mut spread = Row::new(SPREAD, "pgbench", Wanted::RateAtLeast(1.5));
    let mut hot = Row::new(HOT, "pgbench", Wanted::RateAtLeast(5.0));
    let mut keyed = Row::new(KEYED, "without keys", Wanted::Nothing);
    let mut worker = Row::new(WORKER, "without worker", Wanted::Nothing);
    let (is_spread, is_hot) = (chosen.contains(SPREAD), chosen.contains(HOT));
    let both = chosen.contains(HOT_TO_SPREAD);
    let others = chosen.contains(KEYED) || chosen.contains(WORKER);
    if !(is_spread || is_hot || both || others) {
        return Ok(Vec::new());
    }
    for _round in bench.rounds("orders") {
        if is_spread || both || others {
            subject(bench, &mut spread, OVER_ALL).await?;
        }
        if is_spread {
            yardstick(bench, &mut spread, OVER_ALL).await?;
        }
        if is_hot || both {
            subject(bench, &mut hot, FOR_ONE).await?;
        }
        if is_hot {
            yardstick(bench, &mut hot, FOR_ONE).await?;
        }
        if chosen.contains(KEYED) {
            subject(bench, &mut keyed, Way { keyed: true, ..OVER_ALL }).await?;
        }
        if chosen.contains(WORKER) {
            subject(bench, &mut worker, Way { worker: true, ..OVER_ALL }).await?;
        }
    }
    let mut ratio = Row::new(HOT_TO_SPREAD, "order-spread", Wanted::RateAtLeast(0.8));
    ratio.subject.clone_from(&hot.subject);
    ratio.yardstick.clone_from(&spread.subject);
    ratio.memory = hot.memory;
    keyed.yardstick.clone_from(&spread.subject);
    worker.yardstick.clone_from(&spread.subject);
    let rows = [spread, hot, ratio, keyed, worker];
    Ok(rows.into_iter().filter(|row| chosen.contains(row.name)).collect())
}

/// A round of the subject's, in a fresh copy of the shop.
pub(super) async fn subject(bench: &mut Bench, row: &mut Row, way: Way) -> Result<(), Failure> {
    const DATABASE: &str = "subject";
    let tokens = bench.tokens().await?;
    let before = begin(bench, DATABASE).await?;
    let settings = bench.settings(DATABASE).await?;
    let settings = settings.with("OUTBOX_WORKER", if way.worker { "on" } else { "off" });
    let server = settings.start().await?;
    let arguments = [
        &*tokens.display().to_string(),
        &*way.products.to_string(),
        if way.keyed { "keyed" } else { "" },
    ];
    let load = bench.get(server.base(), "/api/v1/orders").script("order.lua", &arguments);
    let warm = load.run(bench.options.warm_up).await?;
    let load = load.run(bench.options.seconds).await?;
    row.remember_memory(server.peak_memory());
    server.stop().await?;
    let least = warm.requests + load.requests;
    check(bench, row, DATABASE, before, least, least + UNANSWERED).await?;
    audit(row, &settings).await?;
    row.subject.push(load);
    Ok(())
}

/// A round of the yardstick's, in a fresh copy of the same shop.
async fn yardstick(bench: &mut Bench, row: &mut Row, way: Way) -> Result<(), Failure> {
    const DATABASE: &str = "yardstick";
    bench.tokens().await?;
    let before = begin(bench, DATABASE).await?;
    let pgbench = bench.pgbench(DATABASE, "order.sql").await?;
    // As the server's placements have it, so that the yardstick's checks of references have the same plans.
    let pgbench = pgbench.with_setting("enable_seqscan=off");
    let pgbench = pgbench.with("products", way.products).with("customers", CUSTOMERS);
    let warm = pgbench.run(bench.options.warm_up).await?;
    let load: Load = pgbench.run(bench.options.seconds).await?;
    let all = warm.requests + load.requests;
    check(bench, row, DATABASE, before, all, all).await?;
    let settings = bench.settings(DATABASE).await?;
    audit(row, &settings).await?;
    row.yardstick.push(load);
    Ok(())
}

/// Copies the shop and says how many orders it has.
async fn begin(bench: &mut Bench, name: &str) -> Result<u64, Failure> {
    let postgres = &bench.servers().await?.postgres;
    database::copy(postgres, TEMPLATE, name).await?;
    let found = database::number(postgres, name, "SELECT count(*) FROM orders").await?;
    Ok(u64::try_from(found).unwrap_or_default())
}

/// Whether as many orders were written as were answered, each with all that belongs to it.
async fn check(
    bench: &mut Bench,
    row: &mut Row,
    name: &str,
    before: u64,
    least: u64,
    most: u64,
) -> Result<(), Failure> {
    let file = bench.tools.sql.join("complete-orders.sql");
    let query = fs::read_to_string(&file).await.map_err(Failure::io(file.display().to_string()))?;
    let postgres = &bench.servers().await?.postgres;
    let found = database::number(postgres, name, "SELECT count(*) FROM orders").await?;
    let complete = database::number(postgres, name, &query).await?;
    let made = u64::try_from(found).unwrap_or_default().saturating_sub(before);
    compare(row, name, made, least, most);
    if found != complete {
        row.faults.push(format!("{name}: of {found} orders, {complete} are complete"));
    }
    Ok(())
}

/// Whether so many orders are as many as there should be.
pub(super) fn compare(row: &mut Row, name: &str, made: u64, least: u64, most: u64) {
    if !(least..=most).contains(&made) {
        row.faults.push(format!("{name}: {made} orders are written, and {least} were answered"));
    }
}

pub(super) async fn audit(row: &mut Row, settings: &Settings) -> Result<(), Failure> {
    match settings.run(&["audit"]).await {
        Err(Failure::Program { said, .. }) => {
            row.faults.push(format!("the books do not balance: {said}"));
            Ok(())
        }
        other => other.map(|_said| ()),
    }
}
