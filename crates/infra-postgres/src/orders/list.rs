//! Pages of orders, newest first, with the filters of staff.
//!
//! The total comes from the counts for no filter, for a status, an account, both, or a product. Any other
//! combination counts over an index what its most selective filter leaves; where that is much, the total is
//! remembered for a little while.

use chrono::{SubsecRound as _, TimeDelta};
use domain::{
    Page, PageRequest, PageStart, ProductId, StoreError, Timestamp,
    order::{
        Order,
        port::{OrderFilter, OrderQuery},
    },
};

use super::page::{self, Row, Sequence};
use crate::{
    connection::Connection,
    counts::{self, Total, TotalsCache},
    database::Work,
    error::Abort,
    paging,
    statement::Statement,
};

/// Reads a page of the live orders that match a filter, and how many match in all, with one statement.
pub(crate) struct ReadPage<'a> {
    pub(crate) query: &'a OrderQuery,
    pub(crate) totals: &'a TotalsCache,
}

impl Work for ReadPage<'_> {
    type Output = Page<Order>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<Page<Order>, Abort<StoreError>> {
        let OrderQuery { filter, page } = self.query;
        let kept = kept_total(filter);
        let key = kept.is_none().then(|| format!("{filter:?}"));
        let remembered = key.as_deref().and_then(|key| self.totals.get(key));
        let mut select = page::select(
            |select| match (&kept, remembered) {
                (Some(kept), _) => kept.write(select),
                (None, Some(total)) => paging::write_known_total(select, total),
                (None, None) => write_count(select, filter),
            },
            |select| write_ids(select, filter, *page),
            Sequence::NEWEST_FIRST,
        );
        if kept.is_none() {
            select.plan_anew();
        }
        let (total, found) = page::load(conn, select).await?;
        if let (Some(key), None) = (key, remembered) {
            self.totals.insert(key, total);
        }
        Ok(Page::from_surplus(found, page.limit, total, |order| order.id().get()))
    }
}

/// The numbers of a page's orders, and one more if there is a next page.
fn write_ids(select: &mut Statement<Row>, filter: &OrderFilter, page: PageRequest) {
    select.sql("SELECT id FROM (");
    let id = match filter.product {
        None => {
            select.sql("SELECT id FROM orders WHERE deleted_at IS NULL");
            "id"
        }
        Some(product) => {
            // An order may name the product in several lines.
            select.sql("SELECT DISTINCT order_id AS id");
            write_lines_of(select, product);
            "order_id"
        }
    };
    write_conditions(select, filter);
    if let PageStart::After(cursor) = page.start {
        select.sql(" AND ").sql(id).sql(" < ").number(cursor.id());
    }
    select.sql(" ORDER BY ").sql(id).sql(" DESC");
    paging::skip_to(select, page);
    select.sql(") AS nearest ORDER BY id DESC LIMIT ").number(i64::from(page.limit.get()) + 1);
}

/// The lines for a product with their orders. Starting at the lines' own index, this touches that product's orders
/// only, and in the right order.
fn write_lines_of(select: &mut Statement<Row>, product: ProductId) {
    select.sql(" FROM order_lines JOIN orders ON orders.id = order_id WHERE product_id = ");
    select.number(product.get()).sql(" AND deleted_at IS NULL");
}

/// The conditions of a filter on an order, but that on its lines.
fn write_conditions(select: &mut Statement<Row>, filter: &OrderFilter) {
    if let Some(user) = filter.user {
        select.sql(" AND user_id = ").number(user.get());
    }
    if let Some(status) = filter.status {
        select.sql(" AND status = ").text(status.as_str());
    }
    if let Some(from) = filter.created_from {
        select.sql(" AND created_at >= ").moment(rounded_up(from));
    }
    if let Some(to) = filter.created_to {
        select.sql(" AND created_at <= ").moment(rounded_down(to));
    }
}

/// How many orders a filter matches in all, counted.
fn write_count(select: &mut Statement<Row>, filter: &OrderFilter) {
    match filter.product {
        None => {
            select.sql("(SELECT count(*) FROM orders WHERE deleted_at IS NULL");
        }
        Some(product) => {
            select.sql("(SELECT count(DISTINCT order_id)");
            write_lines_of(select, product);
        }
    }
    write_conditions(select, filter);
    select.sql(")");
}

/// The total that is kept for a filter, if there is one.
fn kept_total(filter: &OrderFilter) -> Option<Total> {
    let OrderFilter { status, user, product, created_from, created_to } = filter;
    if created_from.is_some() || created_to.is_some() {
        return None;
    }
    match (user, product, status) {
        (None, None, status) => Some(counts::orders(*status)),
        (Some(user), None, status) => Some(counts::orders_of_user(*user, *status)),
        (None, Some(product), None) => Some(counts::orders_of_product(*product)),
        _ => None,
    }
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
