//! The cache that replicas share, behind one in each process.

mod forgetting;
mod format;
mod lease;
mod lookups;
mod message;
mod scripts;
mod sharing;
mod subscription;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Page, ProductId,
    product::{CacheLease, Product, ProductCache, ProductLookup, port::ProductQuery},
};
use tokio::task::AbortHandle;

use self::{
    forgetting::{Forgetting, Untold},
    lease::Lease,
    lookups::Lookups,
    scripts::{Found, Scripts},
    subscription::{Subscription, keep_listening},
};
use crate::{connection::Redis, line::Line};

/// A cache of products in two layers: a near one in this process, and Redis, which all processes share.
///
/// Pages that few others will ask for are kept nearby alone. Why it never serves an old value is told at the
/// head of this crate.
pub struct RedisProductCache {
    line: Arc<Line>,
    near: Arc<dyn ProductCache>,
    subscription: Arc<Subscription>,
    scripts: Scripts,
    forgetting: Arc<Forgetting>,
    lookups: Lookups,
    listening: AbortHandle,
    /// Keeps Redis watched over while there is a cache on it.
    _redis: Redis,
}

impl RedisProductCache {
    /// How long a value is kept in Redis.
    pub const TIME_TO_LIVE: Duration = Duration::from_mins(4);
    /// How long a value may be kept in the near cache, where it may come to from Redis on its last day: both
    /// together are the five minutes that a value may be served.
    pub const NEAR_TIME_TO_LIVE: Duration = Duration::from_mins(1);
    /// The most products that are named in one invalidation. More than that, and all are forgotten.
    pub const MOST_NAMED: usize = 1_000;

    /// A cache on Redis, behind a near one of this process that nobody else uses. Of values the near one
    /// must not keep any for longer than [`Self::NEAR_TIME_TO_LIVE`].
    pub fn new(redis: &Redis, near: Arc<dyn ProductCache>) -> Self {
        let line = Arc::clone(redis.line());
        let subscription = Arc::new(Subscription::new());
        let listening = redis.spawn(keep_listening(
            Arc::clone(&subscription),
            Arc::clone(&line),
            Arc::clone(&near),
        ));
        let forgetting = Forgetting::new(Arc::clone(&line), Arc::clone(&near), Self::MOST_NAMED);
        Self {
            line,
            near,
            subscription,
            scripts: Scripts::new(),
            forgetting: Arc::new(forgetting),
            lookups: Lookups::new(),
            listening,
            _redis: redis.clone(),
        }
    }

    /// Whether the near cache is relied on at the moment.
    pub fn near_is_trusted(&self) -> bool {
        self.line.is_up() && self.hears_everything()
    }

    fn hears_everything(&self) -> bool {
        self.subscription.is_current(self.line.breaker().closings())
    }

    /// What is in the near cache; `Ok` with its lease, if it is to be filled.
    async fn nearby<T>(
        &self,
        lookup: impl Future<Output = ProductLookup<T>> + Send,
    ) -> Result<Option<CacheLease>, T> {
        if !self.hears_everything() {
            return Ok(None);
        }
        match lookup.await {
            ProductLookup::Hit(value) => Err(value),
            ProductLookup::Miss(lease) => Ok(Some(lease)),
        }
    }

    /// What Redis has for a product that is not nearby.
    async fn shared_product(
        &self,
        id: ProductId,
        nearer: Option<CacheLease>,
    ) -> ProductLookup<Arc<Product>> {
        let found = self.scripts.find_product(&self.line, id).await;
        self.lookups.count(&found);
        match found {
            Ok(Found::Lease(redis)) => ProductLookup::Miss(Lease { redis, nearer }.pack()),
            Ok(Found::Value(value)) => {
                let Some(product) = format::read_product(&value).filter(|found| found.id == id)
                else {
                    return ProductLookup::Miss(Lease::NONE);
                };
                if let Some(lease) = nearer {
                    self.near.put_product(lease, &product).await;
                }
                ProductLookup::Hit(product)
            }
            Err(_away) => ProductLookup::Miss(Lease::NONE),
        }
    }

