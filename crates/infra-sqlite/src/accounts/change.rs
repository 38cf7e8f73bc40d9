//! Changes and erases accounts.

use diesel::{SqliteConnection, prelude::*, sql_types::Text};
use domain::{
    CustomerName, FOLDED_SEPARATOR, PersonName, Timestamp, UserId,
    account::{
        Account, AccountChange, AccountCommand, Actor, OpenOrders,
        port::{AccountOutcome, ChangeAccountError},
    },
    fold_case,
    order::Order,
};

use super::{count_other_admins, find, if_email_taken};
use crate::{
    error::{DbError, TxError},
    functions::{instr, substr},
    orders::open,
    schema::{orders, sessions, users},
    time::micros,
};

pub(super) fn execute(
    conn: &mut SqliteConnection,
    id: UserId,
    command: &AccountCommand,
    actor: Actor,
    now: Timestamp,
) -> Result<AccountOutcome, TxError<ChangeAccountError>> {
    let account = find(conn, id)?.ok_or(TxError::Refused(ChangeAccountError::NotFound))?;
    let other_admins = count_other_admins(conn, Some(id))?;
    let change = account
        .decide(command, actor, other_admins)
        .map_err(|refusal| TxError::Refused(refusal.into()))?;
    match change {
        AccountChange::Keep(changed) => {
            write(conn, &changed)?;
            Ok(changed.into())
        }
        AccountChange::Erase { open_orders } => {
            let cancelled = cancel(conn, id, open_orders, actor, now)?;
            erase(conn, id, now)?;
            Ok(AccountOutcome { account: None, cancelled })
        }
    }
}

fn write(
    conn: &mut SqliteConnection,
    account: &Account,
) -> Result<(), TxError<ChangeAccountError>> {
    diesel::update(users::table.find(account.id.get()))
        .set((
            users::name.eq(account.name.as_str()),
            users::email.eq(account.email.as_str()),
            users::role.eq(account.role.as_str()),
            users::search_text.eq(account.search_text()),
        ))
        .execute(conn)
        .map_err(|error| if_email_taken(error, ChangeAccountError::EmailTaken))?;
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
    open::write(conn, &changes, actor.trace)?;
    Ok(changes.into_iter().map(|change| change.order).collect())
}

/// Erases a person's data: their account's, their sessions, and their name on orders that took it
/// from the account. Free-form orders have the name that the customer typed, and keep it.
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
            users::password_hash.eq(None::<String>),
            users::search_text.eq(""),
            users::deleted_at.eq(micros(now)),
        ))
        .execute(conn)?;
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(id.get()))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(micros(now)))
        .execute(conn)?;
    // Deleted orders too, as they hold the name. Live and deleted orders have an index each, so
    // there are two statements. In the search text, the name ends at the first separator.
    let (folded, separator) = (fold_case(placeholder.as_str()), FOLDED_SEPARATOR.to_string());
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
