//! Cached reads of products, against a bare server that sends the same bytes.

use super::Selection;
use crate::{
    bare_server::{BareServer, RecordedResponse},
    bench::{Bench, TEMPLATE},
    error::BenchError,
    row::{Row, Target},
    shop::SEARCH,
};

pub(super) const PRODUCT: &str = "product";
pub(super) const PAGE: &str = "page";
/// GET the first page of a search.
pub(super) const PAGE_SEARCH: &str = "page-search";

/// Measures the selected scenarios.
pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    let all = [
        (PRODUCT, "/api/v1/products/7".to_owned(), 0.80),
        (PAGE, "/api/v1/products".to_owned(), 0.70),
        (PAGE_SEARCH, format!("/api/v1/products?search={SEARCH}"), 0.70),
    ];
    let mut rows = Vec::new();
    for (name, path, target) in all {
        if selected.contains(name) {
            rows.push(measure_reads(bench, name, &path, target).await?);
        }
    }
    Ok(rows)
}

async fn measure_reads(
    bench: &mut Bench,
    name: &'static str,
    path: &str,
    target: f64,
) -> Result<Row, BenchError> {
    let mut row = Row::new(name, "bare Actix", Target::RateAtLeast(target));
    bench.tokens().await?;
    let server = bench.settings(TEMPLATE).await?.start().await?;
    let recorded = RecordedResponse::record(server.base_url(), path).await?;
    let bare = BareServer::start(&recorded, &bench.dir("bare")?, name).await?;
    let (measured, baseline) =
        (bench.get(server.base_url(), path), bench.get(bare.base_url(), path));
    for _round in bench.rounds(name) {
        row.measured.push(bench.measure(&measured).await?);
        row.baseline.push(bench.measure(&baseline).await?);
    }
    row.record_peak_memory(server.peak_memory());
    bare.stop().await?;
    server.stop().await?;
    Ok(row)
}
