//! `HOST`, `PORT`, `WORKERS`, `SHUTDOWN_DELAY_SECONDS`, `SHUTDOWN_TIMEOUT_SECONDS`: the listener,
//! its threads and its shutdown.

use std::{net::IpAddr, num::NonZeroUsize, time::Duration};

use super::{ConfigError, Env};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenConfig {
    /// An address or a host name, IPv6 addresses without brackets.
    pub(crate) host: String,
    /// The port; 0 lets the operating system choose one.
    pub(crate) port: u16,
    /// How many threads serve requests; `None` means one for each core.
    pub(crate) workers: Option<NonZeroUsize>,
    /// How long the server keeps serving after SIGTERM, so that load balancers notice that it is
    /// not ready any more.
    pub(crate) shutdown_delay: Duration,
    /// How long requests in flight may take after the server has stopped accepting connections, and
    /// how long the worker's deliveries may take after that.
    pub(crate) shutdown_timeout: Duration,
}

impl ListenConfig {
    pub(crate) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let delay = env.number("SHUTDOWN_DELAY_SECONDS", &(0..=3_600), &10)?;
        let timeout = env.number("SHUTDOWN_TIMEOUT_SECONDS", &(0..=3_600), &30)?;
        Ok(Self {
            host: env.parse_with("HOST", host)?.unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: env.number("PORT", &(0..=u16::MAX), &8000)?.unwrap_or(8000),
            workers: env.number::<usize>("WORKERS", &(1..=1_024), &4)?.and_then(NonZeroUsize::new),
            shutdown_delay: Duration::from_secs(delay.unwrap_or(0)),
            shutdown_timeout: Duration::from_secs(timeout.unwrap_or(30)),
        })
    }
}

/// Parses an address or a host name without a port.
pub(super) fn host(raw: &str) -> Result<String, &'static str> {
    let bare = raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(raw);
    let host_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if bare.parse::<IpAddr>().is_ok() || raw.bytes().all(host_name) {
        Ok(bare.to_owned())
    } else {
        Err("must be an address or a host name without a port, such as 0.0.0.0")
    }
}
