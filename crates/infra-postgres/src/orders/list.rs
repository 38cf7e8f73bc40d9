//! Pages of orders, newest first, with the filters of staff.
//!
//! The total comes from the counts for no filter, for a status, an account, both, or a product. Any other
//! combination counts over an index what its most selective filter leaves.

use chrono::{SubsecRound as _, TimeDelta};
use diesel::{
    QueryResult,
    dsl::{InnerJoin, IntoBoxed, count},
    pg::Pg,
    prelude::*,
};
use diesel_async::RunQueryDsl;
use domain::{
    Page, PageRequest, PageStart, ProductId, StoreError, Timestamp,
    order::{
        Order,
        port::{OrderFilter, OrderQuery},
    },
};
use futures::{FutureExt as _, future::BoxFuture};

use super::rows::{self, OrderRow};
use crate::{
    connection::Connection,
    counts,
    database::Work,
    error::{Abort, Failure},
    schema::{order_lines, orders},
};

/// Reads a page of the live orders that match a filter, and how many match in all. To be read as of one moment.
pub(crate) struct ReadPage<'a>(pub(crate) &'a OrderQuery);

impl Work for ReadPage<'_> {
    type Output = Page<Order>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<Page<Order>, Abort<StoreError>> {
        let OrderQuery { filter, page } = self.0;
        let total = total(conn, filter);
        // Sent together, and looked at in the order they were sent: whatever is behind a statement that failed
        // only hears that the transaction is lost, and not why.
        let (rows, total) = match filter.product {
            None => {
                let (rows, total) = futures::join!(load_by_id(conn, filter, *page), total);
                (rows?, total?)
            }
            Some(product) => {
                let ids = find_ids_by_product(conn, product, filter, *page);
                let (ids, total) = futures::join!(ids, total);
                let (ids, total) = (ids?, total?);
                (load(conn, ids).await?, total)
            }
        };
        let with_lines: Vec<i64> = rows.iter().filter_map(OrderRow::id_with_lines).collect();
        let lines = match with_lines.as_slice() {
            [] => Vec::new(),
            some => rows::load_lines(conn, some).await?,
        };
        let found = rows::put_together(rows, lines)?;
        Ok(Page::from_surplus(found, page.limit, total, |order| order.id().get()))
    }
}

/// The rows of a page, and one more if there is a next page.
fn load_by_id<'a>(
    mut conn: &'a Connection,
    filter: &OrderFilter,
    page: PageRequest,
) -> BoxFuture<'a, QueryResult<Vec<OrderRow>>> {
    let mut query = matching(filter).order_by(orders::id.desc()).limit(surplus(page));
    query = match page.start {
        PageStart::Number(_) => query.offset(page.offset()),
        PageStart::After(cursor) => query.filter(orders::id.lt(cursor.id())),
    };
    query.select(OrderRow::as_select()).load(&mut conn).boxed()
}

/// The same for a filter with a product, but only the numbers.
fn find_ids_by_product<'a>(
    mut conn: &'a Connection,
    product: ProductId,
    filter: &OrderFilter,
    page: PageRequest,
) -> BoxFuture<'a, QueryResult<Vec<i64>>> {
    let mut query =
        lines_matching(product, filter).order_by(order_lines::order_id.desc()).limit(surplus(page));
    query = match page.start {
        PageStart::Number(_) => query.offset(page.offset()),
        PageStart::After(cursor) => query.filter(order_lines::order_id.lt(cursor.id())),
    };
    // An order may name the product in several lines.
    query.select(order_lines::order_id).distinct().load(&mut conn).boxed()
}

/// The rows of these orders, newest first.
async fn load(mut conn: &Connection, ids: Vec<i64>) -> QueryResult<Vec<OrderRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    orders::table
        .filter(orders::id.eq_any(ids))
        .order_by(orders::id.desc())
        .select(OrderRow::as_select())
        .load(&mut conn)
        .await
}

/// The live orders that match all of a filter but the product.
fn matching(filter: &OrderFilter) -> orders::BoxedQuery<'static, Pg> {
    let mut query = orders::table.filter(orders::deleted_at.is_null()).into_boxed();
    if let Some(user) = filter.user {
        query = query.filter(orders::user_id.eq(user.get()));
    }
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status.as_str()));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(orders::created_at.ge(rounded_up(from)));
    }
    if let Some(to) = filter.created_to {
        query = query.filter(orders::created_at.le(rounded_down(to)));
    }
    query
}

type LinesWithOrders<'a> = IntoBoxed<'a, InnerJoin<order_lines::table, orders::table>, Pg>;

/// The lines for a product whose orders match the rest of a filter. Starting at the lines' own index, this
/// touches that product's orders only, and in the right order.
fn lines_matching(product: ProductId, filter: &OrderFilter) -> LinesWithOrders<'static> {
    let mut query = order_lines::table
        .inner_join(orders::table)
        .into_boxed()
        .filter(order_lines::product_id.eq(product.get()))
        .filter(orders::deleted_at.is_null());
    if let Some(user) = filter.user {
        query = query.filter(orders::user_id.eq(user.get()));
    }
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status.as_str()));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(orders::created_at.ge(rounded_up(from)));
    }
    if let Some(to) = filter.created_to {
        query = query.filter(orders::created_at.le(rounded_down(to)));
    }
    query
}

fn surplus(page: PageRequest) -> i64 {
    i64::from(page.limit.get()) + 1
}

/// The last whole microsecond that is not behind the moment: the upper end of a range of stored moments.
fn rounded_down(moment: Timestamp) -> Timestamp {
    moment.trunc_subsecs(6)
}

/// The first whole microsecond that is not before the moment: the lower end of a range of stored moments.
fn rounded_up(moment: Timestamp) -> Timestamp {
    let down = rounded_down(moment);
    if down == moment { down } else { down + TimeDelta::microseconds(1) }
}

fn total<'a>(
    mut conn: &'a Connection,
    filter: &OrderFilter,
) -> BoxFuture<'a, Result<u64, Failure>> {
    let OrderFilter { status, user, product, created_from, created_to } = filter;
    let any_time = created_from.is_none() && created_to.is_none();
    match (user, product) {
        (None, None) if any_time => counts::orders(conn, *status),
        (Some(user), None) if any_time => counts::orders_of_user(conn, *user, *status),
        (None, Some(product)) if any_time && status.is_none() => {
            counts::orders_of_product(conn, *product)
        }
        (_, None) => {
            let found = matching(filter).count().get_result(&mut conn);
            async move { counts::count("orders", &"list", found.await?) }.boxed()
        }
        (_, Some(product)) => {
            let found = lines_matching(*product, filter)
                .select(count(order_lines::order_id).aggregate_distinct())
                .get_result(&mut conn);
            async move { counts::count("order_lines", &"list", found.await?) }.boxed()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_leave_nothing_outside_in() {
        let exact = Timestamp::from_timestamp_micros(1_767_225_600_123_456).unwrap();
        assert_eq!((rounded_down(exact), rounded_up(exact)), (exact, exact));
        let next = exact + TimeDelta::microseconds(1);
        let between = exact + TimeDelta::nanoseconds(1);
        assert_eq!((rounded_down(between), rounded_up(between)), (exact, next));
    }

    #[test]
    fn the_ends_of_a_range_before_1970_are_rounded_the_same_way() {
        let exact = Timestamp::from_timestamp_micros(-5).unwrap();
        let between = exact + TimeDelta::nanoseconds(1);
        let next = exact + TimeDelta::microseconds(1);
        assert_eq!((rounded_down(between), rounded_up(between)), (exact, next));
    }
}
