//! Ending sessions.

use diesel::{SqliteConnection, prelude::*};
use domain::{Timestamp, UserId, account::SessionId};

use crate::{error::DbError, login_networks, schema::sessions, time::micros};

/// Ends a session, unless it has ended already.
pub(super) fn revoke(conn: &mut SqliteConnection, id: &str, now: Timestamp) -> Result<(), DbError> {
    diesel::update(sessions::table.find(id))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(micros(now)))
        .execute(conn)?;
    Ok(())
}

/// Ends all sessions of an account, and erases the networks of its logins: an attacker who knew the
/// password may have logged in from one of them.
pub(crate) fn revoke_all(
    conn: &mut SqliteConnection,
    user: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(micros(now)))
        .execute(conn)?;
    login_networks::forget(conn, user)
}

/// Ends all sessions of an account but one.
pub(crate) fn revoke_others(
    conn: &mut SqliteConnection,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(kept.to_string()))
        .set(sessions::revoked_at.eq(micros(now)))
        .execute(conn)?;
    Ok(())
}
