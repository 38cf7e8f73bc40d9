//! What could come out differently on another database: locks and races, what survives a crash, lists, deletion,
//! sessions, limits, and the schema itself. These run on SQLite as all tests do, and once more on PostgreSQL with
//! Redis; a test that rests on what the store does belongs in here.

mod auditing;
mod concurrency;
mod contract;
mod deletion;
mod durability;
mod idempotency;
mod lifecycle;
mod lists;
mod paging;
mod rate_limits;
mod schema;
mod sessions;
