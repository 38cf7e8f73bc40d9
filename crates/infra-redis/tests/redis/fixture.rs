//! Processes on a Redis, products to cache, and deadlines.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use deadpool_redis::redis::{Client, cmd};
use domain::{
    Page, ProductId, StoreError,
    account::port::SecretSource,
    product::{
        Product, ProductCache, TouchedProducts,
        port::{ProductQuery, ProductReads, ProductWrites},
    },
    rate_limit::{LimitedAction, RateLimitSubject, RateLimited, RateLimiter},
};
use infra_local::{LocalCacheOptions, LocalProductCache, OsSecrets};
use infra_redis::{KeyPrefix, Redis, RedisOptions, RedisProductCache, RedisUrl};
use port_contracts::product_cache::{self, FailingProductReads, ProductReadsStub};
use test_services::{DEADLINE, eventually};
use tokio::task::JoinHandle;

use crate::server::Server;

/// Fails if `work` takes longer than the deadline of tests, which is far beyond all timeouts.
pub(crate) async fn within_deadline<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("the work ends within the deadline")
}

/// The secret of the shop.
pub(crate) fn secrets() -> Arc<dyn SecretSource> {
    Arc::new(OsSecrets::new(b"a secret of thirty-two bytes, or more"))
}

pub(crate) fn shared_url() -> String {
    std::env::var("OMS_TEST_REDIS_URL")
        .expect("OMS_TEST_REDIS_URL names a Redis for tests, such as redis://127.0.0.1:6379")
}

/// Options for tests that do not depend on timeouts: a busy machine causes no outage.
pub(crate) fn generous_timeouts(prefix: &KeyPrefix) -> RedisOptions {
    RedisOptions {
        prefix: prefix.clone(),
        connect_timeout: Duration::from_secs(10),
        command_timeout: Duration::from_secs(10),
        // No two outages are logged as one.
        stable_after: Duration::ZERO,
        ..RedisOptions::default()
    }
}

/// The options of production.
pub(crate) fn default_options() -> RedisOptions {
    RedisOptions::default()
}

/// A prefix on the Redis that tests share. Its keys are deleted on drop, or expire within minutes.
pub(crate) struct UniquePrefix(KeyPrefix);

impl UniquePrefix {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
        Self(format!("test-{}-{since_1970}-{number}", std::process::id()).parse().unwrap())
    }
}

impl Deref for UniquePrefix {
    type Target = KeyPrefix;

    fn deref(&self) -> &KeyPrefix {
        &self.0
    }
}

impl Drop for UniquePrefix {
    fn drop(&mut self) {
        let mut connection = Client::open(shared_url()).unwrap().get_connection().unwrap();
        let mut delete = cmd("DEL");
        for key in ["cache:namespace", "cache:generation:pages", "events"] {
            delete.arg(format!("{{{}}}:{key}", self.0));
        }
        delete.query::<u64>(&mut connection).unwrap();
    }
}

/// An adapter with a prefix that no other test uses.
pub(crate) struct Isolated<T> {
    pub(crate) adapter: T,
    pub(crate) _prefix: UniquePrefix,
}

#[async_trait]
impl ProductCache for Isolated<RedisProductCache> {
    async fn product(
        &self,
        id: ProductId,
        source: &dyn ProductReads,
    ) -> Result<Option<Arc<Product>>, StoreError> {
        self.adapter.product(id, source).await
    }

    async fn page(
        &self,
        query: &ProductQuery,
        source: &dyn ProductReads,
    ) -> Result<CachedPage, StoreError> {
        self.adapter.page(query, source).await
    }

    async fn invalidate(&self, touched: &TouchedProducts) {
        self.adapter.invalidate(touched).await;
    }

    async fn suspend(&self, touched: &TouchedProducts, store: Arc<dyn ProductWrites>) {
        self.adapter.suspend(touched, store).await;
    }
}

#[async_trait]
impl<T: RateLimiter> RateLimiter for Isolated<T> {
    fn is_limited(&self, action: LimitedAction) -> bool {
        self.adapter.is_limited(action)
    }

    async fn check(
        &self,
        action: LimitedAction,
        subject: RateLimitSubject,
    ) -> Result<(), RateLimited> {
        self.adapter.check(action, subject).await
    }

