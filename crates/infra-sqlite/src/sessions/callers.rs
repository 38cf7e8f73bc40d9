//! Finds the callers of any number of sessions in one read.

use std::sync::Arc;

use diesel::{SqliteConnection, prelude::*};
use domain::{
    StoreError, Timestamp,
    account::{Caller, SessionId},
};
use infra_sql::{SessionBatcher, account_columns};

use crate::{
    error::DbError,
    fields::AccountRow,
    readers::Readers,
    schema::{sessions, users},
    time::micros,
};

/// Finds callers in batches, for all requests that arrive at the same time.
pub(crate) fn batch_callers(readers: Arc<Readers>) -> SessionBatcher {
    SessionBatcher::new(move |sessions, now| {
        let readers = Arc::clone(&readers);
        async move { find_callers(&readers, sessions, now).await }
    })
}

/// Finds the caller of each of these sessions: one result for each, in their order.
async fn find_callers(
    readers: &Readers,
    sessions: Vec<SessionId>,
    now: Timestamp,
) -> Vec<Result<Option<Caller>, StoreError>> {
    let count = sessions.len();
    let find_all = move |conn: &mut SqliteConnection| {
        // One after the other with one prepared statement. An unreadable row fails its own session
        // only.
        Ok(sessions.into_iter().map(|session| Ok(caller(conn, session, now)?)).collect())
    };
    let found = readers.run(find_all).await;
    found.unwrap_or_else(|failure| vec![Err(failure); count])
}

fn caller(
    conn: &mut SqliteConnection,
    session: SessionId,
    now: Timestamp,
) -> Result<Option<Caller>, DbError> {
    let row = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(session.to_string()))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::ends_at.gt(micros(now)))
        .filter(users::deleted_at.is_null())
        .select(account_columns!(users))
        .first::<AccountRow>(conn)
        .optional()?;
    let account = row.map(AccountRow::into_account).transpose()?;
    Ok(account.map(|account| Caller { account, session }))
}
