//! The row of a session.

use diesel::Queryable;
use domain::{
    Timestamp, UserId,
    account::{Session, TokenHash},
};

use crate::{ColumnValue, Unreadable};

/// The columns of a session that a refresh needs.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct SessionRow<Time> {
    pub id: String,
    pub user_id: i64,
    pub refresh_hash: Vec<u8>,
    pub previous_refresh_hash: Option<Vec<u8>>,
    pub refresh_expires_at: Time,
    pub refreshed_at: Option<Time>,
    pub ends_at: Time,
    pub revoked_at: Option<Time>,
}

/// The columns of a [`SessionRow`] in this table.
#[macro_export]
macro_rules! session_columns {
    ($sessions:ident) => {
        (
            $sessions::id,
            $sessions::user_id,
            $sessions::refresh_hash,
            $sessions::previous_refresh_hash,
            $sessions::refresh_expires_at,
            $sessions::refreshed_at,
            $sessions::ends_at,
            $sessions::revoked_at,
        )
    };
}

impl<Time: ColumnValue<Timestamp>> SessionRow<Time> {
    /// Converts the row to a session.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_session(self) -> Result<Session, Unreadable> {
        // A session's id is a secret, so the error does not contain it.
        let unreadable = |reason: &dyn ToString| {
            Unreadable::new("sessions", &format!("of user {}", self.user_id), reason)
        };
        let token = |hash: Vec<u8>, column: &'static str| {
            let bytes = <[u8; 32]>::try_from(hash).map_err(|_length| unreadable(&column))?;
            Ok(TokenHash::from_bytes(bytes))
        };
        let time = |at: Time| at.read().map_err(|error| unreadable(&error));
        Ok(Session {
            id: self.id.parse().map_err(|_not_hex| unreadable(&"id"))?,
            user: UserId::new(self.user_id),
            refresh: token(self.refresh_hash, "refresh_hash")?,
            previous_refresh: self
                .previous_refresh_hash
                .map(|hash| token(hash, "previous_refresh_hash"))
                .transpose()?,
            refresh_expires_at: time(self.refresh_expires_at)?,
            rotated_at: self.refreshed_at.map(time).transpose()?,
            ends_at: time(self.ends_at)?,
            revoked: self.revoked_at.is_some(),
        })
    }
}
