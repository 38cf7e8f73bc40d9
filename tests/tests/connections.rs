//! Connections of clients that are slow, that send more than they read, or that are too many.
#![expect(clippy::float_cmp, reason = "these are counts, which floats represent exactly")]

mod crowd;
mod limits;
mod malformed;
mod pipelining;
mod stages;

use crate::{harness::Client, metrics::Metrics};

/// How many connections the server closed for this reason.
async fn closed(client: &Client, reason: &str) -> f64 {
    let metrics = Metrics::scrape(client).await;
    metrics.sum("oms_http_connections_closed_total", &[("reason", reason)])
}

/// How many connections are open, without the one that asks.
async fn others_open(client: &Client) -> f64 {
    Metrics::scrape(client).await.sum("oms_http_connections", &[]) - 1.0
}
