//! Sessions: logins, kept on the server, so that revoking one takes effect at once.

use chrono::TimeDelta;

use super::{Account, Actor, NetworkHash, SessionId, TokenHash};
use crate::{Timestamp, UserId, clock::saturating_add};

/// The authenticated caller of a request: a live account, through an open session.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account in its current state, its role included.
    pub account: Account,
    /// The session that the request belongs to.
    pub session: SessionId,
}

impl Caller {
    /// The caller, as an actor.
    pub fn actor(&self) -> Actor {
        self.account.actor()
    }
}

/// The lifetimes of tokens. Times saturate at `Timestamp::MAX_UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// The lifetime of an access token.
    pub access: TimeDelta,
    /// The lifetime of a refresh token.
    pub refresh: TimeDelta,
}

impl SessionLifetimes {
    /// The time from which an access token that is issued now is refused.
    pub fn access_end(&self, now: Timestamp) -> Timestamp {
        saturating_add(now, self.access)
    }

    /// The time from which a refresh token that is issued now is refused.
    pub fn refresh_end(&self, now: Timestamp) -> Timestamp {
        saturating_add(now, self.refresh)
    }

    /// The end of a session whose tokens are issued now: that of the longer-lived of the two.
    pub fn session_end(&self, now: Timestamp) -> Timestamp {
        saturating_add(now, self.access.max(self.refresh))
    }
}

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The identifier of the session.
    pub id: SessionId,
    /// The account that logs in.
    pub user: UserId,
    /// The network of the client, to be recorded; `None` records none.
    pub network: Option<NetworkHash>,
    /// The hash of the refresh token.
    pub refresh: TokenHash,
    /// The time of the login.
    pub opened_at: Timestamp,
    /// The time from which the refresh token is refused.
    pub refresh_expires_at: Timestamp,
    /// The time from which all tokens of the session are refused.
    pub ends_at: Timestamp,
}

/// A session as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The identifier of the session.
    pub id: SessionId,
    /// The account that logged in.
    pub user: UserId,
    /// The hash of the current refresh token.
    pub refresh: TokenHash,
    /// The hash of the refresh token before the current one; absent until the first rotation.
    pub previous_refresh: Option<TokenHash>,
    /// The time from which the current refresh token is refused.
    pub refresh_expires_at: Timestamp,
    /// The time of the last rotation; absent until the first.
    pub rotated_at: Option<Timestamp>,
    /// The time from which all tokens of the session are refused.
    pub ends_at: Timestamp,
    /// Whether the session was revoked before it ended.
    pub revoked: bool,
}

/// Why a refresh token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefreshRefusal {
    /// The session was revoked.
    #[error("the session was ended")]
    Revoked,
    /// The token has expired.
    #[error("the refresh token has expired")]
    Expired,
    /// The token was rotated within the grace period, and its successor is not the current token:
    /// the secret from which successors are derived was changed in between.
    #[error("the refresh token was rotated, and its successor cannot be handed out again")]
    Rotated,
    /// The token was rotated longer ago than the grace period: a second party has a copy. The store
    /// must revoke the session (RFC 9700, section 4.14.2).
    #[error("the refresh token was used after its rotation, and its session is ended for it")]
    Replayed,
}

impl Session {
    /// How long a refresh token still works after its rotation: the client may have lost the
    /// response, or a second browser tab may hold the same token.
    pub const ROTATION_GRACE: TimeDelta = TimeDelta::seconds(60);

    /// Decides whether a presented refresh token renews this session. The store found the session
    /// by that token, which is therefore the current one or the one before it. With a `successor`,
    /// the hash of the token that follows the presented one, the token is rotated; without one it
    /// stays valid until it expires.
    ///
    /// A rotated token that is presented again within [`Self::ROTATION_GRACE`] renews the session
    /// without a second rotation, because its successor is the current token already.
    ///
    /// Returns the session in its new state. The session ends no earlier than the access token that
    /// is issued with it.
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
