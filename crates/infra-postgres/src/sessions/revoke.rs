//! Ending sessions.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Timestamp, UserId, account::SessionId};

use crate::{connection::Connection, error::DbError, login_networks, schema::sessions};

/// Ends a session, unless it has ended already.
pub(super) async fn revoke(
    mut conn: &Connection,
    id: SessionId,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(sessions::table.find(id.to_string()))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(now))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Ends all sessions of an account, and erases the networks of its logins: an attacker who knew the
/// password may have logged in from one of them.
pub(crate) async fn revoke_all(
    mut conn: &Connection,
    user: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(now))
        .execute(&mut conn)
        .await?;
    login_networks::forget(conn, user).await
}

/// Ends all sessions of an account but one.
pub(crate) async fn revoke_others(
    mut conn: &Connection,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(kept.to_string()))
        .set(sessions::revoked_at.eq(now))
        .execute(&mut conn)
        .await?;
    Ok(())
}
