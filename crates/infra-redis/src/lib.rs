//! What replicas share through Redis: the cache of products, rate limits, and the stream of events.
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | `connection` | [`Redis`]: what a program holds |
//! | `line` | time limits, trying again |
//! | `connector` | where connections are made |
//! | `breaker` | whether Redis is to be asked at all; one line in the log for each outage |
//! | `health` | whether Redis is there |
//! | `server` | which server answers, and what to do when it is another one |
//! | `address`, `options`, `keys`, `failure` | the URL, what can be set, names in Redis, what goes wrong |
//! | `cache` | [`RedisProductCache`]: a [`ProductCache`](domain::product::ProductCache) in two layers |
//! | `rate_limiter` | [`RedisRateLimiter`]: a [`RateLimiter`](domain::rate_limit::RateLimiter) |
//! | `event_stream` | [`RedisEventStream`]: a [`MessageHandler`](domain::outbox::port::MessageHandler) |
//! | `lua` | the scripts, each of which is one step for Redis |
//!
//! Redis holds nothing that cannot be lost. While it is away reads come from the database, each process limits by
//! itself, and events wait in the outbox. Nothing waits for it longer than the time limits, and after the
//! first failure nothing waits at all.
//!
//! # What is in Redis
//!
//! All names start with the prefix in braces, `{oms}` unless set otherwise.
//!
//! | name | what | lasts |
//! |---|---|---|
//! | `:cache:server` | the run of the server that the content belongs to | |
//! | `:cache:products` | the products' generation, a random number | |
//! | `:cache:pages` | the pages' generation, a random number | |
//! | `:cache:product:`id | a product, or the lease to put it there; with the generation | 4 min; 10 s |
//! | `:cache:page:`hash | a page of products, with the pages' generation: of the first hundred of a query without a cursor and with a search of at most 100 characters, if it has at most 256 KiB | 4 min |
//! | `:cache:invalidations` | channel: ids that are forgotten, or `all` | |
//! | `:cache:heartbeat:`n | channel: one subscription's heartbeats | |
//! | `:limit:`action`:`client | when all attempts of a client are free again | until then |
//! | `:events` | stream of events | the latest 100,000 or so |
//!
//! Everything of the cache may be evicted at any moment. `maxmemory-policy volatile-lru` suits best: it
//! leaves the stream alone.
//!
//! A user of Redis with restricted rights needs the keys `{oms}:*`, the channels `{oms}:*`, and `EVALSHA`,
//! `SCRIPT LOAD`, `GET`, `SET`, `DEL`, `TIME`, `PUBLISH`, `SUBSCRIBE`, `XADD`, `PING`, `UNWATCH` (and `SELECT`
//! for another database than 0). It should have `INFO`; without it, every new connection voids the cache.
//!
//! # Why an old value is never served
//!
//! *Said precisely:* when an invalidation has returned, its own process serves nothing that was read from the
//! store before it began; every other process stops within a second.
//!
//! **In Redis.** A miss leaves a lease, a random number, where the value belongs. A value is accepted only
//! while its lease stands, and an invalidation deletes both (Nishtala et al., "Scaling Memcache at
//! Facebook", section 3.2.1). Every step is one script, so there is nothing in between. So a value that is
//! found was read after the last invalidation that Redis was told of. Pages are many, and each change
//! concerns all of them: they carry the pages' generation, which each invalidation draws anew, and their lease
//! is that number.
//!
//! **Nearby.** An invalidation tells Redis first and the near cache second. Were it the other way round, a
//! reader could fetch the old value from Redis in between. A value that comes from Redis is put nearby under
//! a lease that was taken before Redis was asked; the near cache refuses it if it was told of anything since.
//!
//! **In other processes.** The script that forgets also publishes what. A subscription that died would make
//! a process deaf without its knowing, so the near cache is served only while a heartbeat that was sent at
//! most 600 ms ago has come back the same way. After each new connection it forgets everything before it is
//! relied on again.
//!
//! **When Redis cannot be told** of a change, because it is away or did not answer in time, the process that
//! made the change is in doubt: it uses neither layer until it has voided everything that there was, by new
//! generations, and has told the others the same. It tries that ten times a second. A script that was given
//! up may still run later. If it forgets something, that does no harm; if it puts something, its lease was
//! voided with the rest.
//!
//! **After an outage** every process that noticed it does the same, also one that has told everything: it may be
//! back before another that has not. Its near cache it relies on again when a heartbeat has come back that was
//! sent after that, and so after the word that all is void.
//!
//! **When Redis was restarted**, or a replica took over, it may hold what was there before an
//! invalidation. The content carries the name of the run of the server that it belongs to. On each new
//! connection the first thing is to compare that; if it differs, or the process has used another server
//! since, everything is voided, and older connections are not used again.
//!
//! **When a process died** with a change that it had not told, the one that takes its place voids what was
//! left: each process starts in doubt.
//!
//! *What it does not cover:* a process that cannot reach Redis while others can, or that ends in doubt, which
//! [`Redis::close`] tries to prevent, and is not replaced. The others do not know what it changed; until they are told they may serve what they
//! have, for five minutes at most. The same goes for the two sides of a Redis that is split in two.

mod address;
mod breaker;
mod cache;
mod connection;
mod connector;
mod event_stream;
mod failure;
mod health;
mod keys;
mod line;
mod options;
mod rate_limiter;
mod server;

pub use address::{RedisUrl, RedisUrlError};
pub use cache::RedisProductCache;
pub use connection::Redis;
pub use event_stream::RedisEventStream;
pub use failure::{RedisFailure, RedisSetupError};
pub use options::{KeyPrefix, NotAKeyPrefix, RedisOptions};
pub use rate_limiter::RedisRateLimiter;

/// A number that nobody else has drawn: from 1, and below 2^63.
fn random() -> u64 {
    rand::random_range(1..=u64::MAX / 2)
}