    async fn forgive(&self, action: LimitedAction, subject: RateLimitSubject) {
        self.adapter.forgive(action, subject).await;
    }
}

/// A page as caches return it.
pub(crate) type CachedPage = Arc<Page<Arc<Product>>>;

/// The adapters of one process: a connection to Redis and a cache in two layers.
pub(crate) struct Process {
    pub(crate) redis: Redis,
    pub(crate) cache: Arc<RedisProductCache>,
}

impl Process {
    /// A process whose near cache keeps nothing, so that every lookup reads Redis.
    pub(crate) async fn without_near_cache(url: &RedisUrl, options: RedisOptions) -> Self {
        Self::with_near_cache(url, options, Duration::ZERO).await
    }

    /// A process whose near cache keeps entries for `time_to_live`.
    pub(crate) async fn with_near_cache(
        url: &RedisUrl,
        options: RedisOptions,
        time_to_live: Duration,
    ) -> Self {
        let redis = Redis::connect(url, options).await.unwrap();
        let near = LocalCacheOptions { time_to_live, ..LocalCacheOptions::default() };
        let near = Arc::new(LocalProductCache::new(near));
        let cache = Arc::new(RedisProductCache::new(&redis, near));
        Self { redis, cache }
    }

    /// A process with the default prefix that has connected.
    pub(crate) async fn connect(url: &RedisUrl) -> Self {
        let process = Self::without_near_cache(url, generous_timeouts(&KeyPrefix::default())).await;
        assert!(process.redis.is_up());
        process
    }

    pub(crate) async fn with_own_server() -> (Server, Self) {
        let server = Server::start().await;
        let process = Self::connect(&server.url()).await;
        (server, process)
    }

    pub(crate) async fn until_up(&self) {
        eventually("Redis is back", async || self.redis.is_up()).await;
    }

    pub(crate) async fn until_down(&self) {
        eventually("the outage is noticed", async || !self.redis.is_up()).await;
    }

    /// The version of a product in the cache.
    pub(crate) async fn version(&self, id: i64) -> Option<i64> {
        let found = self.cache.product(ProductId::new(id), &FailingProductReads).await;
        found.ok().flatten().map(|product| product.version.get())
    }

    /// Reads a product through the cache, of which the store has that version.
    pub(crate) async fn read(&self, id: i64, version: i64) {
        let source = ProductReadsStub::of_product(&product(id, version));
        self.cache.product(ProductId::new(id), &source).await.unwrap();
    }

    /// Starts to read a product, of which the store has that version. The store responds at
    /// [`SlowRead::finish`].
    pub(crate) async fn start_slow_read(&self, id: i64, version: i64) -> SlowRead {
        let source = ProductReadsStub::slow(&product(id, version), &page());
        let (cache, reads) = (Arc::clone(&self.cache), Arc::clone(&source));
        let task = tokio::spawn(async move {
            cache.product(ProductId::new(id), reads.as_ref()).await.unwrap();
        });
        source.was_read().await;
        SlowRead { source, task }
    }

    /// Fills the cache with this version, and asserts that the entry is served.
    pub(crate) async fn put(&self, id: i64, version: i64) {
        self.read(id, version).await;
        assert_eq!(self.version(id).await, Some(version), "the entry is served");
    }

    pub(crate) async fn invalidate(&self, id: i64) {
        self.cache.invalidate(&listed(id)).await;
    }
}

/// A read whose store has not responded yet.
pub(crate) struct SlowRead {
    source: Arc<ProductReadsStub>,
    task: JoinHandle<()>,
}

impl SlowRead {
    pub(crate) async fn finish(self) {
        self.source.answer();
        self.task.await.unwrap();
    }
}

pub(crate) fn listed(id: i64) -> TouchedProducts {
    TouchedProducts::Listed(vec![ProductId::new(id)])
}

/// A product of this id and version.
pub(crate) fn product(id: i64, version: i64) -> Arc<Product> {
    product_cache::product(id, version - 1)
}

pub(crate) fn page() -> CachedPage {
    Arc::new(Page { items: vec![product(1, 1)], total: 1, next: None })
}
