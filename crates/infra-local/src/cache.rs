//! Products and pages of products, kept in this process.

mod at_hand;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Page, ProductId,
    product::{CacheLease, Product, ProductCache, ProductLookup, port::ProductQuery},
};
use foldhash::quality::RandomState;
use metrics::{Counter, counter};
use moka::sync::Cache;

use self::at_hand::AtHand;

/// How much a cache keeps, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalCacheOptions {
    /// The most products. The least used go first.
    pub products: u64,
    /// The most bytes of pages of products, roughly. The least used go first. Pages are counted by their size
    /// because clients decide how many there are and how large: every search makes one.
    pub page_bytes: u64,
    /// How long an entry is served at the most. More than five minutes are taken for five.
    pub time_to_live: Duration,
}

impl LocalCacheOptions {
    /// The longest that anything is kept.
    pub const MAX_TIME_TO_LIVE: Duration = Duration::from_mins(5);
}

impl Default for LocalCacheOptions {
    fn default() -> Self {
        Self {
            products: 10_000,
            page_bytes: 32 * 1024 * 1024,
            time_to_live: Self::MAX_TIME_TO_LIVE,
        }
    }
}

/// A cache of products in this process.
///
/// # Why an old value is never served
///
/// Every product belongs to one of [`Self::STRIPES`] epochs, all pages to one more. A lease is the epoch as
/// it was *before* the store was read, and an entry carries the lease under which it was put. An
/// invalidation raises the epochs of its products and of the pages, and a lookup serves an entry only if
/// its epoch is the current one. So whenever a slow reader puts its old value, before, during or after
/// the invalidation, the value carries an epoch from before it and no lookup that starts after the
/// invalidation serves it. Conversely, whoever took a lease after the epoch rose reads the store after the
/// change was committed. That holds without any lock and whatever the map behind it does; an entry
/// that was left behind is overwritten, or leaves when its time is over.
///
/// Two products of one stripe are forgotten together: that costs a read of the store, nothing else.
///
/// What a thread has at hand carries an epoch as well, and is served by the same rule.
pub struct LocalProductCache {
    products: Cache<ProductId, Stamped<Product>, RandomState>,
    pages: Cache<ProductQuery, Stamped<Page<Arc<Product>>>, RandomState>,
    products_at_hand: AtHand<ProductId, Product>,
    pages_at_hand: AtHand<ProductQuery, Page<Arc<Product>>>,
    product_epochs: Box<[AtomicU64]>,
    page_epoch: AtomicU64,
    hits: Counter,
    misses: Counter,
}

/// A value, and the epoch before it was read.
struct Stamped<T> {
    epoch: u64,
    value: Arc<T>,
}

impl<T> Stamped<T> {
    /// The value, if it is of that epoch.
    fn of(self, epoch: u64) -> Option<Arc<T>> {
        (self.epoch == epoch).then_some(self.value)
    }
}

impl<T> Clone for Stamped<T> {
    fn clone(&self) -> Self {
        Self { epoch: self.epoch, value: Arc::clone(&self.value) }
    }
}

impl LocalProductCache {
    /// How many epochs the products share: 8 KiB of counters.
    pub const STRIPES: usize = 1_024;
    /// For how long a thread may use what it has at hand without a look at what all have.
    const AT_HAND: Duration = Duration::from_secs(1);
    /// How many bytes of products, and of pages, a thread may have at hand.
    const BYTES_AT_HAND: usize = 2 * 1024 * 1024;

    /// An empty cache.
    pub fn new(options: LocalCacheOptions) -> Self {
        let time_to_live = options.time_to_live.min(LocalCacheOptions::MAX_TIME_TO_LIVE);
        // Whatever is taken at the last moment is used for a while.
        let at_hand = Self::AT_HAND.min(time_to_live / 4);
        let time_to_live = time_to_live.saturating_sub(at_hand);
        Self {
            products: Cache::builder()
                .max_capacity(options.products)
                .time_to_live(time_to_live)
                .build_with_hasher(RandomState::default()),
            pages: Cache::builder()
                .max_capacity(options.page_bytes)
                .weigher(|query, page: &Stamped<_>| {
                    u32::try_from(page_bytes(query, &page.value)).unwrap_or(u32::MAX)
                })
                .time_to_live(time_to_live)
                .build_with_hasher(RandomState::default()),
            products_at_hand: AtHand::new(at_hand, Self::BYTES_AT_HAND),
            pages_at_hand: AtHand::new(at_hand, Self::BYTES_AT_HAND),
            product_epochs: (0..Self::STRIPES).map(|_| AtomicU64::new(0)).collect(),
            page_epoch: AtomicU64::new(0),
            hits: lookups("hit"),
            misses: lookups("miss"),
        }
    }

    /// The epoch of a product. Neighbours have different ones.
    fn epoch_of(&self, id: ProductId) -> &AtomicU64 {
        let stripe = usize::try_from(id.get().unsigned_abs()).unwrap_or(0) % Self::STRIPES;
        // There are as many counters as stripes; should there be fewer, sharing the pages' one is safe.
        self.product_epochs.get(stripe).unwrap_or(&self.page_epoch)
    }

