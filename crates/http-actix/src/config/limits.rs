//! `RATE_LIMIT_LOGIN`, `RATE_LIMIT_REGISTER`: rate limits per client address.

use std::{num::NonZeroU32, time::Duration};

use domain::rate_limit::RateLimit;

use super::{ConfigError, Env};

/// How often one client address may log in and register. `None` means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitConfig {
    pub(crate) login: Option<RateLimit>,
    pub(crate) register: Option<RateLimit>,
}

impl LimitConfig {
    pub(super) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
        const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();
        Ok(Self {
            login: limit(env, "RATE_LIMIT_LOGIN", FIVE)?,
            register: limit(env, "RATE_LIMIT_REGISTER", THREE)?,
        })
    }
}

fn limit(
    env: &Env,
    name: &'static str,
    default_per_minute: NonZeroU32,
) -> Result<Option<RateLimit>, ConfigError> {
    let read = env.parse_with(name, |raw| {
        if raw.eq_ignore_ascii_case("off") {
            return Ok(None);
        }
        raw.parse::<RateLimit>().map(Some).map_err(|error| format!("{error}, or off"))
    })?;
    Ok(read.unwrap_or(Some(RateLimit { times: default_per_minute, per: Duration::from_mins(1) })))
}
