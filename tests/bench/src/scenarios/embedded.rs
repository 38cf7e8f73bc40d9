//! Placing orders on SQLite, against the same server on PostgreSQL and Redis.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use serde_json::Value;

use super::{Selection, orders};
use crate::{
    bench::{Bench, ORDERS_PER_CUSTOMER, print_progress},
    client::ApiClient,
    error::BenchError,
    row::{Row, Target},
    server::Settings,
    shop::{PRODUCTS, Shop},
};

pub(super) const SQLITE: &str = "order-sqlite";

pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    if !selected.contains(SQLITE) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(SQLITE, "on PostgreSQL", Target::RateAtLeast(1.0));
    let mut other = Row::new(SQLITE, "", Target::Nothing);
    let shop = fill(bench).await?;
    for _round in bench.rounds(SQLITE) {
        measure_sqlite(bench, &mut row, &shop).await?;
        orders::measure_server(bench, &mut other, orders::ALL_PRODUCTS).await?;
    }
    row.baseline = other.measured;
    row.problems.extend(other.problems);
    Ok(vec![row])
}

/// A filled shop on SQLite, like the one on PostgreSQL.
struct SqliteShop {
    dir: PathBuf,
    tokens: PathBuf,
}

async fn fill(bench: &Bench) -> Result<SqliteShop, BenchError> {
    print_progress("filling the shop on SQLite");
    let (dir, tokens) =
        (bench.dir("sqlite-shop")?, bench.environment.run_dir.join("sqlite-tokens"));
    let server = settings(bench, &dir).with("BCRYPT_COST", "4").start().await?;
    Shop::fill(server.base_url(), ORDERS_PER_CUSTOMER).await?.write_tokens(&tokens)?;
    server.stop().await?;
    Ok(SqliteShop { dir, tokens })
}

fn settings(bench: &Bench, dir: &Path) -> Settings {
    Settings::new(&bench.environment.oms, dir).with("OUTBOX_WORKER", "off")
}

/// Measures one round on a fresh copy of the file.
async fn measure_sqlite(bench: &Bench, row: &mut Row, shop: &SqliteShop) -> Result<(), BenchError> {
    let dir = bench.environment.run_dir.join("sqlite-round");
    copy(&shop.dir, &dir)?;
    let settings = settings(bench, &dir);
    let server = settings.start().await?;
    let before = count_orders(server.base_url()).await?;
    let load = bench.get(server.base_url(), "/api/v1/orders");
    let arguments = [&*shop.tokens.display().to_string(), &*PRODUCTS.to_string()];
    let load = load.script("order.lua", &arguments);
    let warm = load.run(bench.options.warm_up).await?;
    let load = load.run(bench.options.seconds).await?;
    row.record_peak_memory(server.peak_memory());
    let made = count_orders(server.base_url()).await?.saturating_sub(before);
    let min = warm.requests + load.requests;
    orders::compare(row, "SQLite", made, min, min + orders::MAX_UNANSWERED);
    server.stop().await?;
    orders::audit(row, &settings).await?;
    row.measured.push(load);
    Ok(())
}

/// The number of orders, as the API reports it.
async fn count_orders(base_url: &str) -> Result<u64, BenchError> {
    let admin = ApiClient::admin(base_url).await?;
    let page = admin.send(Method::GET, "/api/v1/orders?limit=1", None).await?;
    let total = page.get("total").and_then(Value::as_u64);
    total.ok_or_else(|| BenchError::Unexpected("a list has no total".to_owned()))
}

/// Replaces a directory by a copy of the files of another.
fn copy(from: &Path, to: &Path) -> Result<(), BenchError> {
    let description = || format!("a copy of {}", from.display());
    if to.exists() {
        fs::remove_dir_all(to).map_err(BenchError::io(description()))?;
    }
    fs::create_dir_all(to).map_err(BenchError::io(description()))?;
    for entry in fs::read_dir(from).map_err(BenchError::io(description()))? {
        let file = entry.map_err(BenchError::io(description()))?;
        let target = to.join(file.file_name());
        fs::copy(file.path(), &target).map_err(BenchError::io(description()))?;
        // Synced before the round begins, so that its commits do not write this file as well.
        let copied = fs::File::open(&target).map_err(BenchError::io(description()))?;
        copied.sync_all().map_err(BenchError::io(description()))?;
    }
    Ok(())
}
