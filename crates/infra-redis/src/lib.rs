//! What replicas share through Redis: the cache of products, rate limits, and the stream of events.
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | `connection` | [`Redis`]: what a program holds |
//! | `client` | the connection, requests, reconnecting; one line in the log for each outage |
//! | `breaker` | whether Redis is to be asked at all |
//! | `health` | whether Redis is there |
//! | `address`, `options`, `keys`, `failure` | the URL, what can be set, names in Redis, what goes wrong |
//! | `cache` | [`RedisProductCache`]: a [`ProductCache`](domain::product::ProductCache) in two layers |
//! | `rate_limiter` | [`RedisRateLimiter`]: a [`RateLimiter`](domain::rate_limit::RateLimiter) |
//! | `event_stream` | [`RedisEventStream`]: a [`EventHandler`](domain::outbox::port::EventHandler) |
//! | `lua` | the scripts, each of which is one step for Redis |
//!
//! Redis holds nothing that cannot be lost. While it is away reads come from the database, each process limits by
//! itself, and events wait in the outbox. Nothing waits for it longer than the time limits, and after the
//! first failure nothing waits at all. A process has one connection, on which all requests are pipelined.
//!
//! # What is in Redis
//!
//! All names start with the prefix in braces, `{oms}` unless set otherwise.
//!
//! | name | what | lasts |
//! |---|---|---|
//! | `:cache:namespace` | a random number: what is cached under another is void | |
//! | `:cache:generation:`n | the generation of a stripe of products, those with `id mod 1024 = n`: a random number | |
//! | `:cache:generation:pages` | the generation of all pages | |
//! | `:cache:blocked:`n, `:cache:blocked:pages` | is there while nothing of the stripe is served or kept | 30 s |
//! | `:cache:product:`id | a product, behind the namespace and the generation under which it is good | 4 min |
//! | `:cache:page:`hash | likewise a page of products: of the first hundred of a query without a cursor and with a search of at most 100 characters, if it has at most 256 KiB | 4 min |
//! | `:limit:`action`:`client | when all attempts of a client are free again | until then |
//! | `:events` | stream of events | the latest 100,000 or so |
//!
//! Everything of the cache may be evicted at any moment. `maxmemory-policy volatile-lru` suits best: it
//! leaves the stream alone.
//!
//! A user of Redis with restricted rights needs the keys `{oms}:*`, and `EVALSHA`, `SCRIPT LOAD`, `GET`, `MGET`, `SET`,
//! `MSET`, `TIME`, `XADD`, `PING` (and `SELECT` for another database than 0).
//!
//! # Why an old value is never served
//!
//! *Said precisely:* when an invalidation has returned, its own process serves nothing that was read from the
//! store before it began; every other process stops within a second.
//!
//! **In Redis.** A value stands behind the namespace and the generation that its reader had seen *before* it read the
//! store. It is served only while both are the current ones, which one `MGET` compares, and put only then, which one
//! script does. An invalidation draws new generations of its products' stripes and of the pages, at random, in one
//! `MSET`. So a value that is served was read after the last invalidation that Redis has seen: a slow reader
//! cannot put an old one back, however late its script runs, and numbers that were evicted and drawn again
//! bring nothing back. It is a generation and not the product's revision that guards a value because an order, which
//! changes stock, does not say which revision it made; and because a mark with a revision could be evicted, after which an
//! older value would be taken again.
//!
//! **Nearby.** An invalidation reaches Redis first and the near cache second. Were it the other way round, a
//! reader could fetch the old value from Redis in between. The near cache takes what comes from Redis as what comes from a
//! store: under an epoch from before it asked.
//!
//! **In other processes** nothing has to be sent: a near cache keeps a value for half a second, counted from before it was
//! read. What another process served later than that it has asked Redis for after the invalidation.
//!
//! **When an invalidation is not confirmed**, because Redis is away, did not answer in time or refused, its process drops
//! the connection before the change is acknowledged, and asks Redis nothing until it has a new connection. The first
//! thing on **every new connection** is to draw a new namespace, which voids everything for everybody. Only then does
//! the breaker close and reads are sent; invalidations are sent as soon as there is a connection, so that changes which come
//! thick and fast do not keep it open. A change that met an open breaker came before that namespace was drawn. An
//! invalidation that was given up may still run later: it only voids more. The same voids what there was
//!
//! - **when Redis was restarted** with data from before an invalidation, when a replica took over that had not seen it,
//!   or when a name leads to another server and back: a connection has one server in one run, so all of that takes a new one;
//! - **after an outage**, also for processes that changed nothing: another one may have;
//! - **when a process died** between a commit and its invalidation: the one that takes its place starts with a new connection.
//!
//! **When it is unknown whether a change was committed**, its stripes are blocked in Redis and suspended nearby, so that all
//! reads go to the store, and invalidated after that, until the store says that the transaction has ended (see
//! [`ProductWrites::await_open_transactions`](domain::product::port::ProductWrites::await_open_transactions)). The block is
//! renewed twice a second, and lapses by itself; several processes that block the same do not get in each other's way.
//!
//! *What it does not cover:* a process that cannot reach Redis while others can, or that ends without a new namespace,
//! which [`Redis::close`] tries to draw, and is not replaced. The others do not know what it changed; until it is back they
//! may serve what they have, for five minutes at most. The same goes for the two sides of a Redis that is split in two.

mod address;
mod breaker;
mod cache;
mod client;
mod connection;
mod event_stream;
mod failure;
mod health;
mod keys;
mod options;
mod rate_limiter;

pub use address::{RedisUrl, RedisUrlError};
pub use cache::RedisProductCache;
pub use connection::Redis;
pub use event_stream::RedisEventStream;
pub use failure::{RedisFailure, RedisSetupError};
pub use options::{KeyPrefix, NotAKeyPrefix, RedisOptions};
pub use rate_limiter::RedisRateLimiter;

/// A number that no other process has drawn: from 1, and below 2^63.
fn random() -> u64 {
    rand::random_range(1..=u64::MAX / 2)
}
