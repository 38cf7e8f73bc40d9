//! Placing orders on the embedded database, against the same server on PostgreSQL and Redis.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use serde_json::Value;

use super::{Chosen, orders};
use crate::{
    bench::{Bench, ORDERS_EACH, say},
    clients::Caller,
    failure::Failure,
    row::{Row, Wanted},
    shop::{PRODUCTS, Shop},
    subject::Settings,
};

pub(super) const SQLITE: &str = "order-sqlite";

pub(super) async fn run(bench: &mut Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    if !chosen.contains(SQLITE) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(SQLITE, "on PostgreSQL", Wanted::RateAtLeast(1.0));
    let mut other = Row::new(SQLITE, "", Wanted::Nothing);
    let filled = fill(bench).await?;
    for _round in bench.rounds(SQLITE) {
        subject(bench, &mut row, &filled).await?;
        orders::subject(bench, &mut other, orders::OVER_ALL).await?;
    }
    row.yardstick = other.subject;
    row.faults.extend(other.faults);
    Ok(vec![row])
}

/// A shop like the one on PostgreSQL, in a file.
struct Filled {
    dir: PathBuf,
    tokens: PathBuf,
}

async fn fill(bench: &Bench) -> Result<Filled, Failure> {
    say("filling the shop on SQLite");
    let (dir, tokens) = (bench.dir("sqlite-shop")?, bench.tools.run.join("sqlite-tokens"));
    let server = settings(bench, &dir).with("BCRYPT_COST", "4").start().await?;
    Shop::fill(server.base(), ORDERS_EACH).await?.write_tokens(&tokens)?;
    server.stop().await?;
    Ok(Filled { dir, tokens })
}

fn settings(bench: &Bench, dir: &Path) -> Settings {
    Settings::new(&bench.tools.oms, dir).with("OUTBOX_WORKER", "off")
}

/// A round on a fresh copy of the file.
async fn subject(bench: &Bench, row: &mut Row, filled: &Filled) -> Result<(), Failure> {
    let dir = bench.tools.run.join("sqlite-round");
    copy(&filled.dir, &dir)?;
    let settings = settings(bench, &dir);
    let server = settings.start().await?;
    let before = orders_of(server.base()).await?;
    let load = bench.get(server.base(), "/api/v1/orders");
    let arguments = [&*filled.tokens.display().to_string(), &*PRODUCTS.to_string()];
    let load = load.script("order.lua", &arguments);
    let warm = load.run(bench.options.warm_up).await?;
    let load = load.run(bench.options.seconds).await?;
    row.remember_memory(server.peak_memory());
    let made = orders_of(server.base()).await?.saturating_sub(before);
    let least = warm.requests + load.requests;
    orders::compare(row, "SQLite", made, least, least + orders::UNANSWERED);
    server.stop().await?;
    orders::audit(row, &settings).await?;
    row.subject.push(load);
    Ok(())
}

/// How many orders a shop has, by its own account.
async fn orders_of(base: &str) -> Result<u64, Failure> {
    let admin = Caller::admin(base).await?;
    let page = admin.send(Method::GET, "/api/v1/orders?limit=1", None).await?;
    let total = page.get("total").and_then(Value::as_u64);
    total.ok_or_else(|| Failure::Unexpected("a list has no total".to_owned()))
}

/// Copies the files of a directory into another one, which is emptied before.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let told = || format!("a copy of {}", from.display());
    if to.exists() {
        fs::remove_dir_all(to).map_err(Failure::io(told()))?;
    }
    fs::create_dir_all(to).map_err(Failure::io(told()))?;
    for entry in fs::read_dir(from).map_err(Failure::io(told()))? {
        let file = entry.map_err(Failure::io(told()))?;
        let target = to.join(file.file_name());
        fs::copy(file.path(), &target).map_err(Failure::io(told()))?;
        // On disk before the round begins, so that its commits do not write this as well.
        let copied = fs::File::open(&target).map_err(Failure::io(told()))?;
        copied.sync_all().map_err(Failure::io(told()))?;
    }
    Ok(())
}
