//! Tests whose result depends on the store: locks and races, crashes, lists, deletion, sessions,
//! rate limits, and the schema. They run on SQLite, as all tests do, and once more on PostgreSQL
//! with Redis.

mod account_limits;
mod auditing;
mod concurrency;
mod contract;
mod deletion;
mod durability;
mod feed;
mod finding;
mod foreign_database;
mod idempotency;
mod lifecycle;
mod lists;
mod order_updates;
mod outbox_command;
mod paging;
mod rate_limits;
mod schema;
mod sessions;
