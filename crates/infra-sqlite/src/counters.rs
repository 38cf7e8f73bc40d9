//! How many rows a list has in all. Triggers keep the counts; nothing here counts.

use diesel::{SqliteConnection, prelude::*};
use domain::{ProductId, UserId, order::OrderStatus};

use crate::{
    error::{Failure, Unreadable},
    schema::{counters, product_order_counts, user_order_counts},
};

/// The live accounts.
pub(crate) fn users(conn: &mut SqliteConnection) -> Result<u64, Failure> {
    named(conn, "users")
}

/// The live products.
pub(crate) fn products(conn: &mut SqliteConnection) -> Result<u64, Failure> {
    named(conn, "products")
}

/// The live orders in that status, or in any.
pub(crate) fn orders(
    conn: &mut SqliteConnection,
    status: Option<OrderStatus>,
) -> Result<u64, Failure> {
    if let Some(status) = status {
        return orders_in(conn, status);
    }
    OrderStatus::ALL.into_iter().try_fold(0, |sum, status| Ok(sum + orders_in(conn, status)?))
}

fn orders_in(conn: &mut SqliteConnection, status: OrderStatus) -> Result<u64, Failure> {
    named(conn, &format!("orders.{status}"))
}

/// The live orders of an account, in that status or in any.
pub(crate) fn orders_of_user(
    conn: &mut SqliteConnection,
    user: UserId,
    status: Option<OrderStatus>,
) -> Result<u64, Failure> {
    let counts = user_order_counts::table
        .filter(user_order_counts::user_id.eq(user.get()))
        .select((user_order_counts::status, user_order_counts::value))
        .load::<(String, i64)>(conn)?;
    let wanted = counts
        .into_iter()
        .filter(|(word, _)| status.is_none_or(|status| status.as_str() == word))
        .map(|(_, value)| value)
        .sum();
    count("user_order_counts", &user, wanted)
}

/// The live orders that name a product.
pub(crate) fn orders_of_product(
    conn: &mut SqliteConnection,
    product: ProductId,
) -> Result<u64, Failure> {
    let value = product_order_counts::table
        .find(product.get())
        .select(product_order_counts::value)
        .first(conn)
        .optional()?;
    count("product_order_counts", &product, value.unwrap_or(0))
}

fn named(conn: &mut SqliteConnection, name: &str) -> Result<u64, Failure> {
    let value = counters::table.find(name).select(counters::value).first(conn)?;
    count("counters", &name, value)
}

/// A count as a number of things.
pub(crate) fn count(table: &'static str, id: &dyn ToString, value: i64) -> Result<u64, Failure> {
    u64::try_from(value).map_err(|negative| Unreadable::new(table, id, &negative).into())
}
