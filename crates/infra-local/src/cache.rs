//! Products and pages of products, kept in this process.

mod epochs;

use std::{
    hash::Hash,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    Page, ProductId, StoreError,
    product::{
        Product, ProductCache, TouchedProducts,
        port::{ProductQuery, ProductReads, ProductWrites},
    },
};
use foldhash::quality::RandomState;
use metrics::{Counter, counter};
use moka::sync::Cache;
use tracing::{Span, instrument};

use self::epochs::{Epoch, Epochs};

/// How much a cache keeps, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalCacheOptions {
    /// The most products. The least used go first.
    pub products: u64,
    /// The most bytes of pages of products, roughly. The least used go first. Pages are counted by their size
    /// because clients decide how many there are and how large: every search makes one.
    pub page_bytes: u64,
    /// How long an entry is served at the most, from the moment before it was read. More than five minutes are
    /// taken for five.
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
/// Every product belongs to one of [`Self::STRIPES`] epochs, all pages to one more. A reader takes the epoch
/// *before* it reads the source, and an entry carries the epoch that its reader took. An invalidation raises the epochs
/// of its products and of the pages, and a lookup serves an entry only if its epoch is the current one. So
/// whenever a slow reader puts its old value, before, during or after the invalidation, the value carries
/// an epoch from before it and no lookup that starts after the invalidation serves it. Conversely, a reader that took
/// its epoch after it rose reads the source after the change was committed. That holds without any lock and
/// whatever the map behind it does; an entry that was left behind is overwritten, or leaves when its time is over.
///
/// Two products of one epoch are dropped together: that costs a read of the source, nothing else.
///
/// An entry also carries the moment before it was read, and is served until it is as old as
/// [`LocalCacheOptions::time_to_live`]: what another process changed is seen after that time, also
/// if the reader was slow.
pub struct LocalProductCache {
    products: Cache<ProductId, Entry<Product>, RandomState>,
    pages: Cache<ProductQuery, Entry<Page<Arc<Product>>>, RandomState>,
    epochs: Arc<Epochs>,
    time_to_live: Duration,
    hits: Counter,
    misses: Counter,
}

/// A value, with the epoch and the moment before it was read.
struct Entry<T> {
    epoch: u64,
    read_at: Instant,
    value: Arc<T>,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), ..*self }
    }
}

impl LocalProductCache {
    /// How many epochs the products share: 16 KiB of counters.
    pub const STRIPES: usize = epochs::STRIPES;
    /// How long to wait before another try, when the store could not say whether transactions are open.
    const RETRY_INTERVAL: Duration = Duration::from_millis(250);

    /// An empty cache.
    pub fn new(options: LocalCacheOptions) -> Self {
        let time_to_live = options.time_to_live.min(LocalCacheOptions::MAX_TIME_TO_LIVE);
        Self {
            products: Cache::builder()
                .max_capacity(options.products)
                .time_to_live(time_to_live)
                .build_with_hasher(RandomState::default()),
            pages: Cache::builder()
                .max_capacity(options.page_bytes)
                .weigher(|query, page: &Entry<_>| {
                    u32::try_from(page_bytes(query, &page.value)).unwrap_or(u32::MAX)
                })
                .time_to_live(time_to_live)
                .build_with_hasher(RandomState::default()),
            epochs: Arc::new(Epochs::new()),
            time_to_live,
            hits: lookups("hit"),
            misses: lookups("miss"),
        }
    }

    /// What may be served of that epoch, now.
    fn find<K: Hash + Eq + Send + Sync + 'static, T: Send + Sync + 'static>(
        &self,
        entries: &Cache<K, Entry<T>, RandomState>,
        key: &K,
        current: u64,
        now: Instant,
    ) -> Option<Arc<T>> {
        let found = entries.get(key).filter(|entry| {
            entry.epoch == current
                && now.saturating_duration_since(entry.read_at) < self.time_to_live
        });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.increment(1);
        Span::current().record("oms.cache.hit", found.is_some());
        found.map(|entry| entry.value)
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

/// Counts lookups with that result, through the recorder of the `metrics` facade that is there when the cache is made.
fn lookups(result: &'static str) -> Counter {
    counter!("oms_product_cache_requests_total", "layer" => "near", "result" => result)
}

#[async_trait]
impl ProductCache for LocalProductCache {
    #[instrument(target = "oms", name = "cache.product", skip_all, fields(oms.cache.hit))]
    async fn product(
        &self,
        id: ProductId,
        source: &dyn ProductReads,
    ) -> Result<Option<Arc<Product>>, StoreError> {
        // Both before anything is looked up.
        let read_at = Instant::now();
        let Epoch::Current(epoch) = self.epochs.of_product(id) else {
            self.misses.increment(1);
            Span::current().record("oms.cache.hit", false);
            return source.find(id).await;
        };
        if let Some(found) = self.find(&self.products, &id, epoch, read_at) {
            return Ok(Some(found));
        }
        let read = source.find(id).await?;
        // An entry of an epoch that is over would only take the place of something useful.
        if let Some(product) = &read
            && self.epochs.of_product(id) == Epoch::Current(epoch)
        {
            self.products.insert(id, Entry { epoch, read_at, value: Arc::clone(product) });
        }
        Ok(read)
    }

    #[instrument(target = "oms", name = "cache.page", skip_all, fields(oms.cache.hit))]
    async fn page(
        &self,
        query: &ProductQuery,
        source: &dyn ProductReads,
    ) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        let read_at = Instant::now();
        let Epoch::Current(epoch) = self.epochs.of_pages() else {
            self.misses.increment(1);
            Span::current().record("oms.cache.hit", false);
            return source.list(query).await;
        };
        if let Some(found) = self.find(&self.pages, query, epoch, read_at) {
            return Ok(found);
        }
        let read = source.list(query).await?;
        if self.epochs.of_pages() == Epoch::Current(epoch) {
            self.pages.insert(query.clone(), Entry { epoch, read_at, value: Arc::clone(&read) });
        }
        Ok(read)
    }

    async fn invalidate(&self, touched: &TouchedProducts) {
        self.epochs.raise(touched);
    }

    async fn suspend(&self, touched: &TouchedProducts, store: Arc<dyn ProductWrites>) {
        let suspended = self.epochs.suspend(touched.clone());
        tokio::spawn(async move {
            while store.await_open_transactions().await.is_err() {
                tokio::time::sleep(Self::RETRY_INTERVAL).await;
            }
            drop(suspended);
        });
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
