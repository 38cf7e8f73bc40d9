//! The in-process cache, beyond the contract of its port: invalidation groups and TTLs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Page, ProductId,
    product::{ProductCache, TouchedProducts},
};
use infra_local::{LocalCacheOptions, LocalProductCache};
use port_contracts::product_cache::{FailingProductReads, ProductReadsStub, product};

const PRODUCT_GROUPS: i64 = 1_024;

fn cache() -> LocalProductCache {
    LocalProductCache::new(LocalCacheOptions::default())
}

async fn fill(cache: &LocalProductCache, id: i64) {
    let source = ProductReadsStub::of_product(&product(id, 0));
    cache.product(ProductId::new(id), &source).await.unwrap();
}

async fn has(cache: &LocalProductCache, id: i64) -> bool {
    let found = cache.product(ProductId::new(id), &FailingProductReads).await;
    found.is_ok_and(|found| found == Some(product(id, 0)))
}

async fn invalidate(cache: &LocalProductCache, id: i64) {
    cache.invalidate(&TouchedProducts::Listed(vec![ProductId::new(id)])).await;
}

#[tokio::test]
async fn products_of_other_groups_stay() {
    let cache = cache();
    fill(&cache, 1).await;
    fill(&cache, 2).await;
    invalidate(&cache, 1).await;
    assert!(!has(&cache, 1).await);
    assert!(has(&cache, 2).await);
}

#[tokio::test]
async fn products_of_one_group_are_invalidated_together_and_never_confused() {
    let cache = cache();
    fill(&cache, 1).await;
    fill(&cache, 1 + PRODUCT_GROUPS).await;
    assert!(has(&cache, 1).await);
    assert!(has(&cache, 1 + PRODUCT_GROUPS).await);
    invalidate(&cache, 1).await;
    assert!(!has(&cache, 1).await);
    assert!(!has(&cache, 1 + PRODUCT_GROUPS).await);
}

#[tokio::test]
async fn any_integer_is_a_valid_product_id() {
    let cache = cache();
    for id in [0, -1, i64::MIN, i64::MAX] {
        fill(&cache, id).await;
        assert!(has(&cache, id).await);
        invalidate(&cache, id).await;
        assert!(!has(&cache, id).await);
    }
}

#[tokio::test]
async fn an_entry_expires_after_its_ttl() {
    let time_to_live = Duration::from_millis(20);
    let options = LocalCacheOptions { time_to_live, ..LocalCacheOptions::default() };
    let cache = LocalProductCache::new(options);
    fill(&cache, 1).await;
    let expired = async {
        while has(&cache, 1).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), expired).await.expect("the entry expires");
}

#[tokio::test]
async fn the_ttl_of_an_entry_counts_from_before_it_was_read() {
    let time_to_live = Duration::from_millis(20);
    let options = LocalCacheOptions { time_to_live, ..LocalCacheOptions::default() };
    let cache = Arc::new(LocalProductCache::new(options));
    let empty = Arc::new(Page { items: Vec::new(), total: 0, next: None });
    let source = ProductReadsStub::slow(&product(1, 0), &empty);
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
