//! `REQUEST_HEAD_TIMEOUT_SECONDS`, `RESPONSE_SEND_TIMEOUT_SECONDS`, `MAX_CONNECTIONS`,
//! `MAX_CONNECTIONS_PER_ADDRESS`: the limits of clients' connections.

use std::time::Duration;

use super::{ConfigError, Env};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionsConfig {
    /// How long the head of a request may take to arrive.
    pub(crate) head_timeout: Duration,
    /// How long a client may take no part of its response.
    pub(crate) send_timeout: Duration,
    /// How many connections may be open at once; `None` means the default, which depends on how
    /// many files the process may open.
    pub(crate) max: Option<usize>,
    /// How many of them may come from one client's network; `None` means any number.
    pub(crate) max_per_address: Option<usize>,
}

impl ConnectionsConfig {
    pub(super) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let head = env.number("REQUEST_HEAD_TIMEOUT_SECONDS", &(1..=3_600), &10)?;
        let send = env.number("RESPONSE_SEND_TIMEOUT_SECONDS", &(1..=3_600), &20)?;
        let max_per_address = env.parse_with("MAX_CONNECTIONS_PER_ADDRESS", number_or_off)?;
        Ok(Self {
            head_timeout: Duration::from_secs(head.unwrap_or(10)),
            send_timeout: Duration::from_secs(send.unwrap_or(20)),
            max: env.number("MAX_CONNECTIONS", &(1..=MAX), &10_000)?,
            max_per_address: max_per_address.flatten(),
        })
    }
}

/// The largest number of connections that can be set.
const MAX: usize = 1_000_000;

fn number_or_off(raw: &str) -> Result<Option<usize>, String> {
    if raw.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let number = raw.parse().ok().filter(|number| (1..=MAX).contains(number));
    number.map(Some).ok_or_else(|| format!("must be a number from 1 to {MAX}, such as 100, or off"))
}
