//! The types of adapters that the configuration and the commands name: below both, and beside `composition` the only
//! place that knows an adapter.

pub(crate) use infra_local::{BcryptCost, JwtAlgorithm, SystemClock};
pub(crate) use infra_redis::{KeyPrefix, RedisUrl};
