//! What replicas share through Redis: the product cache, the rate limits, and the stream of events.
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | `connection` | [`Redis`]: the handle that a program holds |
//! | `client` | the connection, requests, reconnecting; logs each outage once |
//! | `breaker` | the circuit breaker: whether requests are sent to Redis |
//! | `health` | the health check |
//! | `url`, `options`, `keys`, `failure` | the URL, the options, the Redis keys, the errors |
//! | `cache` | [`RedisProductCache`]: a [`ProductCache`](domain::product::ProductCache) in two layers |
//! | `rate_limiter` | [`RedisRateLimiter`]: a [`RateLimiter`](domain::rate_limit::RateLimiter) |
//! | `event_stream` | [`RedisEventStream`]: an [`EventSubscriber`](domain::events::port::EventSubscriber) |
//! | `lua` | the scripts, each of which Redis runs atomically |
//!
//! Redis holds only data that may be lost. While it is unavailable, reads come from the database,
//! each process limits by itself, and events wait in the journal. No request waits for Redis longer
//! than the timeouts, and after the first failure requests fail at once. A process has one
//! connection, on which all requests are pipelined.
//!
//! # Redis keys
//!
//! All keys start with the prefix in braces, `{oms}` unless set otherwise.
//!
//! | key | value | TTL |
//! |---|---|---|
//! | `:cache:namespace` | the namespace, a random number: entries of another namespace are invalid | |
//! | `:cache:generation:`n | the generation, a random number, of a group of products: those with `id mod 1024 = n` | |
//! | `:cache:generation:pages` | the generation of all pages | |
//! | `:cache:blocked:`n, `:cache:blocked:pages` | exists while no entry of the group may be served or stored | 30 s |
//! | `:cache:product:`id | a product, prefixed with its namespace and generation | 4 min |
//! | `:cache:page:`hash | likewise a page of products: one of the first hundred of a query without a cursor and with a search of at most 100 characters, if it has at most 256 KiB | 4 min |
//! | `:limit:`action`:client:`hash, …`:account:`id, …`:login:`hash, …`:mailbox:`hash | when all attempts of a client, an account, an address that was typed to log in or a mailbox are available again; the hashes are keyed, so Redis holds no IP address and no email address | until then |
//! | `:events` | the stream of events | the latest 100,000 or so |
//!
//! All keys of the cache may be evicted at any time. The best `maxmemory-policy` is `volatile-lru`,
//! which does not evict the stream.
//!
//! A Redis user with restricted rights needs the keys `{oms}:*`, and `EVALSHA`, `SCRIPT LOAD`,
//! `GET`, `MGET`, `SET`, `MSET`, `TIME`, `XADD`, `XLEN`, `XREVRANGE`, `PING` (and `SELECT` for another database than 0).
//!
//! # Why there are no stale reads
//!
//! *The guarantee:* once an invalidation has returned, its process serves nothing that was read
//! from the store before the invalidation began. Every other process stops within a second.
//!
//! **In Redis**, the danger is the race between fill and invalidation: a slow reader reads the
//! store, the product changes and is invalidated, and then the reader stores the old value. So each
//! entry carries the namespace and the generation that its reader saw *before* it read the store.
//! An entry is served only while both are current, which a single `MGET` compares, and it is stored
//! only while both are current, which a script checks atomically. An invalidation replaces the
//! generations of its products' groups and of the pages with new random numbers, in one `MSET`.
//! Therefore a value that is served was read after the last invalidation that Redis has executed,
//! however late the reader stores it. Eviction of a generation does no harm, since its replacement
//! is a new random number, which no entry carries. The product's revision could not take the
//! generation's place, because an order, which changes stock, does not report which revision it
//! made, and because a key that held the latest revision could be evicted, after which an older
//! value would be accepted again.
//!
//! **In the near cache** of the same process: an invalidation goes to Redis first and to the near
//! cache second. In the opposite order a reader could fill the near cache with the old value from
//! Redis in between. The near cache treats Redis like a store: an entry carries the near cache's
//! own generation from before the read.
//!
//! **In other processes** no message is needed: a near cache keeps a value for half a second,
//! counted from before it was read. What another process serves later than that, it has read from
//! Redis after the invalidation.
//!
//! **If Redis does not confirm an invalidation**, because it is unavailable, did not reply in time
//! or refused, the process drops its connection before the change is acknowledged, which opens the
//! circuit breaker. While the breaker is open, the process sends nothing. On **every new
//! connection** the first command rotates the namespace, which invalidates all entries for all
//! processes. Only after that does the breaker close and let reads through. An invalidation that
//! the open breaker rejected needs no repetition: the rotation comes after it. Invalidations are
//! sent as soon as there is a connection (half-open), so that frequent changes do not keep the
//! breaker open. An invalidation that timed out may still be executed later, which only invalidates
//! more. The rotation covers these cases as well:
//!
//! - **Redis restarts** with data from before an invalidation, a replica takes over that has not
//!   received it, or the host name leads to another server and back. A connection leads to one run
//!   of one server, so each of these needs a new connection.
//! - **An outage ends**, also for processes that changed nothing: another process may have.
//! - **A process dies** between a commit and its invalidation: its successor starts with a new
//!   connection.
//!
//! **If it is unknown whether a change was committed**, its groups are invalidated, blocked in
//! Redis and suspended in the near cache, so that all reads go to the store, until the store
//! reports that the transaction has ended (see
//! [`ProductWrites::await_open_transactions`](domain::product::port::ProductWrites::await_open_transactions)).
//! Then they are invalidated again. The process renews the block twice a second; it expires 30
//! seconds after the last renewal. Several processes may block the same group.
//!
//! *Not covered:* a process that cannot reach Redis while others can, or one that ends without
//! rotating the namespace, which [`Redis::close`] tries to do, and has no successor. The others do
//! not know which products it changed. Until it has reconnected they may serve stale entries, for
//! five minutes at most. The same holds for the two sides of a Redis in split brain.

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
mod url;

pub use cache::RedisProductCache;
pub use connection::Redis;
pub use event_stream::RedisEventStream;
pub use failure::{RedisFailure, RedisSetupError};
pub use options::{InvalidKeyPrefix, KeyPrefix, RedisOptions};
pub use rate_limiter::RedisRateLimiter;
pub use url::{RedisUrl, RedisUrlError};

/// A random number from 1 and below 2^63, which in practice no other process draws.
fn random_id() -> u64 {
    rand::random_range(1..=u64::MAX / 2)
}
