//! Who calls, for any number of sessions, in one statement.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    StoreError, Timestamp,
    account::{Caller, SessionId},
};

use crate::{
    accounts::AccountRow,
    connection::Connection,
    database::Work,
    error::{Abort, Failure},
    schema::{sessions, users},
};

/// Finds who calls through these sessions.
pub(super) struct FindCallers<'a> {
    pub(super) sessions: &'a [SessionId],
    pub(super) now: Timestamp,
}

impl Work for FindCallers<'_> {
    type Output = Vec<Result<Option<Caller>, StoreError>>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, Abort<StoreError>> {
        let names: Vec<String> = self.sessions.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, AccountRow)> = sessions::table
            .inner_join(users::table)
            .filter(sessions::id.eq_any(&names))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::ends_at.gt(self.now))
            .filter(users::deleted_at.is_null())
            .select((sessions::id, AccountRow::as_select()))
            .load(&mut conn)
            .await?;
        // One account that cannot be read is in nobody else's way.
        let accounts: HashMap<String, Result<_, StoreError>> = rows
            .into_iter()
            .map(|(name, row)| (name, row.into_account().map_err(Failure::into)))
            .collect();
        let caller = |(name, session): (&String, &SessionId)| {
            let account = accounts.get(name).cloned().transpose()?;
            Ok(account.map(|account| Caller { account, session: *session }))
        };
        Ok(names.iter().zip(self.sessions).map(caller).collect())
    }
}
