//! Changing accounts.

use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp, UserId,
    account::{
        AccountChange, AccountCommand, Actor, ChangedAccount, Credentials, EmailAddress,
        RevokedSessions,
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
    journal::append::append,
    schema::users,
    sessions::revoke::{revoke_all, revoke_others},
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
        let known = lock(conn, self.id).await?;
        let known = known.ok_or(TxError::Refused(ChangeAccountError::NotFound))?;
        let other_admins = count_admins_but(conn, Some(self.id)).await?;
        let change = known
            .decide(self.command, self.actor, other_admins, self.now)
            .map_err(|refusal| TxError::Refused(refusal.into()))?;
        match change {
            AccountChange::Keep(changed) => {
                let is_new = known.account.pending_email != changed.account.pending_email;
                if let Some(pending) = changed.account.pending_email.as_ref().filter(|_| is_new)
                    && is_taken(conn, pending).await?
                {
                    return Err(TxError::Refused(ChangeAccountError::EmailTaken));
                }
                write(conn, &changed, self.now).await?;
                Ok(changed.account.into())
            }
            AccountChange::Erase { open_orders, event } => {
                let cancelled =
                    cancel_orders(conn, self.id, open_orders, self.actor, self.now).await?;
                erase(conn, self.id, self.now).await?;
                append(conn, [*event]).await?;
                Ok(AccountOutcome { account: None, cancelled })
            }
        }
    }
}

/// The live account with that id and its password hash, locked against changes until the
/// transaction ends.
async fn lock(mut conn: &Connection, id: UserId) -> Result<Option<Credentials>, DbError> {
    let found = users::table
        .find(id.get())
        .filter(users::deleted_at.is_null())
        .select((account_columns!(users), users::password_hash.assume_not_null()))
        // Not FOR UPDATE: that would conflict with the key locks of transactions that insert rows
        // which refer to the account. Such a transaction may hold the lock on an order, which an
        // erasure takes next, so the two could deadlock.
        .for_no_key_update()
        .first::<(AccountRow, String)>(&mut conn)
        .await
        .optional()?;
    Ok(found.map(|(row, hash)| row.into_credentials(hash)).transpose()?)
}

/// Whether a live account has that address.
async fn is_taken(mut conn: &Connection, email: &EmailAddress) -> Result<bool, DbError> {
    let taken = users::table
        .filter(users::email.eq(email.as_str()))
        .filter(users::deleted_at.is_null())
        .select(users::id);
    Ok(diesel::select(exists(taken)).get_result(&mut conn).await?)
}

/// Writes an account in its new state, and what follows from the change.
async fn write(
    mut conn: &Connection,
    changed: &ChangedAccount,
    now: Timestamp,
) -> Result<(), TxError<ChangeAccountError>> {
    let ChangedAccount { account, password, revoked, mails: _, events } = changed;
    diesel::update(users::table.find(account.id.get()))
        .set((
            users::name.eq(account.name.as_str()),
            users::email.eq(account.email.as_str()),
            users::email_verified_at.eq(account.email_verified_at),
            users::pending_email.eq(account.pending_email.as_ref().map(EmailAddress::as_str)),
            users::role.eq(account.role.as_str()),
            users::search_text.eq(account.search_text()),
            // Without a new hash the statement keeps the present one.
            password.as_ref().map(|hash| users::password_hash.eq(hash.expose())),
        ))
        .execute(&mut conn)
        .await
        .map_err(|error| email_taken_or_failed(error, ChangeAccountError::EmailTaken))?;
    match revoked {
        RevokedSessions::None => {}
        RevokedSessions::AllBut(session) => {
            revoke_others(conn, account.id, *session, now).await?;
        }
        RevokedSessions::All => revoke_all(conn, account.id, now).await?,
    }
    append(conn, events.iter().cloned()).await?;
    Ok(())
}
