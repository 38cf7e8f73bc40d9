//! The adapters that need no server and run within the process.
//!
//! | type | port of the domain |
//! |---|---|
//! | [`SystemClock`] | the [`Clock`](domain::Clock) |
//! | [`TokioTimer`] | the [`Timer`](domain::Timer) |
//! | [`OsSecrets`] | the [`SecretSource`](domain::account::port::SecretSource) |
//! | [`BcryptHasher`] | the [`PasswordHasher`](domain::account::port::PasswordHasher) |
//! | [`JwtTokens`] | the [`AccessTokens`](domain::account::port::AccessTokens) |
//! | [`LocalProductCache`] | a [`ProductCache`](domain::product::ProductCache) |
//! | [`LocalRateLimiter`] | a [`RateLimiter`](domain::rate_limit::RateLimiter) |
//! | [`EventLog`] | the [`EventSubscriber`](domain::events::port::EventSubscriber) of the log |
//! | [`UnsentMails`] | the [`EventSubscriber`](domain::events::port::EventSubscriber) of the mails in a shop without a mail server |
//!
//! The cache and the rate limits belong to one process. Several replicas need shared ones.

mod cache;
mod clock;
mod event_log;
mod hasher;
mod rate_limiter;
mod secrets;
mod timer;
mod tokens;
mod unsent_mails;

pub use cache::{LocalCacheOptions, LocalProductCache};
pub use clock::SystemClock;
pub use event_log::EventLog;
pub use hasher::{BcryptCost, BcryptCostError, BcryptHasher};
pub use rate_limiter::LocalRateLimiter;
pub use secrets::OsSecrets;
pub use timer::TokioTimer;
pub use tokens::{JwtAlgorithm, JwtTokens, UnknownAlgorithm};
pub use unsent_mails::UnsentMails;
