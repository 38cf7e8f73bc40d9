//! How long an order takes when the shop is half as busy as it could be: orders that come at a fixed rate, however long
//! the ones before them take.

use std::{fmt::Write as _, fs};

use serde_json::json;

use super::Chosen;
use crate::{
    bench::{Bench, TEMPLATE},
    database,
    failure::Failure,
    load::oha::Oha,
    row::{Row, Wanted},
    shop::PRODUCTS,
};

/// POST orders at half of the top rate.
pub(super) const LATENCY: &str = "order-latency";

/// How many clients look for the top rate.
const LADDER: [u32; 4] = [1, 4, 16, 64];

/// Measures it, if it is chosen. Each round finds its own top rate, in a fresh copy of the shop.
pub(super) async fn run(bench: &mut Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    if !chosen.contains(LATENCY) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(LATENCY, "", Wanted::P99Below(20.0));
    let mut ladders = Vec::new();
    for _round in bench.rounds(LATENCY) {
        ladders.push(round(bench, &mut row).await?);
    }
    row.details = json!({"rounds": ladders});
    Ok(vec![row])
}

/// One round. Returns what its ladder was.
async fn round(bench: &mut Bench, row: &mut Row) -> Result<serde_json::Value, Failure> {
    const DATABASE: &str = "latency";
    let tokens = bench.tokens().await?.display().to_string();
    database::copy(&bench.servers().await?.postgres, TEMPLATE, DATABASE).await?;
    let settings = bench.settings(DATABASE).await?.with("OUTBOX_WORKER", "off");
    let server = settings.start().await?;
    let orders = bench.get(server.base(), "/api/v1/orders");
    let orders = orders.script("order.lua", &[&tokens, &PRODUCTS.to_string()]);
    orders.run(bench.options.warm_up).await?;
    let mut ladder = Vec::new();
    let mut top: f64 = 0.0;
    for clients in LADDER {
        let load = orders.clone().connections(clients).run(bench.options.seconds).await?;
        top = top.max(load.rate);
        ladder.push(json!({"clients": clients, "load": load}));
    }
    let bodies = bodies(bench)?;
    let customers = &bench.shop()?.customers;
    let token = customers.first().map(String::as_str).unwrap_or_default();
    let rate = whole(top / 2.0);
    let half = Oha::new(&bench.tools.oha, format!("{}/api/v1/orders", server.base()), 64);
    let half = half.post_lines_of(&bodies, token).rate(rate);
    half.run(bench.options.warm_up).await?;
    row.subject.push(half.run(bench.options.seconds).await?);
    row.remember_memory(server.peak_memory());
    server.stop().await?;
    Ok(json!({"ladder": ladder, "top_rate": top, "rate": rate}))
}

/// A file with an order for each product, one a line.
fn bodies(bench: &Bench) -> Result<std::path::PathBuf, Failure> {
    let file = bench.tools.run.join("orders.jsonl");
    let text = (1..=PRODUCTS).fold(String::new(), |mut text, product| {
        // Writing to a string does not fail.
        let _ = writeln!(text, r#"{{"product_id":{product},"quantity":1}}"#);
        text
    });
    fs::write(&file, text).map_err(Failure::io(file.display().to_string()))?;
    Ok(file)
}

/// A rate without its fraction, at least one.
fn whole(rate: f64) -> u32 {
    format!("{:.0}", rate.max(1.0)).parse().unwrap_or(1)
}
