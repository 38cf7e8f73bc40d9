//! One test suite per port of the domain, for every adapter to pass.
//!
//! A port's documentation is a contract; this crate is that contract as tests. Every MUST is a case, and
//! so are the races, the bounds and the totals. Nothing here knows an adapter: what passes may be plugged in.
//!
//! # How to run this against your adapter
//!
//! 1. Add `port-contracts` and `tokio` (with `macros`, `rt-multi-thread`) to its dev-dependencies.
//! 2. Write a fixture: a function that hands out a fresh, empty adapter each time. Tests run side by side,
//!    so no two fixtures may share data: give each a database, a schema or a key prefix of its own.
//! 3. Name the fixture to the suite of the port. Each case becomes a test with its own name.
//!
//! | you implement | the suite | the fixture |
//! |---|---|---|
//! | the stores of one database | [`store_suite!`] | `async fn() -> impl StoreFixture` |
//! | `Auditor` of the same database | [`auditor_suite!`] | the same |
//! | `ArchiveSource`, `ArchiveTarget` | [`archive_suite!`] | two of them |
//! | `ProductCache` | [`product_cache_suite!`] | `async fn() -> Arc<dyn ProductCache>` |
//! | `RateLimiter` | [`rate_limiter_suite!`] | `async fn(login, register) -> Arc<dyn RateLimiter>` |
//! | `PasswordHasher` | [`password_hasher_suite!`] | `fn() -> Arc<dyn PasswordHasher>` |
//! | `AccessTokens` | [`access_tokens_suite!`] | `fn(secret: &[u8]) -> Arc<dyn AccessTokens>` |
//! | `SecretSource` | [`secret_source_suite!`] | `fn() -> Arc<dyn SecretSource>` |
//! | `Clock` | [`clock_suite!`] | `fn() -> Arc<dyn Clock>` |
//!
//! A test program of an adapter of the stores is no more than this:
//!
//! ```text
//! struct Database { /* the store, and whatever removes its data when it is dropped */ }
//!
//! impl StoreFixture for Database {
//!     type Store = MyStore;
//!
//!     fn store(&self) -> Arc<MyStore> {
//!         self.store.clone()
//!     }
//! }
//!
//! async fn fixture() -> Database {
//!     Database::empty().await
//! }
//!
//! port_contracts::store_suite!(fixture);
//! ```
//!
//! After every case the suite audits the database, which sees what no port shows. Make the audit strict: it is
//! what finds a movement that was not written.
//!
//! # How to add a case
//!
//! Write a public function in a file of the port: in one that expects `missing_docs`, as the name of a case says
//! what it asks for. A case of the stores takes empty [`Stores`], a [`Shop`] that is open, or what else is
//! [`FromStores`]. From then on every adapter runs it.
//!
//! # What is here for your own tests
//!
//! [`builders`] for data, [`Shop`] for a shop that is open, [`race()`] for many tasks at one moment.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this crate is test code: a panic is how a case fails"
)]

pub mod access_tokens;
pub mod account_store;
pub mod archive;
pub mod auditor;
pub mod builders;
pub mod cached_products;
pub mod clock;
pub mod order_store;
pub mod outbox_store;
mod paging;
pub mod password_hasher;
pub mod product_cache;
pub mod product_store;
mod race;
pub mod rate_limiter;
pub mod secret_source;
pub mod session_store;
mod shop;
mod stores;
mod suite;

pub use race::race;
pub use shop::{Shop, refusal, revision, version};
pub use stores::{FromStores, StoreFixture, Stores, findings, run};
