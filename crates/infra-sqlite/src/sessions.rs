//! Sessions.

pub(crate) mod callers;
pub(crate) mod revoke;

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*};
use domain::{
    StoreError, Timestamp,
    account::{
        Caller, EmailAddress, NetworkHash, NewSession, RefreshRefusal, Session, SessionId,
        SessionLifetimes, TokenHash,
        port::{OpenSessionError, RefreshError, SessionReads, SessionWrites},
    },
};
use infra_sql::{row_count, session_columns};
use tracing::instrument;

use crate::{
    SqliteStore,
    error::{DbError, TxError},
    fields::SessionRow,
    login_networks,
    schema::{sessions, users},
    time::micros,
};

#[async_trait]
impl SessionReads for SqliteStore {
    #[instrument(target = "oms", name = "sessions.caller", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn caller(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError> {
        self.callers.caller(session, now).await
    }

    #[instrument(target = "oms", name = "sessions.has_logged_in_from", skip_all, fields(
        otel.kind = "client", db.system.name = "sqlite", error.type, otel.status_code))]
    async fn has_logged_in_from(
        &self,
        email: &EmailAddress,
        network: &NetworkHash,
    ) -> Result<bool, StoreError> {
        let (email, network) = (email.clone(), *network);
        self.read(move |conn| login_networks::is_recorded(conn, &email, &network)).await
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
        // A refusal may write too (a replayed token ends its session), so it must not roll back:
        // the writer gets it as an `Ok` result.
        self.write::<_, RefreshError>(move |conn| {
            Ok(refresh(conn, &presented, successor, lifetimes, now)?)
        })
        .await?
    }

    #[instrument(target = "oms", name = "sessions.revoke", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn revoke(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |conn| Ok(revoke::revoke(conn, &session.to_string(), now)?)).await
    }

    #[instrument(target = "oms", name = "sessions.purge", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |conn| {
            let ended = sessions::table
                .filter(sessions::ends_at.lt(micros(now)))
                .order_by(sessions::ends_at)
                .limit(i64::from(limit))
                .select(sessions::id)
                .load::<String>(conn)?;
            let mut deleted: usize = 0;
            for id in ended {
                deleted += diesel::delete(sessions::table.find(id)).execute(conn)?;
            }
            Ok(row_count(deleted))
        })
        .await
    }

    #[instrument(target = "oms", name = "sessions.purge_networks", skip_all, fields(
        otel.kind = "client", db.system.name = "sqlite", error.type, otel.status_code))]
    async fn purge_networks(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |conn| Ok(login_networks::purge(conn, before, limit)?)).await
    }
}

fn open(
    conn: &mut SqliteConnection,
    session: &NewSession,
) -> Result<(), TxError<OpenSessionError>> {
    let live = users::table
        .find(session.user.get())
        .filter(users::deleted_at.is_null())
        .select(users::id)
        .first::<i64>(conn)
        .optional()?;
    if live.is_none() {
        return Err(TxError::Refused(OpenSessionError::AccountGone));
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
    if let Some(network) = &session.network {
        login_networks::record(conn, session.user, network, session.opened_at)?;
    }
    Ok(())
}

fn refresh(
    conn: &mut SqliteConnection,
    presented: &TokenHash,
    successor: Option<TokenHash>,
    lifetimes: SessionLifetimes,
    now: Timestamp,
) -> Result<Result<Session, RefreshError>, DbError> {
    let Some(session) = find_by_token(conn, presented)? else {
        return Ok(Err(RefreshError::Unknown));
    };
    let id = session.id.to_string();
    let renewed = match session.decide_refresh(presented, successor, lifetimes, now) {
        Ok(renewed) => renewed,
        Err(refusal) => {
            if refusal == RefreshRefusal::Replayed {
                revoke::revoke(conn, &id, now)?;
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

/// The session of a live account whose current or previous refresh token has this hash.
fn find_by_token(
    conn: &mut SqliteConnection,
    token: &TokenHash,
) -> Result<Option<Session>, DbError> {
    let hash = token.as_bytes().as_slice();
    let of_live_accounts = || {
        sessions::table
            .inner_join(users::table)
            .filter(users::deleted_at.is_null())
            .select(session_columns!(sessions))
    };
    let current = of_live_accounts()
        .filter(sessions::refresh_hash.eq(hash))
        .first::<SessionRow>(conn)
        .optional()?;
    let row = match current {
        Some(row) => Some(row),
        None => of_live_accounts()
            .filter(sessions::previous_refresh_hash.eq(hash))
            .first(conn)
            .optional()?,
    };
    Ok(row.map(SessionRow::into_session).transpose()?)
}
