//! `RATE_LIMIT_…`: how often a client, an account or a mailbox may be used for an action.

use domain::rate_limit::{RateLimit, RateLimits};

use super::{ConfigError, Env};

pub(super) fn from_env(env: &Env) -> Result<RateLimits, ConfigError> {
    Ok(RateLimits {
        login: limit(env, "RATE_LIMIT_LOGIN", "5/minute")?,
        register: limit(env, "RATE_LIMIT_REGISTER", "3/minute")?,
        account_login: limit(env, "RATE_LIMIT_ACCOUNT_LOGIN", "10/minute")?,
        account_mail: limit(env, "RATE_LIMIT_ACCOUNT_MAIL", "5/hour")?,
        email_change: limit(env, "RATE_LIMIT_EMAIL_CHANGE", "5/hour")?,
        place_order: limit(env, "RATE_LIMIT_ORDERS", "off")?,
    })
}

/// The limit that the variable holds, or `default`; `None` if that is `off`.
fn limit(env: &Env, name: &'static str, default: &str) -> Result<Option<RateLimit>, ConfigError> {
    let parse = |raw: &str| {
        if raw.eq_ignore_ascii_case("off") {
            return Ok(None);
        }
        raw.parse::<RateLimit>().map(Some).map_err(|error| format!("{error}, or off"))
    };
    match env.parse_with(name, parse)? {
        Some(limit) => Ok(limit),
        None => parse(default).map_err(|error| ConfigError::new(name, error)),
    }
}
