//! Rate limits: how often a client, an account or a mailbox may be used for an action.

mod subject;

use std::{num::NonZeroU32, str::FromStr, time::Duration};

use async_trait::async_trait;

pub use subject::{RateLimitSubject, SubjectHash, client_network, client_network_bytes};

/// An action that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitedAction {
    /// An attempt to log in, counted by client.
    Login,
    /// A registration, counted by client.
    Register,
    /// A login with a wrong password from a network from which the account never logged in, counted
    /// by the address that was typed.
    AccountLogin,
    /// A mail about an account that anyone can ask for, counted by mailbox.
    AccountMail,
    /// A change of an account's address, counted by account.
    EmailChange,
    /// A new order, counted by account.
    PlaceOrder,
}

impl LimitedAction {
    /// All actions.
    pub const ALL: [Self; 6] = [
        Self::Login,
        Self::Register,
        Self::AccountLogin,
        Self::AccountMail,
        Self::EmailChange,
        Self::PlaceOrder,
    ];

    /// The name of the action in keys and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Register => "register",
            Self::AccountLogin => "account_login",
            Self::AccountMail => "account_mail",
            Self::EmailChange => "email_change",
            Self::PlaceOrder => "place_order",
        }
    }
}

/// The limit of each action; `None` is no limit. The default limits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// The limit of [`LimitedAction::Login`].
    pub login: Option<RateLimit>,
    /// The limit of [`LimitedAction::Register`].
    pub register: Option<RateLimit>,
    /// The limit of [`LimitedAction::AccountLogin`].
    pub account_login: Option<RateLimit>,
    /// The limit of [`LimitedAction::AccountMail`].
    pub account_mail: Option<RateLimit>,
    /// The limit of [`LimitedAction::EmailChange`].
    pub email_change: Option<RateLimit>,
    /// The limit of [`LimitedAction::PlaceOrder`].
    pub place_order: Option<RateLimit>,
}

impl RateLimits {
    /// The limit of an action; `None` is no limit.
    pub const fn of(&self, action: LimitedAction) -> Option<RateLimit> {
        match action {
            LimitedAction::Login => self.login,
            LimitedAction::Register => self.register,
            LimitedAction::AccountLogin => self.account_login,
            LimitedAction::AccountMail => self.account_mail,
            LimitedAction::EmailChange => self.email_change,
            LimitedAction::PlaceOrder => self.place_order,
        }
    }
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

/// An attempt was refused: the caller has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next is free in {retry_after:?}")]
pub struct RateLimited {
    /// The time until the next attempt is allowed.
    pub retry_after: Duration,
}

/// Counts attempts and refuses those beyond the limits. Each action and each subject has its own
/// count.
///
/// An implementation MUST count atomically: of any number of racing attempts no more than the limit
/// pass. One that cannot reach its shared counters MUST fall back to counting in its own process.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Whether the action has a limit. Where it has none, a caller may spare itself
    /// [`Self::check`]. MUST NOT wait for anything.
    fn is_limited(&self, action: LimitedAction) -> bool;

    /// Counts one attempt of a subject, or refuses it. A refused attempt is not counted. An action
    /// without a limit is always allowed.
    async fn check(
        &self,
        action: LimitedAction,
        subject: RateLimitSubject,
    ) -> Result<(), RateLimited>;

    /// Gives back one attempt that [`Self::check`] has counted, because it turned out to be
    /// harmless: one more is available at once. There MUST NOT be more available than the limit
    /// allows at once. Where nothing is counted, it does nothing.
    async fn forgive(&self, action: LimitedAction, subject: RateLimitSubject);
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
