//! The cache: leases, stripes, bounds in number and time.

use std::{sync::Arc, time::Duration};

use domain::{
    Page, PageLimit, PageNumber, PageRequest, Price, ProductId, ProductName, Revision, Stock,
    Version,
    product::{CacheLease, Product, ProductCache, ProductLookup, port::ProductQuery},
};
use infra_local::{LocalCacheOptions, LocalProductCache};

const STRIPES: i64 = 1_024;

fn cache() -> LocalProductCache {
    LocalProductCache::new(LocalCacheOptions::default())
}

fn product(id: i64, version: i64) -> Arc<Product> {
    let made_at = "2025-06-15T16:00:00Z".parse().unwrap();
    Arc::new(Product {
        id: ProductId::new(id),
        name: ProductName::parse("Lamp").unwrap(),
        description: None,
        price: Price::from_minor(1_990).unwrap(),
        stock: Stock::EMPTY,
        version: Version::new(version),
        revision: Revision::new(version),
        created_at: made_at,
        updated_at: made_at,
        deleted_at: None,
    })
}

fn query() -> ProductQuery {
    let page = PageRequest::number(PageNumber::FIRST, PageLimit::DEFAULT);
    ProductQuery { search: None, page }
}

fn page() -> Arc<Page<Arc<Product>>> {
    Arc::new(Page { items: vec![product(1, 1)], total: 1, next: None })
}

async fn lease(cache: &LocalProductCache, id: i64) -> CacheLease {
    match cache.product(ProductId::new(id)).await {
        ProductLookup::Miss(lease) => lease,
        ProductLookup::Hit(product) => panic!("{product:?} is there already"),
    }
}

async fn page_lease(cache: &LocalProductCache) -> CacheLease {
    match cache.page(&query()).await {
        ProductLookup::Miss(lease) => lease,
        ProductLookup::Hit(page) => panic!("{page:?} is there already"),
    }
}

async fn has(cache: &LocalProductCache, id: i64) -> bool {
    matches!(cache.product(ProductId::new(id)).await, ProductLookup::Hit(_))
}

#[tokio::test]
async fn a_slow_reader_cannot_put_an_old_value_back() {
    let cache = cache();
    let slow = lease(&cache, 1).await;
    cache.invalidate(&[ProductId::new(1)]).await;
    cache.put_product(slow, &product(1, 1)).await;
    assert!(!has(&cache, 1).await);
}

#[tokio::test]
async fn a_slow_reader_does_not_take_the_place_of_a_fresh_value() {
    let cache = cache();
    let slow = lease(&cache, 1).await;
    cache.invalidate(&[ProductId::new(1)]).await;
    let fresh = lease(&cache, 1).await;
    cache.put_product(fresh, &product(1, 2)).await;
    cache.put_product(slow, &product(1, 1)).await;
    assert_eq!(cache.product(ProductId::new(1)).await, ProductLookup::Hit(product(1, 2)));
}

#[tokio::test]
async fn a_value_is_forgotten_with_its_own_product_and_not_with_a_neighbour() {
    let cache = cache();
    for id in [1, 2] {
        let lease = lease(&cache, id).await;
        cache.put_product(lease, &product(id, 1)).await;
    }
    cache.invalidate(&[ProductId::new(1)]).await;
    assert!(!has(&cache, 1).await);
    assert!(has(&cache, 2).await);
}

#[tokio::test]
async fn products_that_share_an_epoch_are_forgotten_together_and_never_mixed_up() {
    let cache = cache();
    for id in [1, 1 + STRIPES] {
        let lease = lease(&cache, id).await;
        cache.put_product(lease, &product(id, 1)).await;
    }
    let one = cache.product(ProductId::new(1)).await;
    assert_eq!(one, ProductLookup::Hit(product(1, 1)));
    cache.invalidate(&[ProductId::new(1)]).await;
    assert!(!has(&cache, 1).await);
    assert!(!has(&cache, 1 + STRIPES).await);
}

#[tokio::test]
async fn any_number_may_be_a_products_id() {
    let cache = cache();
    for id in [0, -1, i64::MIN, i64::MAX] {
        let lease = lease(&cache, id).await;
        cache.put_product(lease, &product(id, 1)).await;
        assert!(has(&cache, id).await);
        cache.invalidate(&[ProductId::new(id)]).await;
        assert!(!has(&cache, id).await);
    }
}

#[tokio::test]
async fn every_invalidation_forgets_every_page_and_voids_its_leases() {
    let cache = cache();
    let first = page_lease(&cache).await;
    cache.put_page(first, &query(), &page()).await;
    assert_eq!(cache.page(&query()).await, ProductLookup::Hit(page()));
    cache.invalidate(&[]).await;
    let void = page_lease(&cache).await;
    cache.invalidate(&[ProductId::new(7)]).await;
    cache.put_page(void, &query(), &page()).await;
    assert!(matches!(cache.page(&query()).await, ProductLookup::Miss(_)));
}

#[tokio::test]
async fn an_entry_leaves_when_its_time_is_over() {
    let options = LocalCacheOptions {
        time_to_live: Duration::from_millis(20),
        ..LocalCacheOptions::default()
    };
    let cache = LocalProductCache::new(options);
    let lease = lease(&cache, 1).await;
    cache.put_product(lease, &product(1, 1)).await;
    let gone = async {
        while has(&cache, 1).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the entry leaves");
}

/// A store of one number, read and changed by many at once through the cache, as a decorator does it: what a
/// reader gets must never be older than what was acknowledged before it asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_is_older_than_the_last_change_that_was_acknowledged_before_it() {
    use std::sync::atomic::{AtomicI64, Ordering};

    const CHANGES: i64 = 20_000;
    let cache = Arc::new(cache());
    let committed = Arc::new(AtomicI64::new(1));
    let acknowledged = Arc::new(AtomicI64::new(1));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (cache, committed, acknowledged) =
                (Arc::clone(&cache), Arc::clone(&committed), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut hits = 0_u64;
                loop {
                    let floor = acknowledged.load(Ordering::SeqCst);
                    let read = match cache.product(ProductId::new(1)).await {
                        ProductLookup::Hit(product) => {
                            hits += 1;
                            product
                        }
                        ProductLookup::Miss(lease) => {
                            let read = product(1, committed.load(Ordering::SeqCst));
                            tokio::task::yield_now().await;
                            cache.put_product(lease, &read).await;
                            read
                        }
                    };
                    assert!(read.version.get() >= floor, "{} < {floor}", read.version);
                    if floor == CHANGES && hits > 0 {
                        break;
                    }
                }
            })
        })
        .collect();
    for version in 2..=CHANGES {
        committed.store(version, Ordering::SeqCst);
        cache.invalidate(&[ProductId::new(1)]).await;
        acknowledged.store(version, Ordering::SeqCst);
        if version % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for reader in readers {
        reader.await.unwrap();
    }
}
