//! Looking up the callers of any number of sessions in one statement.

use std::{collections::HashMap, sync::Arc};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    StoreError, Timestamp,
    account::{Caller, SessionId},
};
use infra_sql::{SessionBatcher, account_columns};

use crate::{
    connection::Connection,
    database::{Database, DbOperation},
    error::{DbError, TxError},
    fields::AccountRow,
    schema::{sessions, users},
};

/// Batches the lookups of concurrent requests.
pub(crate) fn batch_callers(database: Arc<Database>) -> SessionBatcher {
    SessionBatcher::new(move |sessions, now| {
        let database = Arc::clone(&database);
        async move { find_callers(&database, &sessions, now).await }
    })
}

/// Looks up the callers of these sessions: one result for each, in their order.
async fn find_callers(
    database: &Database,
    sessions: &[SessionId],
    now: Timestamp,
) -> Vec<Result<Option<Caller>, StoreError>> {
    let found = database.read(&FindCallers { sessions, now }).await;
    found.unwrap_or_else(|error| vec![Err(error); sessions.len()])
}

/// Looks up the callers of these sessions.
struct FindCallers<'a> {
    sessions: &'a [SessionId],
    now: Timestamp,
}

impl DbOperation for FindCallers<'_> {
    type Output = Vec<Result<Option<Caller>, StoreError>>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        let names: Vec<String> = self.sessions.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, AccountRow)> = sessions::table
            .inner_join(users::table)
            .filter(sessions::id.eq_any(&names))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::ends_at.gt(self.now))
            .filter(users::deleted_at.is_null())
            .select((sessions::id, account_columns!(users)))
            .load(&mut conn)
            .await?;
        // An unreadable account fails only its own sessions.
        let accounts: HashMap<String, Result<_, StoreError>> = rows
            .into_iter()
            .map(|(name, row)| {
                (name, row.into_account().map_err(|error| DbError::from(error).into()))
            })
            .collect();
        let caller = |(name, session): (&String, &SessionId)| {
            let account = accounts.get(name).cloned().transpose()?;
            Ok(account.map(|account| Caller { account, session: *session }))
        };
        Ok(names.iter().zip(self.sessions).map(caller).collect())
    }
}
