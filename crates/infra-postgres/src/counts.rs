//! How many rows a list has in all. Triggers keep the counts; nothing here counts.
//!
//! A total is a value and all changes of it that are not folded into it yet, as of one moment. Folding is done
//! in the background, by any number of processes; no total changes by it.

mod fold;

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use domain::{ProductId, UserId, order::OrderStatus};
use futures::{FutureExt as _, future::BoxFuture};

pub(crate) use self::fold::{Folding, fold};
use crate::{
    connection::Connection,
    error::{Failure, Unreadable},
};

/// The live accounts.
pub(crate) fn users(conn: &Connection) -> BoxFuture<'_, Result<u64, Failure>> {
    Total::of("users".to_owned(), 0).read(conn)
}

/// The live products.
pub(crate) fn products(conn: &Connection) -> BoxFuture<'_, Result<u64, Failure>> {
    Total::of("products".to_owned(), 0).read(conn)
}

/// The live orders in that status, or in any.
pub(crate) fn orders(
    conn: &Connection,
    status: Option<OrderStatus>,
) -> BoxFuture<'_, Result<u64, Failure>> {
    Total::by_status("orders", status, 0).read(conn)
}

/// The live orders of an account, in that status or in any.
pub(crate) fn orders_of_user(
    conn: &Connection,
    user: UserId,
    status: Option<OrderStatus>,
) -> BoxFuture<'_, Result<u64, Failure>> {
    Total::by_status("user_orders", status, user.get()).read(conn)
}

/// The live orders that name a product.
pub(crate) fn orders_of_product(
    conn: &Connection,
    product: ProductId,
) -> BoxFuture<'_, Result<u64, Failure>> {
    Total::of("product_orders".to_owned(), product.get()).read(conn)
}

/// A count as a number of things.
pub(crate) fn count(
    table: &'static str,
    id: &(dyn ToString + Sync),
    value: i64,
) -> Result<u64, Failure> {
    u64::try_from(value)
        .map_err(|_negative| Unreadable::new(table, id, &format!("a count of {value}")).into())
}

/// The sum of some kinds of counts, each of the same account or product.
#[derive(Debug)]
struct Total {
    kinds: Vec<String>,
    /// The account or product, or 0.
    of: i64,
}

impl Total {
    fn of(kind: String, of: i64) -> Self {
        Self { kinds: vec![kind], of }
    }

    fn by_status(family: &str, status: Option<OrderStatus>, of: i64) -> Self {
        let kind = |status: OrderStatus| format!("{family}.{status}");
        let kinds = match status {
            Some(status) => vec![kind(status)],
            None => OrderStatus::ALL.into_iter().map(kind).collect(),
        };
        Self { kinds, of }
    }

    /// Reads it, in one statement, and so as of one moment.
    fn read(self, mut conn: &Connection) -> BoxFuture<'_, Result<u64, Failure>> {
        let name = self.kinds.join(", ");
        let read = self.get_result::<i64>(&mut conn);
        async move { count("counts", &name, read.await?) }.boxed()
    }
}

impl Query for Total {
    type SqlType = BigInt;
}

impl QueryId for Total {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Total {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH wanted AS (SELECT unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.kinds)?;
        out.push_sql(") AS kind, ");
        out.push_bind_param::<BigInt, _>(&self.of)?;
        out.push_sql(
            " AS ref)
            SELECT (coalesce((SELECT sum(value) FROM wanted JOIN counts USING (kind, ref)), 0)
                  + coalesce((SELECT sum(delta) FROM wanted JOIN count_deltas USING (kind, ref)), 0))::bigint",
        );
        Ok(())
    }
}
