//! Erasing an account, and what becomes of its open orders.

use diesel::{
    define_sql_function,
    prelude::*,
    sql_types::{Integer, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    CustomerName, FOLDED_SEPARATOR, PersonName, Timestamp, UserId,
    account::{Actor, OpenOrders, port::ChangeAccountError},
    order::Order,
    text::search_form,
};

use crate::{
    connection::Connection,
    error::{DbError, TxError},
    orders::open,
    schema::{events, orders, users},
    sessions::revoke::revoke_all,
};

define_sql_function! {
    /// The position of `part` in `whole`, from 1; 0 if it is not in it.
    fn strpos(whole: Text, part: Text) -> Integer;
}

define_sql_function! {
    /// The text from that position on; the first character is 1.
    fn substr(whole: Text, from: Integer) -> Text;
}

/// Writes what is decided about the open orders of an account that is locked, and returns those
/// that are cancelled.
pub(super) async fn cancel_orders(
    conn: &Connection,
    id: UserId,
    open_orders: OpenOrders,
    actor: Actor,
    now: Timestamp,
) -> Result<Vec<Order>, TxError<ChangeAccountError>> {
    if !open_orders.needs_orders() {
        return Ok(Vec::new());
    }
    let changes = open_orders
        .decide(&open::lock(conn, id).await?, actor, now)
        .map_err(|refusal| TxError::Refused(refusal.into()))?;
    open::write(conn, &changes).await?;
    Ok(changes.into_iter().map(|change| change.order).collect())
}

/// Erases the person: the account's data, its sessions, addresses of mails, and the name on orders that took it from
/// the account. Free-form orders have a name that the customer typed, of another person, so they
/// are unchanged.
pub(super) async fn erase(
    mut conn: &Connection,
    id: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    let no_customer = CustomerName::of_deleted_account();
    diesel::update(users::table.find(id.get()))
        .set((
            users::name.eq(PersonName::of_deleted_account().as_str()),
            users::email.eq(None::<String>),
            users::email_verified_at.eq(None::<Timestamp>),
            users::pending_email.eq(None::<String>),
            users::password_hash.eq(None::<String>),
            users::search_text.eq(""),
            users::deleted_at.eq(now),
        ))
        .execute(&mut conn)
        .await?;
    revoke_all(conn, id, now).await?;
    diesel::update(events::table)
        .filter(events::account_id.eq(id.get()).and(events::recipient.is_not_null()))
        .set(events::recipient.eq(None::<String>))
        .execute(&mut conn)
        .await?;
    // Deleted orders too: the name must go, visible or not. Each of the two has its own index. In
    // the search text, the name is the part before the first separator.
    let (folded, separator) = (search_form(no_customer.as_str()), FOLDED_SEPARATOR.to_string());
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
