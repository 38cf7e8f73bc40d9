//! Sessions: from a login to a logout, kept on the server, so that ending one takes effect at once.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;

use super::{Account, Actor, TokenHash};
use crate::{Timestamp, UserId};

/// Identifies a session: 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// Makes an identifier of fresh random bytes. The bytes must come from a cryptographic source.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A text that is no session's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session id")]
pub struct NotASessionId;

impl FromStr for SessionId {
    type Err = NotASessionId;

    fn from_str(raw: &str) -> Result<Self, NotASessionId> {
        if raw.len() != 32 || !raw.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotASessionId);
        }
        u128::from_str_radix(raw, 16).map(Self).map_err(|_not_hex| NotASessionId)
    }
}

/// Who is calling: an account that exists, through a session that is open.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account, as it is now, its role included.
    pub account: Account,
    /// The session that the call belongs to.
    pub session: SessionId,
}

impl Caller {
    /// The caller, as an actor.
    pub fn actor(&self) -> Actor {
        self.account.actor()
    }
}

/// How long things last. However long that is, nothing lasts beyond the calendar's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// An access token.
    pub access: TimeDelta,
    /// A refresh token.
    pub refresh: TimeDelta,
}

impl SessionLifetimes {
    /// From when on an access token that is issued now is worth nothing.
    pub fn access_end(&self, now: Timestamp) -> Timestamp {
        later(now, self.access)
    }

    /// From when on a refresh token that is issued now is worth nothing.
    pub fn refresh_end(&self, now: Timestamp) -> Timestamp {
        later(now, self.refresh)
    }

    /// When a session ends of itself whose tokens are issued now: with the longer-lived of the two.
    pub fn session_end(&self, now: Timestamp) -> Timestamp {
        later(now, self.access.max(self.refresh))
    }
}

/// The moment so long after this one, or the last one there is.
fn later(now: Timestamp, span: TimeDelta) -> Timestamp {
    now.checked_add_signed(span).unwrap_or(Timestamp::MAX_UTC)
}

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its identifier.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The hash of its refresh token.
    pub refresh: TokenHash,
    /// When it is opened.
    pub opened_at: Timestamp,
    /// From when on the refresh token is worth nothing.
    pub refresh_expires_at: Timestamp,
    /// From when on nothing of it can be used any more.
    pub ends_at: Timestamp,
}

/// A session as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The hash of the refresh token that works.
    pub refresh: TokenHash,
    /// From when on that one is worth nothing.
    pub refresh_expires_at: Timestamp,
    /// When the last refresh token before it was used up, if ever.
    pub refreshed_at: Option<Timestamp>,
    /// Whether somebody ended it.
    pub revoked: bool,
}

/// What a refresh makes of a session: data, for a store to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshChange {
    /// The hash of the refresh token that works from now on.
    pub refresh: TokenHash,
    /// From when on that one is worth nothing.
    pub refresh_expires_at: Timestamp,
    /// When the one before it was used up.
    pub refreshed_at: Timestamp,
    /// From when on nothing of the session can be used any more.
    pub ends_at: Timestamp,
}

/// Why a refresh token does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefreshRefusal {
    /// Its session was ended.
    #[error("the session was ended")]
    Revoked,
    /// Its time is over.
    #[error("the refresh token has expired")]
    Expired,
    /// It was used before, a moment ago: a client that raced itself.
    #[error("the refresh token was used before")]
    UsedUp,
    /// It was used before, and not just now: somebody has a copy. The store must revoke the session
    /// (RFC 9700, section 4.14.2).
    #[error("the refresh token was used before, and its session is ended for it")]
    Replayed,
}

impl Session {
    /// For how long after its use a refresh token that comes again counts as a client's own race.
    pub const RACE_WINDOW: TimeDelta = TimeDelta::seconds(60);

