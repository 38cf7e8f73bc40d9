//! Ending a session.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Timestamp, account::SessionId};

use crate::{connection::Connection, error::DbError, schema::sessions};

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
