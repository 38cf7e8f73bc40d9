//! The cache in this process, beyond what its port asks for: epochs that products share, and lifetimes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Page, ProductId,
    product::{ProductCache, TouchedProducts},
};
use infra_local::{LocalCacheOptions, LocalProductCache};
use port_contracts::product_cache::{Failing, Source, product};

const STRIPES: i64 = 1_024;

fn cache() -> LocalProductCache {
    LocalProductCache::new(LocalCacheOptions::default())
}

async fn keep(cache: &LocalProductCache, id: i64) {
    let source = Source::of_product(&product(id, 0));
    cache.product(ProductId::new(id), &source).await.unwrap();
}

async fn has(cache: &LocalProductCache, id: i64) -> bool {
    let found = cache.product(ProductId::new(id), &Failing).await;
    found.is_ok_and(|found| found == Some(product(id, 0)))
}

async fn invalidate(cache: &LocalProductCache, id: i64) {
    cache.invalidate(&TouchedProducts::Listed(vec![ProductId::new(id)])).await;
}

#[tokio::test]
async fn a_neighbour_of_what_is_invalidated_stays() {
    let cache = cache();
    keep(&cache, 1).await;
    keep(&cache, 2).await;
    invalidate(&cache, 1).await;
    assert!(!has(&cache, 1).await);
    assert!(has(&cache, 2).await);
}

#[tokio::test]
async fn products_that_share_an_epoch_are_dropped_together_and_never_mixed_up() {
    let cache = cache();
    keep(&cache, 1).await;
    keep(&cache, 1 + STRIPES).await;
    assert!(has(&cache, 1).await);
    assert!(has(&cache, 1 + STRIPES).await);
    invalidate(&cache, 1).await;
    assert!(!has(&cache, 1).await);
    assert!(!has(&cache, 1 + STRIPES).await);
}

#[tokio::test]
async fn any_number_may_be_a_products_id() {
    let cache = cache();
    for id in [0, -1, i64::MIN, i64::MAX] {
        keep(&cache, id).await;
        assert!(has(&cache, id).await);
        invalidate(&cache, id).await;
        assert!(!has(&cache, id).await);
    }
}

#[tokio::test]
async fn an_entry_leaves_when_its_time_is_over() {
    let time_to_live = Duration::from_millis(20);
    let options = LocalCacheOptions { time_to_live, ..LocalCacheOptions::default() };
    let cache = LocalProductCache::new(options);
    keep(&cache, 1).await;
    let gone = async {
        while has(&cache, 1).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the entry leaves");
}

#[tokio::test]
async fn the_time_of_an_entry_counts_from_before_it_was_read() {
    let time_to_live = Duration::from_millis(20);
    let options = LocalCacheOptions { time_to_live, ..LocalCacheOptions::default() };
    let cache = Arc::new(LocalProductCache::new(options));
    let empty = Arc::new(Page { items: Vec::new(), total: 0, next: None });
    let source = Source::slow(&product(1, 0), &empty);
    let (reader, slow) = (Arc::clone(&cache), Arc::clone(&source));
    let reading =
        tokio::spawn(async move { reader.product(ProductId::new(1), slow.as_ref()).await });
    source.was_read().await;
    let read_at = Instant::now();
    while read_at.elapsed() < time_to_live {
        tokio::task::yield_now().await;
    }
    source.answer();
    reading.await.unwrap().unwrap();
    assert!(!has(&cache, 1).await);
}
