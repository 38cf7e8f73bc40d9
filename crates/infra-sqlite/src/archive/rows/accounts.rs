//! Accounts and their sessions.

use diesel::prelude::*;
use domain::archive::{AccountRecord, SessionRecord};

use super::Moments;
use crate::{
    error::Unreadable,
    schema::{sessions, users},
    time::micros,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(in crate::archive) struct AccountRow {
    pub(in crate::archive) id: i64,
    name: String,
    email: Option<String>,
    password_hash: Option<String>,
    role: String,
    created_at: i64,
    deleted_at: Option<i64>,
}

impl AccountRow {
    pub(in crate::archive) fn into_record(self) -> Result<AccountRecord, Unreadable> {
        let moments = Moments::of("users", &self.id);
        Ok(AccountRecord {
            id: self.id,
            name: self.name,
            email: self.email,
            password_hash: self.password_hash,
            role: self.role,
            created_at: moments.read(self.created_at)?,
            deleted_at: moments.read_some(self.deleted_at)?,
        })
    }
}

impl From<AccountRecord> for AccountRow {
    fn from(record: AccountRecord) -> Self {
        Self {
            id: record.id,
            name: record.name,
            email: record.email,
            password_hash: record.password_hash,
            role: record.role,
            created_at: micros(record.created_at),
            deleted_at: record.deleted_at.map(micros),
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(in crate::archive) struct SessionRow {
    pub(in crate::archive) id: String,
    user_id: i64,
    refresh_hash: Vec<u8>,
    previous_refresh_hash: Option<Vec<u8>>,
    refresh_expires_at: i64,
    refreshed_at: Option<i64>,
    opened_at: i64,
    ends_at: i64,
    revoked_at: Option<i64>,
}

impl SessionRow {
    pub(in crate::archive) fn into_record(self) -> Result<SessionRecord, Unreadable> {
        // Who knows a session's id has the session, so a failure does not name it.
        let moments = Moments::of("sessions", &format!("of user {}", self.user_id));
        Ok(SessionRecord {
            id: self.id,
            user_id: self.user_id,
            refresh_hash: self.refresh_hash,
            previous_refresh_hash: self.previous_refresh_hash,
            refresh_expires_at: moments.read(self.refresh_expires_at)?,
            refreshed_at: moments.read_some(self.refreshed_at)?,
            opened_at: moments.read(self.opened_at)?,
            ends_at: moments.read(self.ends_at)?,
            revoked_at: moments.read_some(self.revoked_at)?,
        })
    }
}

impl From<SessionRecord> for SessionRow {
    fn from(record: SessionRecord) -> Self {
        Self {
            id: record.id,
            user_id: record.user_id,
            refresh_hash: record.refresh_hash,
            previous_refresh_hash: record.previous_refresh_hash,
            refresh_expires_at: micros(record.refresh_expires_at),
            refreshed_at: record.refreshed_at.map(micros),
            opened_at: micros(record.opened_at),
            ends_at: micros(record.ends_at),
            revoked_at: record.revoked_at.map(micros),
        }
    }
}
