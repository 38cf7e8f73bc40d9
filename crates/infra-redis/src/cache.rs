//! The product cache in two layers: a near cache in each process, and Redis behind it.

mod admission;
mod entries;
mod format;

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

use self::entries::{EntryGeneration, EntryKeys, Lookup};
use crate::{client::RedisClient, connection::Redis, keys::InvalidationGroup};

/// A product cache in two layers: a near cache in this process, and Redis, shared by all processes.
///
/// Pages that few other clients will request are stored in the near cache only. The crate's
/// documentation explains why there are no stale reads.
pub struct RedisProductCache {
    redis: Redis,
    near: Arc<dyn ProductCache>,
    put: Script,
    hits: Counter,
    misses: Counter,
}

impl RedisProductCache {
    /// How long Redis keeps an entry.
    pub const TIME_TO_LIVE: Duration = Duration::from_mins(4);
    /// The maximum TTL of an entry in the near cache, and so the time after which changes of other
    /// processes are visible. The port allows a second; the other half is a reserve for an
    /// invalidation that Redis does not confirm, which takes effect only with a new connection.
    pub const NEAR_TIME_TO_LIVE: Duration = Duration::from_millis(500);
    /// How long entries stay blocked after the last renewal.
    pub const BLOCK_TIME_TO_LIVE: Duration = Duration::from_secs(30);
    /// How often the process that suspended entries renews their block.
    const BLOCK_INTERVAL: Duration = Duration::from_millis(500);
    /// The pause before [`ProductWrites::await_open_transactions`] is called again after an error.
    const RETRY_INTERVAL: Duration = Duration::from_millis(250);

    /// A cache on Redis behind a near cache, which nothing else may use and which must not keep an
    /// entry for longer than [`Self::NEAR_TIME_TO_LIVE`].
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

    /// Looks an entry up in Redis. If Redis does not reply, neither a hit nor a miss is counted.
    async fn find(&self, keys: &EntryKeys) -> Lookup {
        let Ok(lookup) = keys.find(self.client()).await else {
            return Lookup { value: None, generation: None };
        };
        let counter = if lookup.value.is_some() { &self.hits } else { &self.misses };
        counter.increment(1);
        Span::current().record("oms.cache.hit", lookup.value.is_some());
        lookup
    }

    async fn put(&self, keys: &EntryKeys, generation: &EntryGeneration, value: &[u8]) {
        // If it fails, the next read is a miss.
        let _put = keys.put(self.client(), &self.put, generation, value, Self::TIME_TO_LIVE).await;
    }
}

/// The source of the near cache: Redis, and the store behind it.
struct ReadThroughRedis<'a> {
    cache: &'a RedisProductCache,
    source: &'a dyn ProductReads,
}

#[async_trait]
impl ProductReads for ReadThroughRedis<'_> {
    #[instrument(target = "oms", name = "redis.product", skip_all, fields(oms.cache.hit))]
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        let keys = &self.cache.client().keys;
        let entry_keys = EntryKeys::new(keys, InvalidationGroup::of(id), keys.product(id));
        let Lookup { value, generation } = self.cache.find(&entry_keys).await;
        let product = value.as_deref().and_then(format::decode_product);
        if let Some(product) = product.filter(|product| product.id == id) {
            return Ok(Some(product));
        }
        let read = self.source.find(id).await?;
        if let (Some(generation), Some(product)) = (generation, &read)
            && let Some(value) = format::encode_product(product)
        {
            self.cache.put(&entry_keys, &generation, &value).await;
        }
        Ok(read)
    }

    #[instrument(target = "oms", name = "redis.page", skip_all, fields(oms.cache.hit))]
    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        if !admission::admits_query(query) {
            return self.source.list(query).await;
        }
        let keys = &self.cache.client().keys;
        let entry_keys = EntryKeys::new(keys, InvalidationGroup::Pages, keys.page(query));
        let Lookup { value, generation } = self.cache.find(&entry_keys).await;
        if let Some(page) = value.as_deref().and_then(format::decode_page) {
            return Ok(page);
        }
        let read = self.source.list(query).await?;
        if let Some(generation) = generation
            && let Some(value) = format::encode_page(&read)
            && admission::admits_size(value.len())
        {
            self.cache.put(&entry_keys, &generation, &value).await;
        }
        Ok(read)
    }
}

/// Invalidates in Redis first and in the near cache second. In the opposite order a reader could
/// fill the near cache with the old value from Redis in between.
async fn invalidate(client: &RedisClient, near: &dyn ProductCache, touched: &TouchedProducts) {
    // If it failed, the breaker is open until all entries in Redis are invalidated.
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
        self.near.product(id, &ReadThroughRedis { cache: self, source }).await
    }

    async fn page(
        &self,
        query: &ProductQuery,
        source: &dyn ProductReads,
    ) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.near.page(query, &ReadThroughRedis { cache: self, source }).await
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
            let mut transactions_ended = pin!(await_open_transactions(store.as_ref()));
            while !client.is_closed()
                && timeout(Self::BLOCK_INTERVAL, &mut transactions_ended).await.is_err()
            {
                // The entries are blocked anew, not only renewed: Redis may have been unavailable,
                // or may have restarted.
                let _blocked = entries::block(&client, &touched, Self::BLOCK_TIME_TO_LIVE).await;
            }
            invalidate(&client, near.as_ref(), &touched).await;
        });
    }
}

/// Waits until all transactions that are open now have ended. Retries until the store confirms it.
async fn await_open_transactions(store: &dyn ProductWrites) {
    while store.await_open_transactions().await.is_err() {
        sleep(RedisProductCache::RETRY_INTERVAL).await;
    }
}
