//! Refreshing a session.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    account::{RefreshRefusal, Session, SessionLifetimes, TokenHash, port::RefreshError},
};
use infra_sql::session_columns;

use super::revoke::revoke;
use crate::{
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    fields::SessionRow,
    schema::{sessions, users},
};

/// Refreshes the session of a refresh token.
pub(super) struct Refresh<'a> {
    pub(super) presented: &'a TokenHash,
    /// The next refresh token, if tokens are rotated.
    pub(super) successor: Option<TokenHash>,
    pub(super) lifetimes: SessionLifetimes,
    pub(super) now: Timestamp,
}

impl DbOperation for Refresh<'_> {
    type Output = Result<Session, RefreshError>;
    type Error = RefreshError;

    async fn run(
        &self,
        conn: &Connection,
    ) -> Result<Result<Session, RefreshError>, TxError<RefreshError>> {
        let Some(session) = lock_by_token(conn, self.presented).await? else {
            return Ok(Err(RefreshError::Unknown));
        };
        let decision =
            session.decide_refresh(self.presented, self.successor, self.lifetimes, self.now);
        let refreshed = match decision {
            Ok(refreshed) => refreshed,
            Err(refusal) => {
                if refusal == RefreshRefusal::Replayed {
                    revoke(conn, session.id, self.now).await?;
                }
                return Ok(Err(refusal.into()));
            }
        };
        if refreshed != session {
            write(conn, &refreshed).await?;
        }
        Ok(Ok(refreshed))
    }
}

/// The session of a live account with this current or previous refresh token, locked until the
/// transaction ends.
async fn lock_by_token(
    mut conn: &Connection,
    token: &TokenHash,
) -> Result<Option<Session>, DbError> {
    let hash = token.as_bytes().as_slice();
    let row = sessions::table
        .filter(sessions::refresh_hash.eq(hash).or(sessions::previous_refresh_hash.eq(hash)))
        .select(session_columns!(sessions))
        .for_no_key_update()
        .first::<SessionRow>(&mut conn)
        .await
        .optional()?;
    let Some(session) = row.map(SessionRow::into_session).transpose()? else { return Ok(None) };
    // The account is read after the session is locked, not in the same statement. An erasure locks
    // the account first and its sessions then: if it held the lock on this session, it has ended by
    // now, and this read sees that the account is erased.
    let live = users::table
        .find(session.user.get())
        .filter(users::deleted_at.is_null())
        .select(users::id)
        .first::<i64>(&mut conn)
        .await
        .optional()?;
    Ok(live.map(|_id| session))
}

async fn write(mut conn: &Connection, session: &Session) -> Result<(), DbError> {
    let previous = session.previous_refresh.as_ref().map(|hash| hash.as_bytes().as_slice());
    diesel::update(sessions::table.find(session.id.to_string()))
        .set((
            sessions::refresh_hash.eq(session.refresh.as_bytes().as_slice()),
            sessions::previous_refresh_hash.eq(previous),
            sessions::refresh_expires_at.eq(session.refresh_expires_at),
            sessions::refreshed_at.eq(session.rotated_at),
            sessions::ends_at.eq(session.ends_at),
        ))
        .execute(&mut conn)
        .await?;
    Ok(())
}
