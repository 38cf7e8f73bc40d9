//! Limits on what one client address may do in a while.

use std::{net::IpAddr, num::NonZeroU32, str::FromStr, time::Duration};

use async_trait::async_trait;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitedAction {
    /// Trying a password.
    Login,
    /// Making an account.
    Register,
}

/// So many times in a while. All of them may come at once; after that one more becomes free each time the
/// while divided by the number has passed (a token bucket, or GCRA).
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
    /// How many times.
    pub times: NonZeroU32,
    /// In which while.
    pub per: Duration,
}

/// A text that is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number per second, minute, hour or day, such as 5/minute")]
pub struct NotARateLimit;

impl FromStr for RateLimit {
    type Err = NotARateLimit;

    /// Reads `5/minute`: a number from 1, and `second`, `minute`, `hour` or `day`.
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

/// Somebody has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next is free in {retry_after:?}")]
pub struct RateLimited {
    /// How long until the next attempt would be let through.
    pub retry_after: Duration,
}

/// Counts attempts.
///
/// An implementation MUST count atomically: of any number of racing attempts no more than the limit get
/// through. One that cannot reach its counters MUST fall back to counting by itself.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one attempt of a client, or refuses it. An action without a limit always passes.
    async fn check(&self, action: LimitedAction, client: IpAddr) -> Result<(), RateLimited>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_and_a_unit() {
        let read = |raw: &str| raw.parse().map(|limit: RateLimit| (limit.times.get(), limit.per));
        let while_of = Duration::from_secs;
        assert_eq!(read("5/minute"), Ok((5, while_of(60))));
        assert_eq!(read("1/second"), Ok((1, while_of(1))));
        assert_eq!(read(" 100 / hour "), Ok((100, while_of(3_600))));
        assert_eq!(read("4294967295/day"), Ok((u32::MAX, while_of(86_400))));
    }

    #[test]
    fn anything_else_is_no_limit() {
        let none = [
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
        for raw in none {
            assert_eq!(raw.parse::<RateLimit>(), Err(NotARateLimit), "{raw}");
        }
    }
}
