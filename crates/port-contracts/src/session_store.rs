//! What an adapter of the [`SessionStore`](domain::account::port::SessionStore) has to do.

use chrono::TimeDelta;
use domain::{
    UserId,
    account::{NewSession, SessionLifetimes},
};

use crate::builders::{moment, session_id, token_hash};

pub mod callers;
pub mod refreshing;

/// How long things last in these cases: an access token an hour, a refresh token seven days.
pub const LIFETIMES: SessionLifetimes =
    SessionLifetimes { access: TimeDelta::hours(1), refresh: TimeDelta::days(7) };

/// A session of that number for an account, opened so many seconds after the tests' beginning. Its
/// refresh token has the same number.
pub fn session(number: u64, user: UserId, seconds: i64) -> NewSession {
    let opened_at = moment(seconds);
    NewSession {
        id: session_id(number),
        user,
        refresh: token_hash(number),
        opened_at,
        refresh_expires_at: opened_at + LIFETIMES.refresh,
        ends_at: LIFETIMES.session_end(opened_at),
    }
}
