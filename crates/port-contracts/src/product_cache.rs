//! The contract of a [`ProductCache`].
#![expect(missing_docs, reason = "the name of a case states what it requires")]

mod source;

use std::{sync::Arc, time::Duration};

use domain::{
    Cursor, Description, Page, PageRequest, Price, ProductId, ProductName, Revision, SearchTerm,
    Stock, Version,
    product::{Product, ProductCache, TouchedProducts, port::ProductQuery},
};

use self::source::page_of;
pub use self::source::{CachedPage, FailingProductReads, ProductReadsStub, product};
use crate::{
    builders::{page, page_limit, term, timestamp},
    cached_products::ProductStoreStub,
};

fn query(search: Option<&str>, page: PageRequest) -> ProductQuery {
    ProductQuery { search: search.map(term), page }
}

fn first_page() -> ProductQuery {
    query(None, page(1, 10))
}

fn listed<const N: usize>(ids: [i64; N]) -> TouchedProducts {
    TouchedProducts::Listed(ids.map(ProductId::new).to_vec())
}

/// The cached product, if any: its source fails.
async fn cached(cache: &dyn ProductCache, id: i64) -> Option<Arc<Product>> {
    cache.product(ProductId::new(id), &FailingProductReads).await.ok().flatten()
}

/// The cached page, if any: its source fails.
async fn cached_page(cache: &dyn ProductCache, query: &ProductQuery) -> Option<CachedPage> {
    cache.page(query, &FailingProductReads).await.ok()
}

/// Reads a product through the cache from a source that returns `product`.
async fn read(cache: &dyn ProductCache, product: &Arc<Product>) -> Option<Arc<Product>> {
    cache.product(product.id, &ProductReadsStub::of_product(product)).await.unwrap()
}

/// Reads a product, and asserts that it is cached.
async fn read_and_cache(cache: &dyn ProductCache, product: &Arc<Product>) {
    assert_eq!(read(cache, product).await.as_ref(), Some(product));
    assert_eq!(cached(cache, product.id.get()).await.as_ref(), Some(product));
}

/// Reads a page, and asserts that it is cached.
async fn read_and_cache_page(cache: &dyn ProductCache, query: &ProductQuery, page: &CachedPage) {
    assert_eq!(cache.page(query, &ProductReadsStub::of_page(page)).await.unwrap(), *page);
    assert_eq!(cached_page(cache, query).await.as_ref(), Some(page));
}

pub async fn an_empty_cache_has_no_entries(cache: Arc<dyn ProductCache>) {
    for id in [1, 0, -1, i64::MAX, i64::MIN] {
        assert_eq!(cached(cache.as_ref(), id).await, None);
    }
    assert_eq!(cached_page(cache.as_ref(), &first_page()).await, None);
}

pub async fn products_and_pages_that_were_read_are_cached(cache: Arc<dyn ProductCache>) {
    for id in [1, 2, 0, -1, i64::MAX, i64::MIN] {
        read_and_cache(cache.as_ref(), &product(id, 0)).await;
    }
    read_and_cache_page(cache.as_ref(), &first_page(), &page_of(&[product(2, 0), product(1, 0)]))
        .await;
    read_and_cache_page(cache.as_ref(), &query(Some("none"), page(1, 10)), &page_of(&[])).await;
}

pub async fn missing_products_and_errors_are_not_cached(cache: Arc<dyn ProductCache>) {
    let id = ProductId::new(1);
    assert_eq!(cache.product(id, &ProductReadsStub::of_page(&page_of(&[]))).await.unwrap(), None);
    cache.product(id, &FailingProductReads).await.expect_err("the source's error");
    cache.page(&first_page(), &FailingProductReads).await.expect_err("the source's error");
    read_and_cache(cache.as_ref(), &product(1, 0)).await;
    read_and_cache_page(cache.as_ref(), &first_page(), &page_of(&[product(1, 0)])).await;
}

