//! Sessions: from a login to a logout, kept on the server, so that ending one takes effect at once.

use chrono::TimeDelta;

use super::{Account, Actor, SessionId, TokenHash};
use crate::{Timestamp, UserId};

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
    /// The hash of the current refresh token.
    pub refresh: TokenHash,
    /// The hash of the refresh token before the current one, if the token was ever rotated.
    pub previous_refresh: Option<TokenHash>,
    /// From when on the current refresh token is worth nothing.
    pub refresh_expires_at: Timestamp,
    /// When the current refresh token took the place of the previous one, if it ever did.
    pub rotated_at: Option<Timestamp>,
    /// From when on nothing of the session can be used any more.
    pub ends_at: Timestamp,
    /// Whether it was ended before that.
    pub revoked: bool,
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
    /// It was rotated a moment ago, and its successor is not the current token: the key that successors are derived
    /// with was changed in between.
    #[error("the refresh token was rotated, and its successor cannot be handed out again")]
    Rotated,
    /// It was rotated, and not just now: a second party has a copy. The store must revoke the session (RFC 9700,
    /// section 4.14.2).
    #[error("the refresh token was used after its rotation, and its session is ended for it")]
    Replayed,
}

impl Session {
    /// For how long after its rotation a refresh token still works: the client may have lost the answer, or a second
    /// tab may hold the same token.
    pub const ROTATION_GRACE: TimeDelta = TimeDelta::seconds(60);

    /// Decides whether a presented refresh token renews this session. The store found the session by that token: it is
    /// the current one or the one before it. With a `successor`, the hash of the token that follows the presented one,
    /// the token is rotated; without one it stays the session's for all its days.
    ///
    /// A rotated token that comes again within [`Self::ROTATION_GRACE`] renews the session without a second rotation,
    /// because its successor is the current token already.
    ///
    /// Returns the session as it is to be. The access token that is issued with it lasts until its end at least.
    ///
    /// # Errors
    /// [`RefreshRefusal`]; on [`RefreshRefusal::Replayed`] the store revokes the session.
    pub fn decide_refresh(
        &self,
        presented: &TokenHash,
        successor: Option<TokenHash>,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<Self, RefreshRefusal> {
        if self.revoked {
            return Err(RefreshRefusal::Revoked);
        }
        let is_current = *presented == self.refresh;
        if !is_current {
            if self.rotated_at.is_some_and(|at| now - at > Self::ROTATION_GRACE) {
                return Err(RefreshRefusal::Replayed);
            }
            if successor.is_some_and(|successor| successor != self.refresh) {
                return Err(RefreshRefusal::Rotated);
            }
        }
        if now >= self.refresh_expires_at {
            return Err(RefreshRefusal::Expired);
        }
        Ok(match successor {
            Some(successor) if is_current => Self {
                refresh: successor,
                previous_refresh: Some(self.refresh),
                refresh_expires_at: lifetimes.refresh_end(now),
                rotated_at: Some(now),
                ends_at: self.ends_at.max(lifetimes.session_end(now)),
                ..self.clone()
            },
            _ => Self { ends_at: self.ends_at.max(lifetimes.access_end(now)), ..self.clone() },
        })
    }
}

#[cfg(test)]
mod tests;
