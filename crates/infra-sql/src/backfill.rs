//! Rewriting columns that the program computes, after a migration changed their rules.
//!
//! A migration inserts a row into `backfills` for each such column. The function that
//! [`backfill!`](crate::backfill!) defines then rewrites it in chunks by ascending id. Each chunk
//! is a transaction, which also records how far it came, so an interrupted run continues, and
//! several processes take turns.

use domain::account::EmailAddress;

/// The number of rows that one transaction rewrites.
pub const ROWS_PER_CHUNK: i64 = 500;

/// A column that can be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// `products.name_folded`, from the product's name.
    ProductNames,
    /// `orders.search_text`, from the customer's name and the names of the item or the lines.
    OrderTexts,
    /// `users.email`, from itself, and `users.search_text`, from it and the account's name.
    Addresses,
}

impl Backfill {
    /// The column with that name in `backfills`; `None` if this program does not know it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "products.name_folded" => Some(Self::ProductNames),
            "orders.search_text" => Some(Self::OrderTexts),
            "users.email" => Some(Self::Addresses),
            _ => None,
        }
    }
}

/// The new form of a stored address; `None` if it is the same.
///
/// An address that no account could have now is kept, because its owner still logs in with it. It
/// is logged by the number of the account.
pub fn new_address(account: i64, stored: &str) -> Option<String> {
    match EmailAddress::parse(stored) {
        Ok(address) => (address.as_str() != stored).then(|| address.as_str().to_owned()),
        Err(_refused) => {
            tracing::warn!(account, "this account has an address that no mail can be sent to");
            None
        }
    }
}

/// Logs that an account keeps its address in the old form, because another account has the new one.
pub fn log_taken_address(account: i64) {
    tracing::warn!(
        account,
        "this account has another spelling of another account's address, and no one can log in with it"
    );
}

/// Defines `rewrite_chunk`, which rewrites the next rows on a connection of this type. The caller
/// imports the tables of its schema.
#[macro_export]
macro_rules! backfill {
    ($connection:ty) => {
        use diesel::{prelude::*, result::Error as BackfillError};
        use domain::{account::search_text as account_text, order::search_text, text::search_form};
        use infra_sql::{Backfill, ROWS_PER_CHUNK, log_taken_address, new_address};

        /// Rewrites the next rows of the first column that has to be rewritten, and records it.
        /// Returns the column's name and the number of rows; `None` if no column is left.
        ///
        /// # Errors
        /// The caller's transaction must be rolled back then.
        pub(crate) fn rewrite_chunk(
            conn: &mut $connection,
        ) -> Result<Option<(String, usize)>, BackfillError> {
            let next = backfills::table
                .select((backfills::name, backfills::last_id))
                .order_by(backfills::name)
                .first::<(String, i64)>(conn)
                .optional()?;
            let Some((name, last_id)) = next else { return Ok(None) };
            let ids = match Backfill::parse(&name) {
                Some(Backfill::ProductNames) => rewrite_products(conn, last_id)?,
                Some(Backfill::OrderTexts) => rewrite_orders(conn, last_id)?,
                Some(Backfill::Addresses) => rewrite_accounts(conn, last_id)?,
                None => {
                    let unknown = format!("this program cannot rewrite {name}");
                    return Err(BackfillError::QueryBuilderError(unknown.into()));
                }
            };
            match ids.last() {
                Some(last) => diesel::update(backfills::table.find(&name))
                    .set(backfills::last_id.eq(last))
                    .execute(conn)?,
                None => diesel::delete(backfills::table.find(&name)).execute(conn)?,
            };
            Ok(Some((name, ids.len())))
        }

        // A statement changes a row only if what its new value is made of is still the same:
        // servers may be running, and what they write in between is newer.

        fn rewrite_products(
            conn: &mut $connection,
            last_id: i64,
        ) -> Result<Vec<i64>, BackfillError> {
            let rows: Vec<(i64, String, String)> = products::table
                .filter(products::id.gt(last_id))
                .select((products::id, products::name, products::name_folded))
                .order_by(products::id)
                .limit(ROWS_PER_CHUNK)
                .load(conn)?;
            for (id, name, folded) in &rows {
                let form = search_form(name);
                if form != *folded {
                    diesel::update(products::table.find(id))
                        .filter(products::name.eq(name))
                        .set(products::name_folded.eq(form))
                        .execute(conn)?;
                }
            }
            Ok(rows.iter().map(|(id, ..)| *id).collect())
        }

        fn rewrite_orders(conn: &mut $connection, last_id: i64) -> Result<Vec<i64>, BackfillError> {
            let rows: Vec<(i64, String, Option<String>, String)> = orders::table
                .filter(orders::id.gt(last_id))
                .select((orders::id, orders::customer_name, orders::item_name, orders::search_text))
                .order_by(orders::id)
                .limit(ROWS_PER_CHUNK)
                .load(conn)?;
            let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
            let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(ids) };
            let mut lines = order_lines::table
                .filter(order_lines::order_id.between(first, last))
                .select((order_lines::order_id, order_lines::name))
                .order_by((order_lines::order_id, order_lines::position))
                .load::<(i64, String)>(conn)?
                .into_iter()
                .peekable();
            for (id, customer, item, stored) in &rows {
                let mut items: Vec<String> = item.iter().cloned().collect();
                while let Some((_, name)) = lines.next_if(|(order, _)| order == id) {
                    items.push(name);
                }
                let text = search_text(customer, items.iter().map(String::as_str));
                if text != *stored {
                    diesel::update(orders::table.find(id))
                        .filter(orders::customer_name.eq(customer))
                        .set(orders::search_text.eq(text))
                        .execute(conn)?;
                }
            }
            Ok(ids)
        }

        fn rewrite_accounts(
            conn: &mut $connection,
            last_id: i64,
        ) -> Result<Vec<i64>, BackfillError> {
            let rows: Vec<(i64, String, Option<String>, String)> = users::table
                .filter(users::id.gt(last_id))
                .select((users::id, users::name, users::email, users::search_text))
                .order_by(users::id)
                .limit(ROWS_PER_CHUNK)
                .load(conn)?;
            for (id, name, email, text) in &rows {
                // An erased account has neither address nor text.
                let Some(email) = email else { continue };
                let address = match new_address(*id, email) {
                    Some(address) if is_taken(conn, &address)? => {
                        log_taken_address(*id);
                        None
                    }
                    address => address,
                };
                let address = address.as_deref().unwrap_or(email);
                let form = account_text(name, address);
                if address != email || form != *text {
                    diesel::update(users::table.find(id))
                        .filter(users::name.eq(name))
                        .filter(users::email.eq(email))
                        .set((users::email.eq(address), users::search_text.eq(form)))
                        .execute(conn)?;
                }
            }
            Ok(rows.iter().map(|(id, ..)| *id).collect())
        }

        fn is_taken(conn: &mut $connection, address: &str) -> Result<bool, BackfillError> {
            let owners: i64 = users::table
                .filter(users::email.eq(address))
                .filter(users::deleted_at.is_null())
                .count()
                .get_result(conn)?;
            Ok(owners > 0)
        }
    };
}
