//! Changes and erases accounts.

use diesel::{SqliteConnection, dsl::exists, prelude::*, sql_types::Text};
use domain::{
    CustomerName, FOLDED_SEPARATOR, PersonName, Timestamp, UserId,
    account::{
        AccountChange, AccountCommand, Actor, ChangedAccount, EmailAddress, OpenOrders,
        RevokedSessions,
        port::{AccountOutcome, ChangeAccountError},
    },
    order::Order,
    text::search_form,
};

use super::find::{count_other_admins, credentials_of, if_email_taken};
use crate::{
    error::{DbError, TxError},
    functions::{instr, substr},
    journal::append::append,
    orders::open,
    schema::{events, orders, users},
    sessions::revoke::{revoke_all, revoke_others},
    time::micros,
};

pub(super) fn execute(
    conn: &mut SqliteConnection,
    id: UserId,
    command: &AccountCommand,
    actor: Actor,
    now: Timestamp,
) -> Result<AccountOutcome, TxError<ChangeAccountError>> {
    let known = credentials_of(conn, id)?;
    let known = known.ok_or(TxError::Refused(ChangeAccountError::NotFound))?;
    let other_admins = count_other_admins(conn, Some(id))?;
    let change = known
        .decide(command, actor, other_admins, now)
        .map_err(|refusal| TxError::Refused(refusal.into()))?;
    match change {
        AccountChange::Keep(changed) => {
            let is_new = known.account.pending_email != changed.account.pending_email;
            if let Some(pending) = changed.account.pending_email.as_ref().filter(|_| is_new)
                && is_taken(conn, pending)?
            {
                return Err(TxError::Refused(ChangeAccountError::EmailTaken));
            }
            write(conn, &changed, now)?;
            Ok(changed.account.into())
        }
        AccountChange::Erase { open_orders, event } => {
            let cancelled = cancel(conn, id, open_orders, actor, now)?;
            erase(conn, id, now)?;
            append(conn, [*event])?;
            Ok(AccountOutcome { account: None, cancelled })
        }
    }
}

/// Whether a live account has that address.
fn is_taken(conn: &mut SqliteConnection, email: &EmailAddress) -> Result<bool, DbError> {
    let taken = users::table
        .filter(users::email.eq(email.as_str()))
        .filter(users::deleted_at.is_null())
        .select(users::id);
    Ok(diesel::select(exists(taken)).get_result(conn)?)
}

/// Writes an account in its new state, and what follows from the change.
fn write(
    conn: &mut SqliteConnection,
    changed: &ChangedAccount,
    now: Timestamp,
) -> Result<(), TxError<ChangeAccountError>> {
    let ChangedAccount { account, password, revoked, mails: _, events } = changed;
    diesel::update(users::table.find(account.id.get()))
        .set((
            users::name.eq(account.name.as_str()),
            users::email.eq(account.email.as_str()),
            users::email_verified_at.eq(account.email_verified_at.map(micros)),
            users::pending_email.eq(account.pending_email.as_ref().map(EmailAddress::as_str)),
            users::role.eq(account.role.as_str()),
            users::search_text.eq(account.search_text()),
            // Without a new hash the statement keeps the present one.
            password.as_ref().map(|hash| users::password_hash.eq(hash.expose())),
        ))
        .execute(conn)
        .map_err(|error| if_email_taken(error, ChangeAccountError::EmailTaken))?;
    match revoked {
        RevokedSessions::None => {}
        RevokedSessions::AllBut(session) => revoke_others(conn, account.id, *session, now)?,
        RevokedSessions::All => revoke_all(conn, account.id, now)?,
    }
    append(conn, events.iter().cloned())?;
    Ok(())
}

/// Writes what is decided about the open orders of an account, and returns those that are
/// cancelled.
fn cancel(
    conn: &mut SqliteConnection,
    id: UserId,
    open_orders: OpenOrders,
    actor: Actor,
    now: Timestamp,
) -> Result<Vec<Order>, TxError<ChangeAccountError>> {
    if !open_orders.needs_orders() {
        return Ok(Vec::new());
    }
    let changes = open_orders
        .decide(&open::find(conn, id)?, actor, now)
        .map_err(|refusal| TxError::Refused(refusal.into()))?;
    open::write(conn, &changes)?;
    Ok(changes.into_iter().map(|change| change.order).collect())
}

/// Erases a person's data: their account's, their sessions, the addresses of mails, and their name
/// on orders that took it from the account. Free-form orders have the name that the customer typed,
/// and keep it.
pub(crate) fn erase(
    conn: &mut SqliteConnection,
    id: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    let placeholder = CustomerName::of_deleted_account();
    diesel::update(users::table.find(id.get()))
        .set((
            users::name.eq(PersonName::of_deleted_account().as_str()),
            users::email.eq(None::<String>),
            users::email_verified_at.eq(None::<i64>),
            users::pending_email.eq(None::<String>),
            users::password_hash.eq(None::<String>),
            users::search_text.eq(""),
            users::deleted_at.eq(micros(now)),
        ))
        .execute(conn)?;
    revoke_all(conn, id, now)?;
    let recipients = events::account_id.eq(id.get()).and(events::recipient.is_not_null());
    diesel::update(events::table.filter(recipients))
        .set(events::recipient.eq(None::<String>))
        .execute(conn)?;
    // Deleted orders too, as they hold the name. Live and deleted orders have an index each, so
    // there are two statements. In the search text, the name ends at the first separator.
    let (folded, separator) = (search_form(placeholder.as_str()), FOLDED_SEPARATOR.to_string());
    let erased_name = || {
        (
            orders::customer_name.eq(placeholder.as_str()),
            orders::revision.eq(orders::revision + 1),
            orders::search_text.eq(folded.as_str().into_sql::<Text>().concat(substr(
                orders::search_text,
                instr(orders::search_text, separator.as_str()),
            ))),
        )
    };
    let own_orders = orders::user_id.eq(id.get()).and(orders::item_name.is_null());
    diesel::update(orders::table)
        .filter(own_orders.and(orders::deleted_at.is_null()))
        .set(erased_name())
        .execute(conn)?;
    diesel::update(orders::table)
        .filter(own_orders.and(orders::deleted_at.is_not_null()))
        .set(erased_name())
        .execute(conn)?;
    Ok(())
}
