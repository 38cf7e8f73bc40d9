//! One test suite per port of the domain, which every adapter has to pass.
//!
//! A port's documentation is a contract; this crate is that contract as tests. Every MUST is a
//! case, and so are races, bounds and totals. No case depends on a particular adapter: every
//! adapter that passes can be used.
//!
//! # How to run this against your adapter
//!
//! 1. Add `port-contracts` and `tokio` (with `macros`, `rt-multi-thread`) to its dev-dependencies.
//! 2. Write a fixture: a function that returns a fresh, empty adapter on each call. Tests run
//!    concurrently, so no two fixtures may share data: give each its own database, schema or prefix
//!    of Redis keys.
//! 3. Pass the fixture to the suite of the port. Each case becomes a test with its own name.
//!
//! | you implement | the suite | the fixture |
//! |---|---|---|
//! | the stores of one database | [`store_suite!`] | `async fn() -> impl StoreFixture` |
//! | `Auditor` of the same database | [`auditor_suite!`] | the same |
//! | `ArchiveSource`, `ArchiveTarget` | [`archive_suite!`] | two of them |
//! | `ProductCache` | [`product_cache_suite!`] | `async fn() -> Arc<dyn ProductCache>` |
//! | `RateLimiter` | [`rate_limiter_suite!`] | `async fn(RateLimits) -> Arc<dyn RateLimiter>` |
//! | `PasswordHasher` | [`password_hasher_suite!`] | `fn() -> Arc<dyn PasswordHasher>` |
//! | `AccessTokens` | [`access_tokens_suite!`] | `fn(secret: &[u8]) -> Arc<dyn AccessTokens>` |
//! | `SecretSource` | [`secret_source_suite!`] | `fn() -> Arc<dyn SecretSource>` |
//! | `Clock` | [`clock_suite!`] | `fn() -> Arc<dyn Clock>` |
//!
//! A test program for an adapter of the stores:
//!
//! ```text
//! struct Database { /* the store, and a guard that removes its data when it is dropped */ }
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
//! After every case the suite audits the database, which finds errors that no port shows, such as a
//! stock movement that was not written. So make the audit strict.
//!
//! # How to add a case
//!
//! Write a public function in a file of the port that expects `missing_docs`. Its name states the
//! required behaviour. A case of the stores takes empty [`Stores`], a [`ShopFixture`], or another
//! type that is [`FromStores`]. The build script finds the case, and every adapter runs it.
//!
//! # Helpers for your own tests
//!
//! [`builders`] for data, [`ShopFixture`] for a shop with an admin and a customer, [`race()`] for
//! concurrent tasks.
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
pub mod event_store;
pub mod old_texts;
pub mod order_store;
mod paging;
pub mod password_hasher;
pub mod product_cache;
pub mod product_store;
mod race;
pub mod rate_limiter;
pub mod secret_source;
pub mod session_store;
mod shop;
pub mod shop_store;
mod stores;
mod suite;

pub use race::race;
pub use shop::{ShopFixture, refusal, revision, version};
pub use stores::{FromStores, StoreFixture, Stores, findings, run};
