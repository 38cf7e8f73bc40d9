//! The product cache in this process.

mod generations;

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

use self::generations::{Generations, GroupState};

/// The size and the TTL of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalCacheOptions {
    /// The most products. The least used are evicted first.
    pub products: u64,
    /// The most bytes of pages, roughly. The least used are evicted first. Pages are limited by
    /// their size because clients determine their number and size: every search makes one.
    pub page_bytes: u64,
    /// How long an entry is served at most, counted from before it was read. Capped at
    /// [`Self::MAX_TIME_TO_LIVE`].
    pub time_to_live: Duration,
}

impl LocalCacheOptions {
    /// The longest TTL.
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

/// A product cache in this process.
///
/// # Why there are no stale reads
///
/// Every product belongs to one of [`Self::PRODUCT_GROUPS`] groups, all pages to one more, and each
/// group has a generation, which is a counter. A reader loads the generation *before* it reads the
/// source, and the entry carries it. An invalidation increments the generations of its products'
/// groups and of the pages. A lookup serves an entry only if its generation is the current one.
///
/// So the race between fill and invalidation is harmless: whenever a slow reader stores its old
/// value, the entry carries a generation from before the invalidation, and no lookup that starts
/// after the invalidation serves it. Conversely, a reader that loaded the new generation reads the
/// source after the change was committed. This needs no lock, and assumes nothing about the map
/// behind it. An outdated entry is overwritten or expires.
///
/// Products of one group are invalidated together; each of them is then read from the source once
/// more.
///
/// An entry also carries a timestamp from before it was read, and is served until its age reaches
/// [`LocalCacheOptions::time_to_live`]. After that time a change of another process is visible,
/// even if the reader was slow.
pub struct LocalProductCache {
    products: Cache<ProductId, Entry<Product>, RandomState>,
    pages: Cache<ProductQuery, Entry<Page<Arc<Product>>>, RandomState>,
    generations: Arc<Generations>,
    time_to_live: Duration,
    hits: Counter,
    misses: Counter,
}

/// A value, with the generation and the time from before it was read.
struct Entry<T> {
    generation: u64,
    read_at: Instant,
    value: Arc<T>,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), ..*self }
    }
}

impl LocalProductCache {
    /// How many invalidation groups the products share: 16 KiB of counters.
    pub const PRODUCT_GROUPS: usize = generations::PRODUCT_GROUPS;
    /// The pause before [`ProductWrites::await_open_transactions`] is called again after an error.
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
            generations: Arc::new(Generations::new()),
            time_to_live,
            hits: lookups("hit"),
            misses: lookups("miss"),
        }
    }

    /// The valid entry of the `current` generation at the time `now`.
    fn find<K: Hash + Eq + Send + Sync + 'static, T: Send + Sync + 'static>(
        &self,
        entries: &Cache<K, Entry<T>, RandomState>,
        key: &K,
        current: u64,
        now: Instant,
    ) -> Option<Arc<T>> {
        let found = entries.get(key).filter(|entry| {
            entry.generation == current
                && now.saturating_duration_since(entry.read_at) < self.time_to_live
        });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.increment(1);
        Span::current().record("oms.cache.hit", found.is_some());
        found.map(|entry| entry.value)
    }
}

/// The approximate size of a product in bytes.
fn product_bytes(product: &Product) -> usize {
    let description = product.description.as_ref().map_or(0, |text| text.as_str().len());
    size_of::<Product>() + product.name.as_str().len() + description
}

/// The approximate size of a page in bytes, including its key, the query.
fn page_bytes(query: &ProductQuery, page: &Page<Arc<Product>>) -> usize {
    let search = query.search.as_ref().map_or(0, |term| term.folded().len());
    let products = page.items.iter().map(|product| product_bytes(product));
    size_of::<(ProductQuery, Page<Arc<Product>>)>() + search + products.sum::<usize>()
}

/// The counter of lookups with this result, from the `metrics` recorder that is installed at the
/// time.
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
        // Both are taken before the lookup and before the read.
        let read_at = Instant::now();
        let GroupState::Current(generation) = self.generations.of_product(id) else {
            self.misses.increment(1);
            Span::current().record("oms.cache.hit", false);
            return source.find(id).await;
        };
        if let Some(found) = self.find(&self.products, &id, generation, read_at) {
            return Ok(Some(found));
        }
        let read = source.find(id).await?;
        // An outdated entry would only evict a useful one.
        if let Some(product) = &read
            && self.generations.of_product(id) == GroupState::Current(generation)
        {
            self.products.insert(id, Entry { generation, read_at, value: Arc::clone(product) });
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
        let GroupState::Current(generation) = self.generations.of_pages() else {
            self.misses.increment(1);
            Span::current().record("oms.cache.hit", false);
            return source.list(query).await;
        };
        if let Some(found) = self.find(&self.pages, query, generation, read_at) {
            return Ok(found);
        }
        let read = source.list(query).await?;
        if self.generations.of_pages() == GroupState::Current(generation) {
            self.pages
                .insert(query.clone(), Entry { generation, read_at, value: Arc::clone(&read) });
        }
        Ok(read)
    }

    async fn invalidate(&self, touched: &TouchedProducts) {
        self.generations.advance(touched);
    }

    async fn suspend(&self, touched: &TouchedProducts, store: Arc<dyn ProductWrites>) {
        let suspension = self.generations.suspend(touched.clone());
        tokio::spawn(async move {
            while store.await_open_transactions().await.is_err() {
                tokio::time::sleep(Self::RETRY_INTERVAL).await;
            }
            drop(suspension);
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
    fn the_size_of_a_page_includes_its_products_and_its_search_term() {
        let empty = page_bytes(&query(""), &page(0));
        assert!(empty > 0, "an empty page takes memory as well");
        assert_eq!(page_bytes(&query(&"x".repeat(250)), &page(0)), empty + 250);
        assert!(page_bytes(&query(""), &page(100)) > empty + 100_000);
    }
}
