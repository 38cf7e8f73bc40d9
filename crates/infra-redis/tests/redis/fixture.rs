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
    Page, ProductId, Revision, Version,
    product::{CacheLease, Product, ProductCache, ProductLookup, port::ProductQuery},
    rate_limit::{LimitedAction, RateLimited, RateLimiter},
};
use infra_local::{LocalCacheOptions, LocalProductCache};
use infra_redis::{KeyPrefix, Redis, RedisOptions, RedisProductCache, RedisUrl};
use port_contracts::builders;

/// How long a test waits for anything before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it looks.
const POLL: Duration = Duration::from_millis(5);

/// Waits until something is true.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Fails if something takes as long as a hang would, which is far longer than any limit.
pub(crate) async fn without_hanging<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("nothing waits for ever")
}

/// The Redis that tests share.
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
        pool_wait: Duration::from_secs(10),
        change_wait: Duration::from_secs(10),
        // Every outage is one of its own.
        calm: Duration::ZERO,
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
        for key in ["cache:server", "cache:products", "cache:pages", "events"] {
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
    async fn product(&self, id: ProductId) -> ProductLookup<Arc<Product>> {
        self.adapter.product(id).await
    }

    async fn put_product(&self, lease: CacheLease, product: &Arc<Product>) {
        self.adapter.put_product(lease, product).await;
    }

    async fn page(&self, query: &ProductQuery) -> ProductLookup<Arc<Page<Arc<Product>>>> {
        // Pages of cursors and the like are kept nearby alone, and so only while that is relied on.
        let trusted = async {
            while !self.adapter.near_is_trusted() {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, trusted).await.expect("the near cache is relied on");
        self.adapter.page(query).await
    }

    async fn put_page(
        &self,
        lease: CacheLease,
        query: &ProductQuery,
        page: &Arc<Page<Arc<Product>>>,
    ) {
        self.adapter.put_page(lease, query, page).await;
    }

    async fn invalidate(&self, products: &[ProductId]) {
        self.adapter.invalidate(products).await;
    }

    async fn invalidate_all(&self) {
        self.adapter.invalidate_all().await;
    }
}

#[async_trait]
impl<T: RateLimiter> RateLimiter for Alone<T> {
    async fn check(&self, action: LimitedAction, client: IpAddr) -> Result<(), RateLimited> {
        self.adapter.check(action, client).await
    }
}

/// What one process of the product has: a way to Redis, and a cache in two layers.
pub(crate) struct Process {
    pub(crate) redis: Redis,
    pub(crate) near: Arc<LocalProductCache>,
    pub(crate) cache: RedisProductCache,
}

impl Process {
    pub(crate) async fn start(url: &RedisUrl, options: RedisOptions) -> Self {
        let redis = Redis::connect(url, options).await.unwrap();
        let near = Arc::new(LocalProductCache::new(LocalCacheOptions::default()));
        let as_near: Arc<dyn ProductCache> = Arc::<LocalProductCache>::clone(&near);
        let cache = RedisProductCache::new(&redis, as_near);
        Self { redis, near, cache }
    }

    /// A process of the default prefix on a server of its own, which relies on its near cache.
    pub(crate) async fn on(url: &RedisUrl) -> Self {
        let process = Self::start(url, patient(&KeyPrefix::default())).await;
        process.until_trusted().await;
        process
    }

    pub(crate) async fn until_up(&self) {
        until("Redis is back", async || self.redis.is_up()).await;
    }

    pub(crate) async fn until_trusted(&self) {
        until("the near cache is relied on", async || self.cache.near_is_trusted()).await;
    }

    /// The version of a product that it would answer from its cache.
    pub(crate) async fn version(&self, id: i64) -> Option<i64> {
        version_in(&self.cache, id).await
    }

    /// The version of a product that is in its near cache, whether that is relied on or not.
    pub(crate) async fn near_version(&self, id: i64) -> Option<i64> {
        version_in(self.near.as_ref(), id).await
    }

    pub(crate) async fn lease(&self, id: i64) -> CacheLease {
        match self.cache.product(ProductId::new(id)).await {
            ProductLookup::Miss(lease) => lease,
            ProductLookup::Hit(product) => panic!("{product:?} is there already"),
        }
    }

    /// Fills a gap, and sees to it that the value is in both layers.
    pub(crate) async fn put(&self, id: i64, version: i64) {
        let lease = self.lease(id).await;
        self.cache.put_product(lease, &product(id, version)).await;
        assert_eq!(self.version(id).await, Some(version), "it was put");
    }

    pub(crate) async fn invalidate(&self, id: i64) {
        self.cache.invalidate(&[ProductId::new(id)]).await;
    }
}

async fn version_in(cache: &dyn ProductCache, id: i64) -> Option<i64> {
    match cache.product(ProductId::new(id)).await {
        ProductLookup::Hit(product) => Some(product.version.get()),
        ProductLookup::Miss(_) => None,
    }
}

/// A product of that number and version.
pub(crate) fn product(id: i64, version: i64) -> Arc<Product> {
    let new = builders::product("Lamp").build();
    Arc::new(Product {
        id: ProductId::new(id),
        name: new.name,
        description: new.description,
        price: new.price,
        stock: new.stock,
        version: Version::new(version),
        revision: Revision::new(version),
        created_at: builders::moment(0),
        updated_at: builders::moment(version),
        deleted_at: None,
    })
}
