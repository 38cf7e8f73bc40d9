//! Sessions.

pub(crate) mod callers;
mod refresh;
pub(crate) mod revoke;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    StoreError, Timestamp, UserId,
    account::{
        Caller, EmailAddress, NetworkHash, NewSession, Session, SessionId, SessionLifetimes,
        TokenHash,
        port::{OpenSessionError, RefreshError, SessionReads, SessionWrites},
    },
};
use infra_sql::row_count;
use tracing::instrument;

use self::{refresh::Refresh, revoke::revoke};
use crate::{
    PostgresStore,
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    login_networks::{self, IsRecorded, PurgeNetworks},
    schema::{sessions, users},
};

#[async_trait]
impl SessionReads for PostgresStore {
    #[instrument(target = "oms", name = "sessions.caller", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn caller(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError> {
        self.callers.caller(session, now).await
    }

    #[instrument(target = "oms", name = "sessions.has_logged_in_from", skip_all, fields(
        otel.kind = "client", db.system.name = "postgresql", error.type, otel.status_code))]
    async fn has_logged_in_from(
        &self,
        email: &EmailAddress,
        network: &NetworkHash,
    ) -> Result<bool, StoreError> {
        self.read(&IsRecorded { email, network }).await
    }
}

#[async_trait]
impl SessionWrites for PostgresStore {
    #[instrument(target = "oms", name = "sessions.open", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn open(&self, session: NewSession) -> Result<(), OpenSessionError> {
        self.write(&OpenSession(&session)).await
    }

    #[instrument(target = "oms", name = "sessions.refresh", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn refresh(
        &self,
        presented: &TokenHash,
        successor: Option<TokenHash>,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<Session, RefreshError> {
        // A refusal may write too (a replayed token ends its session), so it must not roll back:
        // for the transaction it is an ordinary output.
        self.write(&Refresh { presented, successor, lifetimes, now }).await?
    }

    #[instrument(target = "oms", name = "sessions.revoke", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn revoke(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.write(&Revoke { session, now }).await
    }

    #[instrument(target = "oms", name = "sessions.purge", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(&PurgeEnded { now, limit }).await
    }

    #[instrument(target = "oms", name = "sessions.purge_networks", skip_all, fields(
        otel.kind = "client", db.system.name = "postgresql", error.type, otel.status_code))]
    async fn purge_networks(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(&PurgeNetworks { before, limit }).await
    }
}

struct OpenSession<'a>(&'a NewSession);

impl DbOperation for OpenSession<'_> {
    type Output = ();
    type Error = OpenSessionError;

    async fn run(&self, mut conn: &Connection) -> Result<(), TxError<OpenSessionError>> {
        let session = self.0;
        if !lock_live_account(conn, session.user).await? {
            return Err(TxError::Refused(OpenSessionError::AccountGone));
        }
        diesel::insert_into(sessions::table)
            .values((
                sessions::id.eq(session.id.to_string()),
                sessions::user_id.eq(session.user.get()),
                sessions::refresh_hash.eq(session.refresh.as_bytes().as_slice()),
                sessions::refresh_expires_at.eq(session.refresh_expires_at),
                sessions::opened_at.eq(session.opened_at),
                sessions::ends_at.eq(session.ends_at),
            ))
            .execute(&mut conn)
            .await?;
        if let Some(network) = &session.network {
            login_networks::record(conn, session.user, network, session.opened_at).await?;
        }
        Ok(())
    }
}

/// Whether the account is live. If so, it cannot be erased until the transaction ends.
async fn lock_live_account(mut conn: &Connection, user: UserId) -> Result<bool, DbError> {
    let live = users::table
        .find(user.get())
        .filter(users::deleted_at.is_null())
        .select(users::id)
        .for_share()
        .first::<i64>(&mut conn)
        .await
        .optional()?;
    Ok(live.is_some())
}

/// Ends a session, unless it has ended already.
struct Revoke {
    session: SessionId,
    now: Timestamp,
}

impl DbOperation for Revoke {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<(), TxError<StoreError>> {
        Ok(revoke(conn, self.session, self.now).await?)
    }
}

/// Deletes up to `limit` ended sessions.
struct PurgeEnded {
    now: Timestamp,
    limit: u32,
}

impl DbOperation for PurgeEnded {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        // Sessions that another process is deleting are skipped.
        let ended = sessions::table
            .filter(sessions::ends_at.lt(self.now))
            .order_by(sessions::ends_at)
            .limit(i64::from(self.limit))
            .select(sessions::id)
            .for_update()
            .skip_locked()
            .load::<String>(&mut conn)
            .await?;
        if ended.is_empty() {
            return Ok(0);
        }
        let purged = diesel::delete(sessions::table.filter(sessions::id.eq_any(ended)))
            .execute(&mut conn)
            .await?;
        Ok(row_count(purged))
    }
}
