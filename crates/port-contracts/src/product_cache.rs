//! What an adapter of the [`ProductCache`] has to do.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::sync::Arc;

use domain::{
    Cursor, Description, Page, PageRequest, Price, ProductId, ProductName, Revision, Stock,
    Version,
    product::{CacheLease, Product, ProductCache, ProductLookup, port::ProductQuery},
};

use crate::{
    builders::{self, moment, page, page_limit, term},
    revision, version,
};

type CachedPage = Arc<Page<Arc<Product>>>;

/// A product of that number, after so many changes.
fn product(id: i64, changes: i64) -> Arc<Product> {
    let new = builders::product(&format!("Product {id}")).build();
    Arc::new(Product {
        id: ProductId::new(id),
        name: new.name,
        description: new.description,
        price: new.price,
        stock: new.stock,
        version: version(changes),
        revision: revision(changes),
        created_at: moment(0),
        updated_at: moment(changes),
        deleted_at: None,
    })
}

fn page_of(items: &[Arc<Product>]) -> CachedPage {
    let total = u64::try_from(items.len()).unwrap();
    Arc::new(Page { items: items.to_vec(), total, next: None })
}

fn query(search: Option<&str>, page: PageRequest) -> ProductQuery {
    ProductQuery { search: search.map(term), page }
}

fn first_page() -> ProductQuery {
    query(None, page(1, 10))
}

async fn product_lease(cache: &dyn ProductCache, id: ProductId) -> CacheLease {
    match cache.product(id).await {
        ProductLookup::Miss(lease) => lease,
        ProductLookup::Hit(product) => panic!("there should be nothing, but: {product:?}"),
    }
}

async fn page_lease(cache: &dyn ProductCache, query: &ProductQuery) -> CacheLease {
    match cache.page(query).await {
        ProductLookup::Miss(lease) => lease,
        ProductLookup::Hit(page) => panic!("there should be nothing, but: {page:?}"),
    }
}

async fn put_product(cache: &dyn ProductCache, product: &Arc<Product>) {
    let lease = product_lease(cache, product.id).await;
    cache.put_product(lease, product).await;
    assert_eq!(cache.product(product.id).await, ProductLookup::Hit(Arc::clone(product)));
}

async fn put_page(cache: &dyn ProductCache, query: &ProductQuery, page: &CachedPage) {
    let lease = page_lease(cache, query).await;
    cache.put_page(lease, query, page).await;
    assert_eq!(cache.page(query).await, ProductLookup::Hit(Arc::clone(page)));
}

pub async fn an_empty_cache_has_nothing(cache: Arc<dyn ProductCache>) {
    for id in [1, 0, -1, i64::MAX, i64::MIN] {
        product_lease(cache.as_ref(), ProductId::new(id)).await;
    }
    page_lease(cache.as_ref(), &first_page()).await;
}

pub async fn what_was_put_is_a_hit(cache: Arc<dyn ProductCache>) {
    for id in [1, 2, 0, -1, i64::MAX, i64::MIN] {
        put_product(cache.as_ref(), &product(id, 0)).await;
    }
    put_page(cache.as_ref(), &first_page(), &page_of(&[product(2, 0), product(1, 0)])).await;
    put_page(cache.as_ref(), &query(Some("none"), page(1, 10)), &page_of(&[])).await;
}

pub async fn what_was_put_comes_back_as_it_was(cache: Arc<dyn ProductCache>) {
    let greatest = Product {
        name: ProductName::parse("𝄞".repeat(ProductName::MAX_CHARS)).unwrap(),
        description: Description::parse("🪔".repeat(Description::MAX_CHARS)).ok(),
        price: Price::from_minor(Price::MAX_MINOR).unwrap(),
        // Returned goods may lift a stock beyond what staff may set.
        stock: Stock::restore(i64::MAX).unwrap(),
        version: Version::new(i64::MAX),
        revision: Revision::new(i64::MAX),
        created_at: moment(-5_000_000_000),
        updated_at: moment(5_000_000_000),
        ..product(1, 0).as_ref().clone()
    };
    let least = Product {
        name: ProductName::parse("\"\\'\n").unwrap(),
        description: Description::parse("").ok(),
        price: Price::from_minor(1).unwrap(),
        stock: Stock::EMPTY,
        ..product(2, 0).as_ref().clone()
    };
    let (greatest, least) = (Arc::new(greatest), Arc::new(least));
    put_product(cache.as_ref(), &greatest).await;
    put_product(cache.as_ref(), &least).await;
    let items = vec![greatest, least];
    let page = Arc::new(Page { items, total: u64::MAX, next: Some(Cursor::after(i64::MIN)) });
    put_page(cache.as_ref(), &first_page(), &page).await;
}

