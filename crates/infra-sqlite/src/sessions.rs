//! Sessions.

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*};
use domain::{
    StoreError, Timestamp, UserId,
    account::{
        Caller, NewSession, RefreshRefusal, Session, SessionId, SessionLifetimes, TokenHash,
        port::{OpenSessionError, RefreshError, SessionReads, SessionWrites},
    },
};
use tracing::instrument;

use crate::{
    SqliteStore,
    accounts::AccountRow,
    error::{Abort, Failure, Unreadable},
    schema::{sessions, users},
    time::{micros, moment},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: String,
    user_id: i64,
    refresh_hash: Vec<u8>,
    previous_refresh_hash: Option<Vec<u8>>,
    refresh_expires_at: i64,
    refreshed_at: Option<i64>,
    ends_at: i64,
    revoked_at: Option<i64>,
}

impl SessionRow {
    fn into_session(self) -> Result<Session, Failure> {
        // Who knows a session's id has the session, so a failure does not name it.
        let unreadable = |reason: &str| {
            Unreadable::new("sessions", &format!("of user {}", self.user_id), &reason)
        };
        let token = |hash: &[u8], column| {
            let bytes = <[u8; 32]>::try_from(hash).map_err(|_length| unreadable(column))?;
            Ok::<_, Failure>(TokenHash::from_bytes(bytes))
        };
        let timestamp = |at, column| moment(at).ok_or_else(|| unreadable(column));
        let previous = self.previous_refresh_hash.as_deref();
        Ok(Session {
            id: self.id.parse().map_err(|_not_hex| unreadable("id"))?,
            user: UserId::new(self.user_id),
            refresh: token(&self.refresh_hash, "refresh_hash")?,
            previous_refresh: previous
                .map(|hash| token(hash, "previous_refresh_hash"))
                .transpose()?,
            refresh_expires_at: timestamp(self.refresh_expires_at, "refresh_expires_at")?,
            rotated_at: self.refreshed_at.map(|at| timestamp(at, "refreshed_at")).transpose()?,
            ends_at: timestamp(self.ends_at, "ends_at")?,
            revoked: self.revoked_at.is_some(),
        })
    }
}

fn caller(
    conn: &mut SqliteConnection,
    session: SessionId,
    now: Timestamp,
) -> Result<Option<Caller>, Failure> {
    let row = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(session.to_string()))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::ends_at.gt(micros(now)))
        .filter(users::deleted_at.is_null())
        .select(AccountRow::as_select())
        .first(conn)
        .optional()?;
    let account = row.map(AccountRow::into_account).transpose()?;
    Ok(account.map(|account| Caller { account, session }))
}

#[async_trait]
impl SessionReads for SqliteStore {
    async fn callers(
        &self,
        sessions: &[SessionId],
        now: Timestamp,
    ) -> Vec<Result<Option<Caller>, StoreError>> {
        let wanted = sessions.to_vec();
        let find_all = move |conn: &mut SqliteConnection| {
            // One after the other with one prepared statement; one that cannot be read is in nobody else's way.
            Ok(wanted.into_iter().map(|session| Ok(caller(conn, session, now)?)).collect())
        };
        let found = self.read(find_all).await;
        found.unwrap_or_else(|failure| vec![Err(failure); sessions.len()])
    }
}

