//! Reads the totals of lists. Triggers keep them, so no rows are counted here.

use diesel::{SqliteConnection, prelude::*};
use domain::{ProductId, UserId, order::OrderStatus};
use infra_sql::{OrderCounter, read_count};

use crate::{
    error::DbError,
    schema::{counters, product_order_counts, user_order_counts},
};

pub(crate) fn users(conn: &mut SqliteConnection) -> Result<u64, DbError> {
    read_counter(conn, "users")
}

pub(crate) fn products(conn: &mut SqliteConnection) -> Result<u64, DbError> {
    read_counter(conn, "products")
}

/// The value of a counter of live orders.
pub(crate) fn orders(conn: &mut SqliteConnection, counter: OrderCounter) -> Result<u64, DbError> {
    match counter {
        OrderCounter::Orders(Some(status)) => orders_with_status(conn, status),
        OrderCounter::Orders(None) => OrderStatus::ALL
            .into_iter()
            .try_fold(0, |sum, status| Ok(sum + orders_with_status(conn, status)?)),
        OrderCounter::OfUser(user, status) => orders_of_user(conn, user, status),
        OrderCounter::OfProduct(product) => orders_of_product(conn, product),
    }
}

fn orders_with_status(conn: &mut SqliteConnection, status: OrderStatus) -> Result<u64, DbError> {
    read_counter(conn, &format!("orders.{status}"))
}

/// The number of an account's live orders, in this status or in any.
fn orders_of_user(
    conn: &mut SqliteConnection,
    user: UserId,
    status: Option<OrderStatus>,
) -> Result<u64, DbError> {
    let counts = user_order_counts::table
        .filter(user_order_counts::user_id.eq(user.get()))
        .select((user_order_counts::status, user_order_counts::value))
        .load::<(String, i64)>(conn)?;
    let sum = counts
        .into_iter()
        .filter(|(counted, _)| status.is_none_or(|status| status.as_str() == counted))
        .map(|(_, value)| value)
        .sum();
    Ok(read_count("user_order_counts", &user, sum)?)
}

/// The number of live orders with a line for a product.
fn orders_of_product(conn: &mut SqliteConnection, product: ProductId) -> Result<u64, DbError> {
    let value = product_order_counts::table
        .find(product.get())
        .select(product_order_counts::value)
        .first(conn)
        .optional()?;
    Ok(read_count("product_order_counts", &product, value.unwrap_or(0))?)
}

fn read_counter(conn: &mut SqliteConnection, name: &str) -> Result<u64, DbError> {
    let value = counters::table.find(name).select(counters::value).first(conn)?;
    Ok(read_count("counters", &name, value)?)
}