pub async fn what_was_invalidated_is_gone(cache: Arc<dyn ProductCache>) {
    for id in 1..=3 {
        put_product(cache.as_ref(), &product(id, 0)).await;
    }
    cache.invalidate(&[ProductId::new(1), ProductId::new(3)]).await;
    product_lease(cache.as_ref(), ProductId::new(1)).await;
    product_lease(cache.as_ref(), ProductId::new(3)).await;
    put_product(cache.as_ref(), &product(1, 1)).await;
}

pub async fn any_invalidation_voids_every_page(cache: Arc<dyn ProductCache>) {
    let queries = [first_page(), query(Some("lamp"), page(1, 10)), query(None, page(2, 10))];
    for invalidated in [&[ProductId::new(1)][..], &[ProductId::new(99)], &[]] {
        for query in &queries {
            put_page(cache.as_ref(), query, &page_of(&[product(1, 0)])).await;
        }
        cache.invalidate(invalidated).await;
        for query in &queries {
            page_lease(cache.as_ref(), query).await;
        }
    }
}

pub async fn an_invalidation_of_all_leaves_nothing_and_voids_every_lease(
    cache: Arc<dyn ProductCache>,
) {
    for id in 1..=3 {
        put_product(cache.as_ref(), &product(id, 0)).await;
    }
    put_page(cache.as_ref(), &first_page(), &page_of(&[product(1, 0)])).await;
    let (unread, other_page) = (ProductId::new(4), query(Some("lamp"), page(1, 10)));
    let early = product_lease(cache.as_ref(), unread).await;
    let early_page = page_lease(cache.as_ref(), &other_page).await;
    cache.invalidate_all().await;
    cache.put_product(early, &product(4, 0)).await;
    cache.put_page(early_page, &other_page, &page_of(&[])).await;
    for id in 1..=4 {
        product_lease(cache.as_ref(), ProductId::new(id)).await;
    }
    page_lease(cache.as_ref(), &first_page()).await;
    page_lease(cache.as_ref(), &other_page).await;
    put_product(cache.as_ref(), &product(1, 1)).await;
}

pub async fn a_product_read_before_an_invalidation_cannot_fill_the_gap(
    cache: Arc<dyn ProductCache>,
) {
    let (old, new) = (product(1, 0), product(1, 1));
    let early = product_lease(cache.as_ref(), old.id).await;
    cache.invalidate(&[old.id]).await;
    cache.put_product(early, &old).await;
    put_product(cache.as_ref(), &new).await;
    cache.put_product(early, &old).await;
    assert_ne!(cache.product(old.id).await, ProductLookup::Hit(old), "the slow reader comes last");
}

pub async fn a_page_read_before_an_invalidation_cannot_fill_the_gap(cache: Arc<dyn ProductCache>) {
    let (old, new) = (page_of(&[product(1, 0)]), page_of(&[product(1, 1)]));
    for invalidated in [&[ProductId::new(1)][..], &[]] {
        let early = page_lease(cache.as_ref(), &first_page()).await;
        cache.invalidate(invalidated).await;
        cache.put_page(early, &first_page(), &old).await;
        put_page(cache.as_ref(), &first_page(), &new).await;
        cache.put_page(early, &first_page(), &old).await;
        let hit = ProductLookup::Hit(Arc::clone(&old));
        assert_ne!(cache.page(&first_page()).await, hit, "the slow reader comes last");
        cache.invalidate(&[]).await;
    }
}

pub async fn every_invalidation_voids_the_leases_before_it(cache: Arc<dyn ProductCache>) {
    let id = ProductId::new(1);
    let mut early = Vec::new();
    for changes in 0..20 {
        early.push((product_lease(cache.as_ref(), id).await, product(1, changes)));
        cache.invalidate(&[id]).await;
        for (lease, old) in &early {
            cache.put_product(*lease, old).await;
            product_lease(cache.as_ref(), id).await;
        }
    }
}

pub async fn different_queries_have_pages_of_their_own(cache: Arc<dyn ProductCache>) {
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
        query(Some("ä"), page(1, 10)),
        query(Some("a*"), page(1, 10)),
        query(Some(&"a".repeat(5_000)), page(1, 10)),
    ];
    let pages: Vec<_> = (0..).zip(&queries).map(|(id, _)| page_of(&[product(id, 0)])).collect();
    for (query, page) in queries.iter().zip(&pages) {
        put_page(cache.as_ref(), query, page).await;
    }
    for (query, page) in queries.iter().zip(pages) {
        assert_eq!(cache.page(query).await, ProductLookup::Hit(page), "{query:?}");
    }
}

pub async fn a_search_is_the_same_in_any_case(cache: Arc<dyn ProductCache>) {
    let found = page_of(&[product(1, 0)]);
    put_page(cache.as_ref(), &query(Some("LAMP "), page(1, 10)), &found).await;
    let hit = cache.page(&query(Some("lamp"), page(1, 10))).await;
    assert_eq!(hit, ProductLookup::Hit(found));
}