#[async_trait]
impl SessionWrites for SqliteStore {
    #[instrument(target = "oms", name = "sessions.open", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn open(&self, session: NewSession) -> Result<(), OpenSessionError> {
        self.write(move |conn| open(conn, &session)).await
    }

    #[instrument(target = "oms", name = "sessions.refresh", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn refresh(
        &self,
        presented: &TokenHash,
        successor: Option<TokenHash>,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<Session, RefreshError> {
        let presented = *presented;
        // A refusal may write too (a replayed token ends its session), so it must not roll back: for the
        // writer it is a result like any other.
        self.write::<_, RefreshError>(move |conn| {
            Ok(refresh(conn, &presented, successor, lifetimes, now)?)
        })
        .await?
    }

    #[instrument(target = "oms", name = "sessions.revoke", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn revoke(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |conn| Ok(revoke(conn, &session.to_string(), now)?)).await
    }

    #[instrument(target = "oms", name = "sessions.purge", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |conn| {
            let over = sessions::table
                .filter(sessions::ends_at.lt(micros(now)))
                .order_by(sessions::ends_at)
                .limit(i64::from(limit))
                .select(sessions::id)
                .load::<String>(conn)?;
            let mut gone: usize = 0;
            for id in over {
                gone += diesel::delete(sessions::table.find(id)).execute(conn)?;
            }
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn open(conn: &mut SqliteConnection, session: &NewSession) -> Result<(), Abort<OpenSessionError>> {
    let live = users::table
        .find(session.user.get())
        .filter(users::deleted_at.is_null())
        .select(users::id)
        .first::<i64>(conn)
        .optional()?;
    if live.is_none() {
        return Err(Abort::Refused(OpenSessionError::AccountGone));
    }
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(session.id.to_string()),
            sessions::user_id.eq(session.user.get()),
            sessions::refresh_hash.eq(session.refresh.as_bytes().as_slice()),
            sessions::refresh_expires_at.eq(micros(session.refresh_expires_at)),
            sessions::opened_at.eq(micros(session.opened_at)),
            sessions::ends_at.eq(micros(session.ends_at)),
        ))
        .execute(conn)?;
    Ok(())
}

fn refresh(
    conn: &mut SqliteConnection,
    presented: &TokenHash,
    successor: Option<TokenHash>,
    lifetimes: SessionLifetimes,
    now: Timestamp,
) -> Result<Result<Session, RefreshError>, Failure> {
    let Some(session) = find_by_token(conn, presented)? else {
        return Ok(Err(RefreshError::Unknown));
    };
    let id = session.id.to_string();
    let renewed = match session.decide_refresh(presented, successor, lifetimes, now) {
        Ok(renewed) => renewed,
        Err(refusal) => {
            if refusal == RefreshRefusal::Replayed {
                revoke(conn, &id, now)?;
            }
            return Ok(Err(refusal.into()));
        }
    };
    if renewed != session {
        let previous = renewed.previous_refresh.as_ref().map(|hash| hash.as_bytes().as_slice());
        diesel::update(sessions::table.find(id))
            .set((
                sessions::refresh_hash.eq(renewed.refresh.as_bytes().as_slice()),
                sessions::previous_refresh_hash.eq(previous),
                sessions::refresh_expires_at.eq(micros(renewed.refresh_expires_at)),
                sessions::refreshed_at.eq(renewed.rotated_at.map(micros)),
                sessions::ends_at.eq(micros(renewed.ends_at)),
            ))
            .execute(conn)?;
    }
    Ok(Ok(renewed))
}

/// The session of a live account that has this token now, or had it before the one it has now.
fn find_by_token(
    conn: &mut SqliteConnection,
    token: &TokenHash,
) -> Result<Option<Session>, Failure> {
    let hash = token.as_bytes().as_slice();
    let of_live_accounts = || {
        sessions::table
            .inner_join(users::table)
            .filter(users::deleted_at.is_null())
            .select(SessionRow::as_select())
    };
    let current =
        of_live_accounts().filter(sessions::refresh_hash.eq(hash)).first(conn).optional()?;
    let row = match current {
        Some(row) => Some(row),
        None => of_live_accounts()
            .filter(sessions::previous_refresh_hash.eq(hash))
            .first(conn)
            .optional()?,
    };
    row.map(SessionRow::into_session).transpose()
}

/// Ends a session, unless it is over already.
fn revoke(conn: &mut SqliteConnection, id: &str, now: Timestamp) -> Result<(), Failure> {
    diesel::update(sessions::table.find(id))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(micros(now)))
        .execute(conn)?;
    Ok(())
}
