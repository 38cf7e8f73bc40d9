//! The latency of orders at half of the highest throughput. Orders are sent at a fixed rate, even
//! while earlier ones are in progress (an open loop).

use std::{fmt::Write as _, fs};

use serde_json::json;

use super::Selection;
use crate::{
    bench::{Bench, TEMPLATE},
    database,
    error::BenchError,
    load::oha::Oha,
    row::{Row, Target},
    shop::PRODUCTS,
};

/// POST orders at half of the highest rate.
pub(super) const LATENCY: &str = "order-latency";

/// The numbers of clients with which the highest rate is searched.
const CLIENT_COUNTS: [u32; 4] = [1, 4, 16, 64];

/// Measures the scenario if it is selected. Each round searches its own highest rate, in a fresh
/// copy of the shop.
pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    if !selected.contains(LATENCY) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(LATENCY, "", Target::P99Below(20.0));
    let mut searches = Vec::new();
    for _round in bench.rounds(LATENCY) {
        searches.push(round(bench, &mut row).await?);
    }
    row.details = json!({"rounds": searches});
    Ok(vec![row])
}

/// Measures one round and returns the search for the highest rate.
async fn round(bench: &mut Bench, row: &mut Row) -> Result<serde_json::Value, BenchError> {
    const DATABASE: &str = "latency";
    let tokens = bench.tokens().await?.display().to_string();
    database::copy(&bench.servers().await?.postgres, TEMPLATE, DATABASE).await?;
    let settings = bench.settings(DATABASE).await?.with("OUTBOX_WORKER", "off");
    let server = settings.start().await?;
    let orders = bench.get(server.base_url(), "/api/v1/orders");
    let orders = orders.script("order.lua", &[&tokens, &PRODUCTS.to_string()]);
    orders.run(bench.options.warm_up).await?;
    let mut loads = Vec::new();
    let mut top: f64 = 0.0;
    for clients in CLIENT_COUNTS {
        let load = orders.clone().connections(clients).run(bench.options.seconds).await?;
        top = top.max(load.rate);
        loads.push(json!({"clients": clients, "load": load}));
    }
    let bodies = bodies(bench)?;
    let customers = &bench.shop()?.customers;
    let token = customers.first().map(String::as_str).unwrap_or_default();
    let rate = rounded(top / 2.0);
    let half = Oha::new(&bench.environment.oha, format!("{}/api/v1/orders", server.base_url()), 64);
    let half = half.post_lines_of(&bodies, token).rate(rate);
    half.run(bench.options.warm_up).await?;
    row.measured.push(half.run(bench.options.seconds).await?);
    row.record_peak_memory(server.peak_memory());
    server.stop().await?;
    Ok(json!({"ladder": loads, "top_rate": top, "rate": rate}))
}

/// A file with the body of an order for each product, one per line.
fn bodies(bench: &Bench) -> Result<std::path::PathBuf, BenchError> {
    let file = bench.environment.run_dir.join("orders.jsonl");
    let text = (1..=PRODUCTS).fold(String::new(), |mut text, product| {
        // Writing to a string does not fail.
        let _ = writeln!(text, r#"{{"product_id":{product},"quantity":1}}"#);
        text
    });
    fs::write(&file, text).map_err(BenchError::io(file.display().to_string()))?;
    Ok(file)
}

/// The rate rounded to an integer, at least 1.
fn rounded(rate: f64) -> u32 {
    format!("{:.0}", rate.max(1.0)).parse().unwrap_or(1)
}
