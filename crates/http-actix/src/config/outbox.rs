//! `OUTBOX_…`: how events are delivered, and whether `oms serve` runs a worker.

use std::time::Duration;

use domain::events::{Backoff, RelaySettings, RetryPolicy};

use super::{ConfigError, Env};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutboxConfig {
    /// Whether `oms serve` runs a worker.
    pub(crate) in_server: bool,
    /// How long an idle worker waits before it queries the journal again.
    pub(crate) poll_interval: Duration,
    pub(crate) relay: RelaySettings,
    /// Whether `OUTBOX_MAX_ATTEMPTS` is set, which has no effect any more.
    pub(crate) names_max_attempts: bool,
}

impl OutboxConfig {
    pub(super) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let poll_ms = env.number("OUTBOX_POLL_MS", &(1..=600_000), &1_000)?.unwrap_or(1_000);
        let lease = env.number("OUTBOX_LEASE_SECONDS", &(1..=86_400), &60)?;
        let first = env.number("OUTBOX_RETRY_MS", &(1..=86_400_000), &1_000)?;
        let names_max_attempts = env.number("OUTBOX_MAX_ATTEMPTS", &(1..=1_000), &20)?.is_some();
        let relay = RelaySettings::default();
        let initial = |backoff: Backoff| Backoff {
            initial: first.map_or(backoff.initial, Duration::from_millis),
            ..backoff
        };
        let retry = RetryPolicy {
            event: initial(relay.retry.event),
            receiver: initial(relay.retry.receiver),
            give_up_after: env
                .parse_with("OUTBOX_GIVE_UP_AFTER", parse_duration)?
                .unwrap_or(relay.retry.give_up_after),
        };
        let lease = lease.map_or(relay.lease, Duration::from_secs);
        Ok(Self {
            in_server: env.on_or_off("OUTBOX_WORKER")?.unwrap_or(true),
            poll_interval: Duration::from_millis(poll_ms),
            relay: RelaySettings { lease, retry, ..relay },
            names_max_attempts,
        })
    }
}

/// The longest time after which an event is given up.
const MAX_DAYS: u64 = 365;

/// Parses a duration such as `5d`: a whole number and one of the units `s`, `m`, `h` and `d`.
fn parse_duration(raw: &str) -> Result<Duration, &'static str> {
    let expected = "must be a duration up to 365d, such as 5d, 12h, 30m or 45s";
    let unit = raw.chars().next_back().ok_or(expected)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 24 * 3_600,
        _ => return Err(expected),
    };
    let number = raw.strip_suffix(unit).and_then(|number| number.trim_end().parse::<u64>().ok());
    let duration = number.and_then(|number| number.checked_mul(seconds)).map(Duration::from_secs);
    let valid = Duration::from_secs(1)..=Duration::from_secs(MAX_DAYS * 24 * 3_600);
    duration.filter(|duration| valid.contains(duration)).ok_or(expected)
}