    /// Decides whether a presented refresh token renews this session. The store found the session by
    /// that token: by the one that works, or by the one before it.
    ///
    /// # Errors
    /// [`RefreshRefusal`]; on [`RefreshRefusal::Replayed`] the store revokes the session.
    pub fn decide_refresh(
        &self,
        presented: &TokenHash,
        replacement: TokenHash,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<RefreshChange, RefreshRefusal> {
        if self.revoked {
            return Err(RefreshRefusal::Revoked);
        }
        if *presented != self.refresh {
            return Err(match self.refreshed_at {
                Some(used_at) if now - used_at > Self::RACE_WINDOW => RefreshRefusal::Replayed,
                _ => RefreshRefusal::UsedUp,
            });
        }
        if now >= self.refresh_expires_at {
            return Err(RefreshRefusal::Expired);
        }
        Ok(RefreshChange {
            refresh: replacement,
            refresh_expires_at: lifetimes.refresh_end(now),
            refreshed_at: now,
            ends_at: lifetimes.session_end(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKS: TokenHash = TokenHash::from_bytes([1; 32]);
    const USED: TokenHash = TokenHash::from_bytes([2; 32]);
    const FRESH: TokenHash = TokenHash::from_bytes([3; 32]);
    const LIFETIMES: SessionLifetimes =
        SessionLifetimes { access: TimeDelta::minutes(60), refresh: TimeDelta::days(7) };

    fn now() -> Timestamp {
        Timestamp::from_timestamp(1_700_000_000, 0).unwrap()
    }

    /// A session that was refreshed so long ago.
    fn refreshed(ago: TimeDelta) -> Session {
        Session {
            id: SessionId::from_random([9; 16]),
            user: UserId::new(7),
            refresh: WORKS,
            refresh_expires_at: now() + TimeDelta::days(1),
            refreshed_at: Some(now() - ago),
            revoked: false,
        }
    }

    fn decide(session: &Session, presented: TokenHash) -> Result<RefreshChange, RefreshRefusal> {
        session.decide_refresh(&presented, FRESH, LIFETIMES, now())
    }

    #[test]
    fn the_token_that_works_is_replaced_by_a_fresh_one() {
        let change = RefreshChange {
            refresh: FRESH,
            refresh_expires_at: now() + TimeDelta::days(7),
            refreshed_at: now(),
            ends_at: now() + TimeDelta::days(7),
        };
        assert_eq!(decide(&refreshed(TimeDelta::zero()), WORKS), Ok(change));
        let never = Session { refreshed_at: None, ..refreshed(TimeDelta::zero()) };
        assert_eq!(decide(&never, WORKS), Ok(change));
    }

    #[test]
    fn nothing_renews_a_session_that_was_ended() {
        let ended = Session { revoked: true, ..refreshed(TimeDelta::days(1)) };
        for token in [WORKS, USED] {
            assert_eq!(decide(&ended, token), Err(RefreshRefusal::Revoked));
        }
    }

    #[test]
    fn a_token_is_worth_nothing_from_its_last_moment_on() {
        let ending = |at| Session { refresh_expires_at: at, ..refreshed(TimeDelta::days(7)) };
        let moment = TimeDelta::microseconds(1);
        assert!(decide(&ending(now() + moment), WORKS).is_ok());
        assert_eq!(decide(&ending(now()), WORKS), Err(RefreshRefusal::Expired));
        assert_eq!(decide(&ending(now() - moment), WORKS), Err(RefreshRefusal::Expired));
    }

    #[test]
    fn a_used_token_is_a_race_within_a_minute_and_a_theft_afterwards() {
        let used = |ago| decide(&refreshed(ago), USED);
        let minute = TimeDelta::seconds(60);
        assert_eq!(used(TimeDelta::zero()), Err(RefreshRefusal::UsedUp));
        assert_eq!(used(minute), Err(RefreshRefusal::UsedUp));
        assert_eq!(used(minute + TimeDelta::microseconds(1)), Err(RefreshRefusal::Replayed));
        assert_eq!(used(TimeDelta::days(30)), Err(RefreshRefusal::Replayed));
        // Another process' clock may be ahead of this one's.
        assert_eq!(used(TimeDelta::seconds(-5)), Err(RefreshRefusal::UsedUp));
    }

    #[test]
    fn a_theft_is_noticed_even_when_the_token_that_works_has_expired() {
        let old = Session { refresh_expires_at: now(), ..refreshed(TimeDelta::days(8)) };
        assert_eq!(decide(&old, USED), Err(RefreshRefusal::Replayed));
    }

    #[test]
    fn a_session_ends_with_the_longer_lived_of_its_tokens() {
        let end = |access, refresh| SessionLifetimes { access, refresh }.session_end(now());
        assert_eq!(end(TimeDelta::hours(1), TimeDelta::days(7)), now() + TimeDelta::days(7));
        assert_eq!(end(TimeDelta::days(30), TimeDelta::days(7)), now() + TimeDelta::days(30));
    }

    #[test]
    fn the_longest_lifetime_ends_with_the_calendar() {
        let forever = SessionLifetimes { access: TimeDelta::MAX, refresh: TimeDelta::MAX };
        assert_eq!(forever.access_end(now()), Timestamp::MAX_UTC);
        assert_eq!(forever.refresh_end(now()), Timestamp::MAX_UTC);
        assert_eq!(forever.session_end(now()), Timestamp::MAX_UTC);
    }

    #[test]
    fn a_session_id_is_32_hexadecimal_digits() {
        let id =
            SessionId::from_random([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xff]);
        assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(id.to_string().parse(), Ok(id));
        for raw in ["", "0", "+0102030405060708090a0b0c0d0eff1", &"0".repeat(33), &"g".repeat(32)] {
            assert_eq!(raw.parse::<SessionId>(), Err(NotASessionId), "{raw}");
        }
    }
}
