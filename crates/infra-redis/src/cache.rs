//! The cache that replicas share, behind one in each process.

mod entries;
mod format;
mod sharing;

use std::{pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use domain::{
    Page, ProductId, StoreError,
    product::{
        Product, ProductCache, TouchedProducts,
        port::{ProductQuery, ProductReads, ProductWrites},
    },
};
use metrics::{Counter, counter};
use tokio::time::{sleep, timeout};
use tracing::{Span, instrument};

use self::entries::{Found, Slot, Stamp};
use crate::{client::RedisClient, connection::Redis, keys::Stripe};

/// A cache of products in two layers: a near one in this process, and Redis, which all processes share.
///
/// Pages that few others will ask for are kept nearby alone. The head of this crate says why it never serves an
/// old value.
pub struct RedisProductCache {
    redis: Redis,
    near: Arc<dyn ProductCache>,
    put: Script,
    hits: Counter,
    misses: Counter,
}

impl RedisProductCache {
    /// How long a value is kept in Redis.
    pub const TIME_TO_LIVE: Duration = Duration::from_mins(4);
    /// How long the near cache may keep a value at the most. Another process's change is seen after that time; what is left
    /// of the second that it may take is for an invalidation that has to be made good by a new connection.
    pub const NEAR_TIME_TO_LIVE: Duration = Duration::from_millis(500);
    /// How long values stay blocked after the last word of the process that does not know what became of a commit.
    pub const BLOCK_TIME_TO_LIVE: Duration = Duration::from_secs(30);
    /// How often that process blocks them again.
    const BLOCK_INTERVAL: Duration = Duration::from_millis(500);
    /// How long to wait before another try, when the store could not say whether transactions are open.
    const RETRY_INTERVAL: Duration = Duration::from_millis(250);

    /// A cache on Redis, behind a near one of this process that nothing else uses. The near one
    /// must not keep a value for longer than [`Self::NEAR_TIME_TO_LIVE`].
    pub fn new(redis: &Redis, near: Arc<dyn ProductCache>) -> Self {
        let lookups = |result| counter!("oms_product_cache_requests_total", "layer" => "redis", "result" => result);
        Self {
            redis: redis.clone(),
            near,
            put: Script::new(include_str!("lua/put.lua")),
            hits: lookups("hit"),
            misses: lookups("miss"),
        }
    }

    fn client(&self) -> &RedisClient {
        self.redis.client()
    }

    /// What Redis has for a slot; nothing if it is away. Questions that it did not answer are not counted.
    async fn find(&self, slot: &Slot) -> Found {
        let Ok(found) = slot.find(self.client()).await else {
            return Found { value: None, stamp: None };
        };
        let counter = if found.value.is_some() { &self.hits } else { &self.misses };
        counter.increment(1);
        Span::current().record("oms.cache.hit", found.value.is_some());
        found
    }

    async fn put(&self, slot: &Slot, stamp: &Stamp, value: &[u8]) {
        // A value that is not put is only missing.
        let _put = slot.put(self.client(), &self.put, stamp, value, Self::TIME_TO_LIVE).await;
    }
}

/// Redis, and the store behind it: what the near cache reads.
struct BehindNear<'a> {
    cache: &'a RedisProductCache,
    source: &'a dyn ProductReads,
}

#[async_trait]
impl ProductReads for BehindNear<'_> {
    #[instrument(target = "oms", name = "redis.product", skip_all, fields(oms.cache.hit))]
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        let keys = &self.cache.client().keys;
        let slot = Slot::new(keys, Stripe::of(id), keys.product(id));
        let Found { value, stamp } = self.cache.find(&slot).await;
        let product = value.as_deref().and_then(format::read_product);
        if let Some(product) = product.filter(|product| product.id == id) {
            return Ok(Some(product));
        }
        let read = self.source.find(id).await?;
        if let (Some(stamp), Some(product)) = (stamp, &read)
            && let Some(value) = format::write_product(product)
        {
            self.cache.put(&slot, &stamp, &value).await;
        }
        Ok(read)
    }

    #[instrument(target = "oms", name = "redis.page", skip_all, fields(oms.cache.hit))]
    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        if !sharing::is_shared(query) {
            return self.source.list(query).await;
        }
        let keys = &self.cache.client().keys;
        let slot = Slot::new(keys, Stripe::Pages, keys.page(query));
        let Found { value, stamp } = self.cache.find(&slot).await;
        if let Some(page) = value.as_deref().and_then(format::read_page) {
            return Ok(page);
        }
        let read = self.source.list(query).await?;
        if let Some(stamp) = stamp
            && let Some(value) = format::write_page(&read)
            && sharing::is_small_enough(value.len())
        {
            self.cache.put(&slot, &stamp, &value).await;
        }
        Ok(read)
    }
}

/// Redis first and the near cache second. Were it the other way round, a reader could fetch the old value from Redis
/// in between.
async fn invalidate(client: &RedisClient, near: &dyn ProductCache, touched: &TouchedProducts) {
    // If it failed, Redis is not used any more until everything there is void.
    let _confirmed = entries::invalidate(client, touched).await;
    near.invalidate(touched).await;
}

#[async_trait]
impl ProductCache for RedisProductCache {
    async fn product(
        &self,
        id: ProductId,
        source: &dyn ProductReads,
    ) -> Result<Option<Arc<Product>>, StoreError> {
        self.near.product(id, &BehindNear { cache: self, source }).await
    }

    async fn page(
        &self,
        query: &ProductQuery,
        source: &dyn ProductReads,
    ) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.near.page(query, &BehindNear { cache: self, source }).await
    }

    #[instrument(target = "oms", name = "cache.invalidate", skip_all)]
    async fn invalidate(&self, touched: &TouchedProducts) {
        invalidate(self.client(), self.near.as_ref(), touched).await;
    }

    #[instrument(target = "oms", name = "cache.suspend", skip_all)]
    async fn suspend(&self, touched: &TouchedProducts, store: Arc<dyn ProductWrites>) {
        let _blocked = entries::block(self.client(), touched, Self::BLOCK_TIME_TO_LIVE).await;
        self.invalidate(touched).await;
        self.near.suspend(touched, Arc::clone(&store)).await;
        let (client, near) = (Arc::clone(self.redis.client()), Arc::clone(&self.near));
        let touched = touched.clone();
        self.client().runtime().spawn(async move {
            let mut ended = pin!(transactions_ended(store.as_ref()));
            while !client.is_shut() && timeout(Self::BLOCK_INTERVAL, &mut ended).await.is_err() {
                // Also because Redis may have been away, or was restarted.
                let _blocked = entries::block(&client, &touched, Self::BLOCK_TIME_TO_LIVE).await;
            }
            invalidate(&client, near.as_ref(), &touched).await;
        });
    }
}

/// Waits until the store has said that no transaction is open any more that was open before.
async fn transactions_ended(store: &dyn ProductWrites) {
    while store.await_open_transactions().await.is_err() {
        sleep(RedisProductCache::RETRY_INTERVAL).await;
    }
}
