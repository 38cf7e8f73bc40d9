//! Reads of the catalogue that come from a cache, against a bare server that answers the same bytes.

use super::Chosen;
use crate::{
    bare::{Bare, Sample},
    bench::{Bench, TEMPLATE},
    failure::Failure,
    row::{Row, Wanted},
    shop::SEARCH,
};

pub(super) const PRODUCT: &str = "product";
pub(super) const PAGE: &str = "page";
/// GET the first page of what a search finds.
pub(super) const PAGE_SEARCH: &str = "page-search";

/// Measures those of them that are chosen.
pub(super) async fn run(bench: &mut Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    let all = [
        (PRODUCT, "/api/v1/products/7".to_owned(), 0.80),
        (PAGE, "/api/v1/products".to_owned(), 0.70),
        (PAGE_SEARCH, format!("/api/v1/products?search={SEARCH}"), 0.70),
    ];
    let mut rows = Vec::new();
    for (name, path, wanted) in all {
        if chosen.contains(name) {
            rows.push(read(bench, name, &path, wanted).await?);
        }
    }
    Ok(rows)
}

async fn read(
    bench: &mut Bench,
    name: &'static str,
    path: &str,
    wanted: f64,
) -> Result<Row, Failure> {
    let mut row = Row::new(name, "bare Actix", Wanted::RateAtLeast(wanted));
    bench.tokens().await?;
    let server = bench.settings(TEMPLATE).await?.start().await?;
    let sample = Sample::take(server.base(), path).await?;
    let bare = Bare::start(&sample, &bench.dir("bare")?, name).await?;
    let (subject, yardstick) = (bench.get(server.base(), path), bench.get(bare.base(), path));
    for _round in bench.rounds(name) {
        row.subject.push(bench.measure(&subject).await?);
        row.yardstick.push(bench.measure(&yardstick).await?);
    }
    row.remember_memory(server.peak_memory());
    bare.stop().await?;
    server.stop().await?;
    Ok(row)
}
