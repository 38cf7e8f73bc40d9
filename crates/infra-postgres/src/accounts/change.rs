//! Changing and erasing accounts.

use diesel::{
    define_sql_function,
    prelude::*,
    sql_types::{Integer, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    CustomerName, FOLDED_SEPARATOR, PersonName, Timestamp, UserId,
    account::{Account, AccountChange, AccountCommand, Actor, port::ChangeAccountError},
    fold_case,
};
use infra_sql::account_columns;

use super::{
    admins::{count_admins_but, lock_admins},
    create::email_taken_or_failed,
};
use crate::{
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    fields::AccountRow,
    login_networks,
    schema::{orders, sessions, users},
};

define_sql_function! {
    /// The position of `part` in `whole`, from 1; 0 if it is not in it.
    fn strpos(whole: Text, part: Text) -> Integer;
}

define_sql_function! {
    /// The text from that position on; the first character is 1.
    fn substr(whole: Text, from: Integer) -> Text;
}

/// A command on an account.
pub(super) struct Change<'a> {
    pub(super) id: UserId,
    pub(super) command: &'a AccountCommand,
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
}

impl DbOperation for Change<'_> {
    type Output = Option<Account>;
    type Error = ChangeAccountError;

    async fn run(&self, conn: &Connection) -> Result<Option<Account>, TxError<ChangeAccountError>> {
        // Before the row: every transaction takes the two locks in this order.
        if matches!(self.command, AccountCommand::ChangeRole(_) | AccountCommand::Delete) {
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
                Ok(Some(changed))
            }
            AccountChange::Erase => {
                erase(conn, self.id, self.now).await?;
                Ok(None)
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
        ))
        .execute(&mut conn)
        .await
        .map_err(|error| email_taken_or_failed(error, ChangeAccountError::EmailTaken))?;
    Ok(())
}

/// Erases the person: the account's data, its sessions, and the name on orders that took it from
/// the account. Free-form orders have a name that the customer typed, of another person, so they
/// are unchanged.
async fn erase(mut conn: &Connection, id: UserId, now: Timestamp) -> Result<(), DbError> {
    let no_customer = CustomerName::of_deleted_account();
    diesel::update(users::table.find(id.get()))
        .set((
            users::name.eq(PersonName::of_deleted_account().as_str()),
            users::email.eq(None::<String>),
            users::password_hash.eq(None::<String>),
            users::deleted_at.eq(now),
        ))
        .execute(&mut conn)
        .await?;
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(id.get()))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(now))
        .execute(&mut conn)
        .await?;
    login_networks::forget(conn, id).await?;
    // Deleted orders too: the name must go, visible or not. Each of the two has its own index. In
    // the search text, the name is the part before the first separator.
    let (folded, separator) = (fold_case(no_customer.as_str()), FOLDED_SEPARATOR.to_string());
    let no_name = || {
        (
            orders::customer_name.eq(no_customer.as_str()),
            orders::revision.eq(orders::revision + 1),
            orders::search_text.eq(folded.as_str().into_sql::<Text>().concat(substr(
                orders::search_text,
                strpos(orders::search_text, separator.as_str()),
            ))),
        )
    };
    let theirs = orders::user_id.eq(id.get()).and(orders::item_name.is_null());
    diesel::update(orders::table)
        .filter(theirs.and(orders::deleted_at.is_null()))
        .set(no_name())
        .execute(&mut conn)
        .await?;
    diesel::update(orders::table)
        .filter(theirs.and(orders::deleted_at.is_not_null()))
        .set(no_name())
        .execute(&mut conn)
        .await?;
    Ok(())
}
