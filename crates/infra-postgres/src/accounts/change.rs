//! Changing accounts.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp, UserId,
    account::{
        Account, AccountChange, AccountCommand, Actor,
        port::{AccountOutcome, ChangeAccountError},
    },
};
use infra_sql::account_columns;

use super::{
    admins::{count_admins_but, lock_admins},
    create::email_taken_or_failed,
    erase::{cancel_orders, erase},
};
use crate::{
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    fields::AccountRow,
    schema::users,
};

/// A command on an account.
pub(super) struct Change<'a> {
    pub(super) id: UserId,
    pub(super) command: &'a AccountCommand,
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
}

impl DbOperation for Change<'_> {
    type Output = AccountOutcome;
    type Error = ChangeAccountError;

    async fn run(&self, conn: &Connection) -> Result<AccountOutcome, TxError<ChangeAccountError>> {
        // Before the row: every transaction takes the two locks in this order.
        if matches!(self.command, AccountCommand::ChangeRole(_) | AccountCommand::Delete { .. }) {
            lock_admins(conn).await?;
        }
        let account = lock(conn, self.id).await?;
        let account = account.ok_or(TxError::Refused(ChangeAccountError::NotFound))?;
        let other_admins = count_admins_but(conn, Some(self.id)).await?;
        let change = account
            .decide(self.command, self.actor, other_admins)
            .map_err(|refusal| TxError::Refused(refusal.into()))?;
        match change {
            AccountChange::Keep(changed) => {
                write(conn, &changed).await?;
                Ok(changed.into())
            }
            AccountChange::Erase { open_orders } => {
                let cancelled =
                    cancel_orders(conn, self.id, open_orders, self.actor, self.now).await?;
                erase(conn, self.id, self.now).await?;
                Ok(AccountOutcome { account: None, cancelled })
            }
        }
    }
}

/// The live account with that id, locked against changes until the transaction ends.
async fn lock(mut conn: &Connection, id: UserId) -> Result<Option<Account>, DbError> {
    let row = users::table
        .find(id.get())
        .filter(users::deleted_at.is_null())
        .select(account_columns!(users))
        // Not FOR UPDATE: that would block transactions that write rows which refer to the account,
        // and an order of theirs is what an erasure locks next.
        .for_no_key_update()
        .first::<AccountRow>(&mut conn)
        .await
        .optional()?;
    Ok(row.map(AccountRow::into_account).transpose()?)
}

async fn write(
    mut conn: &Connection,
    account: &Account,
) -> Result<(), TxError<ChangeAccountError>> {
    diesel::update(users::table.find(account.id.get()))
        .set((
            users::name.eq(account.name.as_str()),
            users::email.eq(account.email.as_str()),
            users::role.eq(account.role.as_str()),
            users::search_text.eq(account.search_text()),
        ))
        .execute(&mut conn)
        .await
        .map_err(|error| email_taken_or_failed(error, ChangeAccountError::EmailTaken))?;
    Ok(())
}