    /// What Redis has for a page that is not nearby.
    async fn shared_page(
        &self,
        query: &ProductQuery,
        nearer: Option<CacheLease>,
    ) -> ProductLookup<Arc<Page<Arc<Product>>>> {
        if !sharing::is_shared(query) {
            return ProductLookup::Miss(Lease { redis: None, nearer }.pack());
        }
        let found = self.scripts.find_page(&self.line, query).await;
        self.lookups.count(&found);
        match found {
            Ok(Found::Lease(redis)) => ProductLookup::Miss(Lease { redis, nearer }.pack()),
            Ok(Found::Value(value)) => {
                let Some(page) = format::read_page(&value) else {
                    return ProductLookup::Miss(Lease::NONE);
                };
                if let Some(lease) = nearer {
                    self.near.put_page(lease, query, &page).await;
                }
                ProductLookup::Hit(page)
            }
            Err(_away) => ProductLookup::Miss(Lease::NONE),
        }
    }
}

impl Drop for RedisProductCache {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[async_trait]
impl ProductCache for RedisProductCache {
    async fn product(&self, id: ProductId) -> ProductLookup<Arc<Product>> {
        if !self.line.is_up() {
            return ProductLookup::Miss(Lease::NONE);
        }
        // The near lease is taken before Redis is asked: an invalidation in between voids it.
        let nearer = match self.nearby(self.near.product(id)).await {
            Ok(lease) => lease,
            Err(product) => return ProductLookup::Hit(product),
        };
        // Most stop before this, and need no room for what comes behind.
        Box::pin(self.shared_product(id, nearer)).await
    }

    async fn put_product(&self, lease: CacheLease, product: &Arc<Product>) {
        let lease = Lease::unpack(lease);
        let (Some(redis), Some(value)) = (lease.redis, format::write_product(product)) else {
            return;
        };
        let put = self
            .scripts
            .put_product(&self.line, product.id, redis, &value, Self::TIME_TO_LIVE)
            .await;
        // Who comes second with a good value finds it in Redis the next time.
        if let (Ok(true), Some(nearer)) = (put, lease.nearer) {
            self.near.put_product(nearer, product).await;
        }
    }

    async fn page(&self, query: &ProductQuery) -> ProductLookup<Arc<Page<Arc<Product>>>> {
        if !self.line.is_up() {
            return ProductLookup::Miss(Lease::NONE);
        }
        let nearer = match self.nearby(self.near.page(query)).await {
            Ok(lease) => lease,
            Err(page) => return ProductLookup::Hit(page),
        };
        Box::pin(self.shared_page(query, nearer)).await
    }

    async fn put_page(
        &self,
        lease: CacheLease,
        query: &ProductQuery,
        page: &Arc<Page<Arc<Product>>>,
    ) {
        let lease = Lease::unpack(lease);
        let Some(value) = format::write_page(page) else { return };
        let may_be_kept = if sharing::is_shared(query) && sharing::is_small_enough(value.len()) {
            let Some(redis) = lease.redis else { return };
            self.scripts
                .put_page(&self.line, query, redis, &value, Self::TIME_TO_LIVE)
                .await
                .unwrap_or(false)
        } else {
            // The nearer lease says all by itself: it is void as soon as this process hears of a change.
            true
        };
        if let (true, Some(nearer)) = (may_be_kept, lease.nearer) {
            self.near.put_page(nearer, query, page).await;
        }
    }

    async fn invalidate(&self, products: &[ProductId]) {
        if products.len() > Self::MOST_NAMED {
            self.invalidate_all().await;
        } else {
            self.forgetting.forget(products).await;
        }
    }

    async fn invalidate_all(&self) {
        let untold = Untold::new(&self.line);
        if self.line.forget_all().await.is_ok() {
            untold.told();
        } else {
            drop(untold);
        }
        self.near.invalidate_all().await;
    }
}
