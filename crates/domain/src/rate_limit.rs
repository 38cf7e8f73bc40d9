//! Rate limits per client address.

use std::{net::IpAddr, num::NonZeroU32, str::FromStr, time::Duration};

use async_trait::async_trait;

/// An action that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitedAction {
    /// An attempt to log in.
    Login,
    /// A registration.
    Register,
}

/// A number of attempts per period. All may come at once; after that, one more is allowed each time
/// that the period divided by the number has passed (a token bucket, or GCRA).
///
/// ```
/// use std::time::Duration;
/// use domain::rate_limit::RateLimit;
///
/// let limit: RateLimit = "5/minute".parse()?;
/// assert_eq!((limit.times.get(), limit.per), (5, Duration::from_secs(60)));
/// # Ok::<(), domain::rate_limit::NotARateLimit>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The number of attempts.
    pub times: NonZeroU32,
    /// The period.
    pub per: Duration,
}

/// The text is not a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number per second, minute, hour or day, such as 5/minute")]
pub struct NotARateLimit;

impl FromStr for RateLimit {
    type Err = NotARateLimit;

    /// Parses `5/minute`: a number from 1, and `second`, `minute`, `hour` or `day`.
    fn from_str(raw: &str) -> Result<Self, NotARateLimit> {
        let (times, unit) = raw.split_once('/').ok_or(NotARateLimit)?;
        let seconds = match unit.trim() {
            "second" => 1,
            "minute" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            _ => return Err(NotARateLimit),
        };
        let times = times.trim().parse().map_err(|_not_positive| NotARateLimit)?;
        Ok(Self { times, per: Duration::from_secs(seconds) })
    }
}

/// An attempt was refused: the client has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next is free in {retry_after:?}")]
pub struct RateLimited {
    /// The time until the next attempt is allowed.
    pub retry_after: Duration,
}

/// Counts attempts and refuses those beyond the limits.
///
/// An implementation MUST count atomically: of any number of racing attempts no more than the limit
/// pass. One that cannot reach its shared counters MUST fall back to counting in its own process.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one attempt of a client, or refuses it. An action without a limit is always allowed.
    async fn check(&self, action: LimitedAction, client: IpAddr) -> Result<(), RateLimited>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_and_a_unit() {
        let parse = |raw: &str| raw.parse().map(|limit: RateLimit| (limit.times.get(), limit.per));
        let seconds = Duration::from_secs;
        assert_eq!(parse("5/minute"), Ok((5, seconds(60))));
        assert_eq!(parse("1/second"), Ok((1, seconds(1))));
        assert_eq!(parse(" 100 / hour "), Ok((100, seconds(3_600))));
        assert_eq!(parse("4294967295/day"), Ok((u32::MAX, seconds(86_400))));
    }

    #[test]
    fn other_texts_are_not_rate_limits() {
        let refused = [
            "",
            "5",
            "/",
            "5/",
            "/minute",
            "0/minute",
            "-1/minute",
            "1.5/minute",
            "4294967296/day",
            "5/minutes",
            "5/Minute",
            "5/week",
            "5/minute/hour",
            "five/minute",
            "5 minute",
            "off",
        ];
        for raw in refused {
            assert_eq!(raw.parse::<RateLimit>(), Err(NotARateLimit), "{raw}");
        }
    }
}
