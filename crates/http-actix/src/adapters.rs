//! The adapter types that the configuration and the commands name. Only this module and
//! `composition` import adapter crates.

pub(crate) use infra_local::{BcryptCost, JwtAlgorithm, SystemClock};
pub(crate) use infra_redis::{KeyPrefix, RedisUrl};
