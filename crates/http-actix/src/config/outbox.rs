//! `OUTBOX_…`: how events are delivered, and whether `oms serve` runs a worker.

use std::time::Duration;

use domain::outbox::{RelaySettings, RetryPolicy};

use super::{ConfigError, Env};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutboxConfig {
    /// Whether `oms serve` runs a worker.
    pub(crate) in_server: bool,
    /// How long an idle worker waits before it queries the outbox again.
    pub(crate) poll_interval: Duration,
    pub(crate) relay: RelaySettings,
}

impl OutboxConfig {
    pub(super) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let poll_ms = env.number("OUTBOX_POLL_MS", &(1..=600_000), &1_000)?.unwrap_or(1_000);
        // No handler takes longer than ten seconds, and no delivery is begun in the second half of
        // a lease.
        let lease = env.number("OUTBOX_LEASE_SECONDS", &(1..=86_400), &60)?;
        let first = env.number("OUTBOX_RETRY_MS", &(1..=86_400_000), &1_000)?;
        let max_attempts = env.number("OUTBOX_MAX_ATTEMPTS", &(1..=1_000), &20)?;
        let relay = RelaySettings::default();
        let retry = RetryPolicy {
            initial_backoff: first.map_or(relay.retry.initial_backoff, Duration::from_millis),
            max_attempts: max_attempts.unwrap_or(relay.retry.max_attempts),
            ..relay.retry
        };
        let lease = lease.map_or(relay.lease, Duration::from_secs);
        Ok(Self {
            in_server: env.on_or_off("OUTBOX_WORKER")?.unwrap_or(true),
            poll_interval: Duration::from_millis(poll_ms),
            relay: RelaySettings { lease, retry, ..relay },
        })
    }
}
