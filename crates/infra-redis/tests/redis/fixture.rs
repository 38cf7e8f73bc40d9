//! Processes on a Redis, products to cache, and waiting for something to come true.

use std::{
    net::IpAddr,
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
    product::{
        Product, ProductCache, TouchedProducts,
        port::{ProductQuery, ProductReads, ProductWrites},
    },
    rate_limit::{LimitedAction, RateLimited, RateLimiter},
};
use infra_local::{LocalCacheOptions, LocalProductCache};
use infra_redis::{KeyPrefix, Redis, RedisOptions, RedisProductCache, RedisUrl};
use port_contracts::product_cache::{self, Failing, Source};
use test_services::{DEADLINE, eventually};
use tokio::task::JoinHandle;

use crate::server::Server;

/// Fails if something takes as long as a hang would, which is far longer than any limit.
pub(crate) async fn without_hanging<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("nothing waits for ever")
}

pub(crate) fn shared_url() -> String {
    std::env::var("OMS_TEST_REDIS_URL")
        .expect("OMS_TEST_REDIS_URL names a Redis for tests, such as redis://127.0.0.1:6379")
}

/// Time limits for tests on which time limits have no bearing: a busy machine is not an outage.
pub(crate) fn patient(prefix: &KeyPrefix) -> RedisOptions {
    RedisOptions {
        prefix: prefix.clone(),
        connect_timeout: Duration::from_secs(10),
        command_timeout: Duration::from_secs(10),
        // Every outage is one of its own.
        stable_after: Duration::ZERO,
        ..RedisOptions::default()
    }
}

/// The time limits that are meant for a shop.
pub(crate) fn quick() -> RedisOptions {
    RedisOptions::default()
}

/// A prefix on the Redis that tests share. What lies under it goes, or expires within minutes.
pub(crate) struct FreshPrefix(KeyPrefix);

impl FreshPrefix {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
        Self(format!("test-{}-{since_1970}-{number}", std::process::id()).parse().unwrap())
    }
}

impl Deref for FreshPrefix {
    type Target = KeyPrefix;

    fn deref(&self) -> &KeyPrefix {
        &self.0
    }
}

impl Drop for FreshPrefix {
    fn drop(&mut self) {
        let mut connection = Client::open(shared_url()).unwrap().get_connection().unwrap();
        let mut delete = cmd("DEL");
        for key in ["cache:namespace", "cache:generation:pages", "events"] {
            delete.arg(format!("{{{}}}:{key}", self.0));
        }
        delete.query::<u64>(&mut connection).unwrap();
    }
}

/// An adapter, with the prefix that it has to itself.
pub(crate) struct Alone<T> {
    pub(crate) adapter: T,
    pub(crate) _prefix: FreshPrefix,
}

#[async_trait]
impl ProductCache for Alone<RedisProductCache> {
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
impl<T: RateLimiter> RateLimiter for Alone<T> {
    async fn check(&self, action: LimitedAction, client: IpAddr) -> Result<(), RateLimited> {
        self.adapter.check(action, client).await
    }
}

/// A page, as caches have it.
pub(crate) type CachedPage = Arc<Page<Arc<Product>>>;

/// What one process of the product has: a way to Redis, and a cache in two layers.
pub(crate) struct Process {
    pub(crate) redis: Redis,
    pub(crate) cache: Arc<RedisProductCache>,
}

impl Process {
    /// A process whose near cache keeps nothing, so that every lookup asks Redis.
    pub(crate) async fn start(url: &RedisUrl, options: RedisOptions) -> Self {
        Self::with_near(url, options, Duration::ZERO).await
    }

    /// A process whose near cache keeps values for so long.
    pub(crate) async fn with_near(
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

    /// A process of the default prefix on a server of its own.
    pub(crate) async fn on(url: &RedisUrl) -> Self {
        let process = Self::start(url, patient(&KeyPrefix::default())).await;
        assert!(process.redis.is_up());
        process
    }

    pub(crate) async fn alone() -> (Server, Self) {
        let server = Server::start().await;
        let process = Self::on(&server.url()).await;
        (server, process)
    }

    pub(crate) async fn until_up(&self) {
        eventually("Redis is back", async || self.redis.is_up()).await;
    }

    pub(crate) async fn until_down(&self) {
        eventually("the outage is noticed", async || !self.redis.is_up()).await;
    }

    /// The version of a product that it has cached.
    pub(crate) async fn version(&self, id: i64) -> Option<i64> {
        let found = self.cache.product(ProductId::new(id), &Failing).await;
        found.ok().flatten().map(|product| product.version.get())
    }

    /// Reads a product of which the store has that version.
    pub(crate) async fn read(&self, id: i64, version: i64) {
        let source = Source::of_product(&product(id, version));
        self.cache.product(ProductId::new(id), &source).await.unwrap();
    }

    /// Begins to read a product of which the store has that version. Its answer comes after [`SlowRead::end`].
    pub(crate) async fn begin_to_read(&self, id: i64, version: i64) -> SlowRead {
        let source = Source::slow(&product(id, version), &page());
        let (cache, reads) = (Arc::clone(&self.cache), Arc::clone(&source));
        let task = tokio::spawn(async move {
            cache.product(ProductId::new(id), reads.as_ref()).await.unwrap();
        });
        source.was_read().await;
        SlowRead { source, task }
    }

    /// Fills a gap, and sees to it that the value is there.
    pub(crate) async fn put(&self, id: i64, version: i64) {
        self.read(id, version).await;
        assert_eq!(self.version(id).await, Some(version), "it was put");
    }

    pub(crate) async fn invalidate(&self, id: i64) {
        self.cache.invalidate(&listed(id)).await;
    }
}

/// A read that waits for the store.
pub(crate) struct SlowRead {
    source: Arc<Source>,
    task: JoinHandle<()>,
}

impl SlowRead {
    pub(crate) async fn end(self) {
        self.source.answer();
        self.task.await.unwrap();
    }
}

pub(crate) fn listed(id: i64) -> TouchedProducts {
    TouchedProducts::Listed(vec![ProductId::new(id)])
}

/// A product of that number and version.
pub(crate) fn product(id: i64, version: i64) -> Arc<Product> {
    product_cache::product(id, version - 1)
}

pub(crate) fn page() -> CachedPage {
    Arc::new(Page { items: vec![product(1, 1)], total: 1, next: None })
}