    /// What a lookup of that epoch comes to, if this was found.
    fn lookup<T>(&self, found: Option<Arc<T>>, epoch: u64) -> ProductLookup<Arc<T>> {
        if let Some(value) = found {
            self.hits.increment(1);
            ProductLookup::Hit(value)
        } else {
            self.misses.increment(1);
            ProductLookup::Miss(CacheLease::new(epoch))
        }
    }

    fn product_of(&self, id: ProductId, epoch: u64) -> Option<Arc<Product>> {
        self.products_at_hand.get(&id, epoch).or_else(|| {
            let shared = self.products.get(&id)?.of(epoch)?;
            let bytes = product_bytes(&shared);
            Some(self.products_at_hand.copy(&id, epoch, shared, bytes))
        })
    }

    fn page_of(&self, query: &ProductQuery, epoch: u64) -> Option<Arc<Page<Arc<Product>>>> {
        self.pages_at_hand.get(query, epoch).or_else(|| {
            let shared = self.pages.get(query)?.of(epoch)?;
            let bytes = page_bytes(query, &shared);
            Some(self.pages_at_hand.copy(query, epoch, shared, bytes))
        })
    }
}

/// Roughly how many bytes a product takes.
fn product_bytes(product: &Product) -> usize {
    let description = product.description.as_ref().map_or(0, |text| text.as_str().len());
    size_of::<Product>() + product.name.as_str().len() + description
}

/// Roughly how many bytes a page takes, with the query that it is kept under.
fn page_bytes(query: &ProductQuery, page: &Page<Arc<Product>>) -> usize {
    let search = query.search.as_ref().map_or(0, |term| term.folded().len());
    let products = page.items.iter().map(|product| product_bytes(product));
    size_of::<(ProductQuery, Page<Arc<Product>>)>() + search + products.sum::<usize>()
}

/// Counts lookups with that result, for whoever listens through the `metrics` facade when the cache is made.
fn lookups(result: &'static str) -> Counter {
    counter!("oms_product_cache_requests_total", "layer" => "near", "result" => result)
}

#[async_trait]
impl ProductCache for LocalProductCache {
    async fn product(&self, id: ProductId) -> ProductLookup<Arc<Product>> {
        // Before anything is looked up.
        let epoch = self.epoch_of(id).load(Ordering::SeqCst);
        self.lookup(self.product_of(id, epoch), epoch)
    }

    async fn put_product(&self, lease: CacheLease, product: &Arc<Product>) {
        // A void lease would only take the place of something useful.
        if lease.stamp() == self.epoch_of(product.id).load(Ordering::SeqCst) {
            let entry = Stamped { epoch: lease.stamp(), value: Arc::clone(product) };
            self.products.insert(product.id, entry);
        }
    }

    async fn page(&self, query: &ProductQuery) -> ProductLookup<Arc<Page<Arc<Product>>>> {
        let epoch = self.page_epoch.load(Ordering::SeqCst);
        self.lookup(self.page_of(query, epoch), epoch)
    }

    async fn put_page(
        &self,
        lease: CacheLease,
        query: &ProductQuery,
        page: &Arc<Page<Arc<Product>>>,
    ) {
        if lease.stamp() == self.page_epoch.load(Ordering::SeqCst) {
            let entry = Stamped { epoch: lease.stamp(), value: Arc::clone(page) };
            self.pages.insert(query.clone(), entry);
        }
    }

    async fn invalidate(&self, products: &[ProductId]) {
        for id in products {
            self.epoch_of(*id).fetch_add(1, Ordering::SeqCst);
        }
        self.page_epoch.fetch_add(1, Ordering::SeqCst);
    }

    async fn invalidate_all(&self) {
        for epoch in &self.product_epochs {
            epoch.fetch_add(1, Ordering::SeqCst);
        }
        self.page_epoch.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Description, PageRequest, Price, ProductName, Revision, SearchTerm, Stock, Timestamp,
        Version,
    };

    use super::*;

    fn query(search: &str) -> ProductQuery {
        let page = PageRequest::number(domain::PageNumber::FIRST, domain::PageLimit::DEFAULT);
        ProductQuery { search: SearchTerm::parse(search).unwrap(), page }
    }

    fn page(products: usize) -> Page<Arc<Product>> {
        let product = Arc::new(Product {
            id: ProductId::new(1),
            name: ProductName::parse("Tea").unwrap(),
            description: Some(Description::parse("x".repeat(1_000)).unwrap()),
            price: Price::from_minor(1).unwrap(),
            stock: Stock::EMPTY,
            version: Version::FIRST,
            revision: Revision::FIRST,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            deleted_at: None,
        });
        Page { items: vec![product; products], total: 0, next: None }
    }

    #[test]
    fn a_page_counts_with_all_its_products_and_the_term_that_was_searched() {
        let empty = page_bytes(&query(""), &page(0));
        assert!(empty > 0, "an empty page takes its place as well");
        assert_eq!(page_bytes(&query(&"x".repeat(5_000)), &page(0)), empty + 5_000);
        assert!(page_bytes(&query(""), &page(100)) > empty + 100_000);
    }
}