pub async fn boundary_values_are_cached_unchanged(cache: Arc<dyn ProductCache>) {
    let greatest = Product {
        name: ProductName::parse("𝄞".repeat(ProductName::MAX_CHARS)).unwrap(),
        description: Description::parse("🪔".repeat(Description::MAX_CHARS)).ok(),
        price: Price::from_minor(Price::MAX_MINOR).unwrap(),
        // A restock may raise a stock above the maximum that staff may set.
        stock: Stock::restore(i64::MAX).unwrap(),
        version: Version::new(i64::MAX),
        revision: Revision::new(i64::MAX),
        created_at: timestamp(-5_000_000_000),
        updated_at: timestamp(5_000_000_000),
        ..product(1, 0).as_ref().clone()
    };
    let least = Product {
        name: ProductName::restore("\"\\'\n").unwrap(),
        description: Description::parse("").ok(),
        price: Price::from_minor(1).unwrap(),
        stock: Stock::EMPTY,
        ..product(2, 0).as_ref().clone()
    };
    let (greatest, least) = (Arc::new(greatest), Arc::new(least));
    read_and_cache(cache.as_ref(), &greatest).await;
    read_and_cache(cache.as_ref(), &least).await;
    let items = vec![greatest, least];
    let page = Arc::new(Page { items, total: u64::MAX, next: Some(Cursor::after(i64::MIN)) });
    read_and_cache_page(cache.as_ref(), &first_page(), &page).await;
}

pub async fn invalidated_products_are_removed(cache: Arc<dyn ProductCache>) {
    for id in 1..=3 {
        read_and_cache(cache.as_ref(), &product(id, 0)).await;
    }
    cache.invalidate(&listed([1, 3])).await;
    assert_eq!(cached(cache.as_ref(), 1).await, None);
    assert_eq!(cached(cache.as_ref(), 3).await, None);
    read_and_cache(cache.as_ref(), &product(1, 1)).await;
}

pub async fn any_invalidation_removes_every_page(cache: Arc<dyn ProductCache>) {
    let queries = [first_page(), query(Some("lamp"), page(1, 10)), query(None, page(2, 10))];
    for invalidated in [listed([1]), listed([99]), listed([]), TouchedProducts::All] {
        for query in &queries {
            read_and_cache_page(cache.as_ref(), query, &page_of(&[product(1, 0)])).await;
        }
        cache.invalidate(&invalidated).await;
        for query in &queries {
            assert_eq!(cached_page(cache.as_ref(), query).await, None, "{invalidated:?}");
        }
    }
}

pub async fn an_invalidation_of_all_removes_every_product(cache: Arc<dyn ProductCache>) {
    for id in 1..=3 {
        read_and_cache(cache.as_ref(), &product(id, 0)).await;
    }
    cache.invalidate(&TouchedProducts::All).await;
    for id in 1..=3 {
        assert_eq!(cached(cache.as_ref(), id).await, None);
    }
    read_and_cache(cache.as_ref(), &product(1, 1)).await;
}

pub async fn a_slow_reader_cannot_cache_an_invalidated_product(cache: Arc<dyn ProductCache>) {
    for touched in [listed([1]), TouchedProducts::All] {
        let (old, new) = (product(1, 0), product(1, 1));
        for new_comes_first in [false, true] {
            let source = ProductReadsStub::slow(&old, &page_of(&[]));
            let (reader, slow) = (Arc::clone(&cache), Arc::clone(&source));
            let id = old.id;
            let reading = tokio::spawn(async move { reader.product(id, slow.as_ref()).await });
            source.was_read().await;
            cache.invalidate(&touched).await;
            if new_comes_first {
                read_and_cache(cache.as_ref(), &new).await;
            }
            source.answer();
            assert_eq!(reading.await.unwrap().unwrap().as_ref(), Some(&old));
            assert_ne!(cached(cache.as_ref(), 1).await.as_ref(), Some(&old));
            cache.invalidate(&touched).await;
        }
    }
}

pub async fn a_slow_reader_cannot_cache_an_invalidated_page(cache: Arc<dyn ProductCache>) {
    for touched in [listed([1]), listed([]), TouchedProducts::All] {
        let (old, new) = (page_of(&[product(1, 0)]), page_of(&[product(1, 1)]));
        for new_comes_first in [false, true] {
            let source = ProductReadsStub::slow(&product(1, 0), &old);
            let (reader, slow) = (Arc::clone(&cache), Arc::clone(&source));
            let reading =
                tokio::spawn(async move { reader.page(&first_page(), slow.as_ref()).await });
            source.was_read().await;
            cache.invalidate(&touched).await;
            if new_comes_first {
                read_and_cache_page(cache.as_ref(), &first_page(), &new).await;
            }
            source.answer();
            assert_eq!(reading.await.unwrap().unwrap(), old);
            assert_ne!(cached_page(cache.as_ref(), &first_page()).await.as_ref(), Some(&old));
            cache.invalidate(&touched).await;
        }
    }
}

