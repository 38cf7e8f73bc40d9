//! One test suite per port of the domain, for every adapter to pass.
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
pub mod builders;
pub mod clock;
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
mod stores;
mod suite;

pub use race::race;
pub use shop::{Shop, refusal, version};
pub use stores::{StoreFixture, Stores, run};
