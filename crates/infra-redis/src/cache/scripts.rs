//! What the cache asks of Redis: one script, and so one round trip, for each thing.

use std::time::Duration;

use deadpool_redis::redis::Script;
use domain::{ProductId, product::port::ProductQuery};

use super::format::FORMAT;
use crate::{
    failure::RedisFailure,
    line::{Call, Line},
    random,
};

/// How long a lease lasts. Whoever takes longer to read the store has not filled the gap.
const LEASE: Duration = Duration::from_secs(10);

/// What Redis has.
pub(crate) enum Found {
    /// A value, as it was written down.
    Value(Vec<u8>),
    /// Nothing, and the lease to fill the gap: from 1, and below 2^63. `None` if nobody may.
    Lease(Option<u64>),
}

/// The scripts.
pub(crate) struct Scripts {
    find_product: Script,
    put_product: Script,
    find_page: Script,
    put_page: Script,
    forget: Script,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            find_product: Script::new(include_str!("../lua/find_product.lua")),
            put_product: Script::new(include_str!("../lua/put_product.lua")),
            find_page: Script::new(include_str!("../lua/find_page.lua")),
            put_page: Script::new(include_str!("../lua/put_page.lua")),
            forget: Script::new(include_str!("../lua/forget.lua")),
        }
    }

    /// What there is of a product.
    pub(crate) async fn find_product(
        &self,
        line: &Line,
        id: ProductId,
    ) -> Result<Found, RedisFailure> {
        let mut find = self.find_product.prepare_invoke();
        find.key(line.keys.products_generation()).key(line.keys.product(id));
        find.arg(random()).arg(random()).arg(FORMAT).arg(milliseconds(LEASE));
        line.call(Call::Script(&find)).await.map(found)
    }

    /// Puts a product, for so long. Returns whether the lease was good.
    pub(crate) async fn put_product(
        &self,
        line: &Line,
        id: ProductId,
        lease: u64,
        value: &[u8],
        time_to_live: Duration,
    ) -> Result<bool, RedisFailure> {
        let mut put = self.put_product.prepare_invoke();
        put.key(line.keys.products_generation()).key(line.keys.product(id));
        put.arg(lease).arg(FORMAT).arg(milliseconds(time_to_live)).arg(value);
        line.call(Call::Script(&put)).await
    }

    /// What there is of a page.
    pub(crate) async fn find_page(
        &self,
        line: &Line,
        query: &ProductQuery,
    ) -> Result<Found, RedisFailure> {
        let mut find = self.find_page.prepare_invoke();
        find.key(line.keys.pages_generation()).key(line.keys.page(query));
        find.arg(random()).arg(FORMAT);
        line.call(Call::Script(&find)).await.map(found)
    }

    /// Puts a page, for so long. Returns whether the lease was good.
    pub(crate) async fn put_page(
        &self,
        line: &Line,
        query: &ProductQuery,
        lease: u64,
        value: &[u8],
        time_to_live: Duration,
    ) -> Result<bool, RedisFailure> {
        let mut put = self.put_page.prepare_invoke();
        put.key(line.keys.pages_generation()).key(line.keys.page(query));
        put.arg(lease).arg(FORMAT).arg(milliseconds(time_to_live)).arg(value);
        line.call(Call::Script(&put)).await
    }

    /// Forgets these products and every page, and tells all that listen.
    pub(crate) async fn forget(
        &self,
        line: &Line,
        products: &[ProductId],
        message: &str,
    ) -> Result<(), RedisFailure> {
        let mut forget = self.forget.prepare_invoke();
        forget.key(line.keys.pages_generation());
        for id in products {
            forget.key(line.keys.product(*id));
        }
        forget.arg(random()).arg(line.keys.invalidations()).arg(message);
        line.tell(Call::Script(&forget)).await
    }
}

/// What a script says that looks for something. A lease that is no number of ours fills no gap.
fn found((hit, value): (bool, Vec<u8>)) -> Found {
    if hit {
        return Found::Value(value);
    }
    let lease = std::str::from_utf8(&value).ok().and_then(|lease| lease.parse::<u64>().ok());
    Found::Lease(lease.filter(|lease| (1..=u64::MAX / 2).contains(lease)))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