async fn read_until_cached(cache: &dyn ProductCache, product: &Arc<Product>) {
    let cached_again = async {
        loop {
            read(cache, product).await;
            if cached(cache, product.id.get()).await.as_ref() == Some(product) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), cached_again).await.expect("it is cached again");
}

pub async fn suspended_products_are_neither_served_nor_cached_until_open_transactions_end(
    cache: Arc<dyn ProductCache>,
) {
    for touched in [listed([1]), TouchedProducts::All] {
        let (old, new) = (product(1, 0), product(1, 1));
        let old_page = page_of(std::slice::from_ref(&old));
        read_and_cache(cache.as_ref(), &old).await;
        read_and_cache(cache.as_ref(), &product(2, 0)).await;
        read_and_cache_page(cache.as_ref(), &first_page(), &old_page).await;
        let store = Arc::new(ProductStoreStub::with_open_transaction());
        cache.suspend(&touched, store.clone()).await;
        for _ in 0..3 {
            assert_eq!(cached(cache.as_ref(), 1).await, None);
            assert_eq!(cached_page(cache.as_ref(), &first_page()).await, None);
            assert_eq!(read(cache.as_ref(), &old).await.as_ref(), Some(&old), "from the store");
            let page =
                cache.page(&first_page(), &ProductReadsStub::of_page(&old_page)).await.unwrap();
            assert_eq!(page, old_page, "from the store");
        }
        let other = (touched != TouchedProducts::All).then(|| product(2, 0));
        assert_eq!(cached(cache.as_ref(), 2).await, other, "other products stay cached");
        store.end_transactions();
        read_until_cached(cache.as_ref(), &new).await;
        cache.invalidate(&TouchedProducts::All).await;
    }
}

pub async fn a_product_read_before_its_suspension_is_not_cached(cache: Arc<dyn ProductCache>) {
    let (old, new) = (product(1, 0), product(1, 1));
    let source = ProductReadsStub::slow(&old, &page_of(&[]));
    let (reader, slow, id) = (Arc::clone(&cache), Arc::clone(&source), old.id);
    let reading = tokio::spawn(async move { reader.product(id, slow.as_ref()).await });
    source.was_read().await;
    let store = Arc::new(ProductStoreStub::with_open_transaction());
    cache.suspend(&listed([1]), store.clone()).await;
    store.end_transactions();
    read_until_cached(cache.as_ref(), &new).await;
    source.answer();
    assert_eq!(reading.await.unwrap().unwrap(), Some(old.clone()));
    assert_ne!(cached(cache.as_ref(), 1).await, Some(old));
}

pub async fn different_queries_have_separate_pages(cache: Arc<dyn ProductCache>) {
    let after = |id, limit| PageRequest::after(Cursor::after(id), page_limit(limit));
    let queries = [
        query(None, page(1, 10)),
        query(None, page(1, 11)),
        query(None, page(11, 1)),
        query(None, page(2, 10)),
        query(None, after(1, 10)),
        query(None, after(2, 10)),
        query(None, after(-2, 10)),
        query(None, after(2, 11)),
        query(Some("none"), page(1, 10)),
        query(Some("1"), page(1, 10)),
        query(Some("a"), page(1, 10)),
        query(Some("a:1"), page(1, 10)),
        query(Some("a:1:10"), page(1, 10)),
        query(Some("a"), after(1, 10)),
        query(Some("я"), page(1, 10)),
        query(Some("a*"), page(1, 10)),
        query(Some(&"a".repeat(SearchTerm::MAX_CHARS)), page(1, 10)),
    ];
    let pages: Vec<_> = (0..).zip(&queries).map(|(id, _)| page_of(&[product(id, 0)])).collect();
    for (query, page) in queries.iter().zip(&pages) {
        read_and_cache_page(cache.as_ref(), query, page).await;
    }
    for (query, page) in queries.iter().zip(pages) {
        assert_eq!(cached_page(cache.as_ref(), query).await, Some(page), "{query:?}");
    }
}

pub async fn searches_that_differ_only_in_case_share_a_page(cache: Arc<dyn ProductCache>) {
    let found = page_of(&[product(1, 0)]);
    read_and_cache_page(cache.as_ref(), &query(Some("LAMP "), page(1, 10)), &found).await;
    let hit = cached_page(cache.as_ref(), &query(Some("lamp"), page(1, 10))).await;
    assert_eq!(hit, Some(found));
}
