//! Pages of orders, newest first or by the time of the last change, with the staff's filters.
//!
//! The total is a sum of counters for no filter, for statuses, an account, both, or a product. For
//! any other combination, it is counted along the index of the most selective filter; a large total
//! is cached for some seconds.

use std::collections::BTreeSet;

use domain::{
    Page, PageRequest, ProductId, StoreError,
    order::{
        Order, OrderListSort,
        port::{OrderFilter, OrderQuery},
    },
};
use infra_sql::{OrderCounter, OrderScan, ScanStart, round_down, round_up};

use super::page::{self, Row, SortOrder};
use crate::{
    connection::Connection,
    counts::{self, TotalsCache},
    database::DbOperation,
    error::TxError,
    paging,
    statement::Statement,
};

/// Reads a page of the live orders that match a filter, and the total, with one statement.
pub(crate) struct ReadPage<'a> {
    pub(crate) query: &'a OrderQuery,
    pub(crate) totals: &'a TotalsCache,
}

impl DbOperation for ReadPage<'_> {
    type Output = Page<Order>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<Page<Order>, TxError<StoreError>> {
        let OrderQuery { filter, sort, page } = self.query;
        let counter = OrderCounter::of(filter).map(counts::orders);
        let key = counter.is_none().then(|| format!("{filter:?}"));
        let cached = key.as_deref().and_then(|key| self.totals.get(key));
        let mut select = page::select(
            |select| match (&counter, cached) {
                (Some(counter), _) => counter.write(select),
                (None, Some(total)) => paging::write_known_total(select, total),
                (None, None) => write_count(select, filter),
            },
            |select| match sort {
                OrderListSort::Id => write_newest_ids(select, self.query),
                OrderListSort::UpdatedAt => write_updated_ids(select, self.query),
            },
            SortOrder::from(*sort),
        );
        // By the time of the last change, the best index depends on how many orders have the
        // filter's values.
        if counter.is_none() || *sort == OrderListSort::UpdatedAt {
            select.without_cached_plan();
        }
        let (total, found) = page::load(conn, select).await?;
        if let (Some(key), None) = (key, cached) {
            self.totals.insert(key, total);
        }
        Ok(Page::from_fetched_in_order(found, page.limit, total, |order| sort.cursor(order)))
    }
}

/// Writes the ids of a page's orders, newest first, and one more if there is a next page.
fn write_newest_ids(select: &mut Statement<Row>, query: &OrderQuery) {
    let (scan, page) = (OrderScan::of(query), query.page);
    select.sql("SELECT id FROM (");
    let id = match scan.filter.product {
        None => {
            write_orders_by_id(select, &scan, page);
            "id"
        }
        Some(product) => {
            // An order may have the product in several lines.
            select.sql("SELECT DISTINCT order_id AS id");
            write_lines_of(select, product);
            write_conditions(select, &scan.filter);
            write_start(select, scan.start, "order_id");
            "order_id"
        }
    };
    select.sql(" ORDER BY ").sql(id).sql(" DESC");
    paging::write_page_bounds(select, page);
    select.sql(") AS candidates ORDER BY id DESC LIMIT ").number(page.fetch_limit());
}

/// As [`write_newest_ids`], by the time of the last change.
fn write_updated_ids(select: &mut Statement<Row>, query: &OrderQuery) {
    let (scan, page) = (OrderScan::of(query), query.page);
    let sort_order = SortOrder::OLDEST_UPDATE_FIRST.0;
    select.sql("SELECT id FROM (SELECT id, updated_at FROM orders WHERE deleted_at IS NULL");
    write_conditions(select, &scan.filter);
    if let Some(product) = scan.filter.product {
        write_has_product(select, product);
    }
    write_start(select, scan.start, "id");
    select.sql(" ORDER BY ").sql(sort_order);
    paging::write_page_bounds(select, page);
    select.sql(") AS orders ORDER BY ").sql(sort_order);
    select.sql(" LIMIT ").number(page.fetch_limit());
}

/// Writes the ids of the orders from a page's start on.
///
/// The index by status has the orders of one status in the right order. So for several statuses
/// there is a branch for each. Each has its own order and limit: otherwise the server would read
/// and sort all orders in these statuses, instead of merging the branches as far as the page needs.
/// An account's orders are so few that their statuses are compared one by one.
fn write_orders_by_id(select: &mut Statement<Row>, scan: &OrderScan<'_>, page: PageRequest) {
    let OrderScan { filter, start } = scan;
    let statuses = filter.one_of_statuses().filter(|several| several.len() > 1);
    let Some(statuses) = statuses.filter(|_several| filter.user.is_none()) else {
        write_branch(select, filter, *start);
        return;
    };
    for (number, status) in statuses.iter().enumerate() {
        select.sql(if number == 0 { "(" } else { " UNION ALL (" });
        let of_one = OrderFilter { statuses: BTreeSet::from([*status]), ..(**filter).clone() };
        write_branch(select, &of_one, *start);
        select.sql(" ORDER BY id DESC");
        paging::write_limit_from_start(select, page);
        select.sql(")");
    }
}

fn write_branch(select: &mut Statement<Row>, filter: &OrderFilter, start: Option<ScanStart>) {
    select.sql("SELECT id FROM orders WHERE deleted_at IS NULL");
    write_conditions(select, filter);
    write_start(select, start, "id");
}

/// Writes the condition that the orders are behind the start of a scan, if it has one. `id` is the
/// column with their ids.
pub(super) fn write_start<R>(
    select: &mut Statement<R>,
    start: Option<ScanStart>,
    id: &'static str,
) {
    match start {
        None => {}
        Some(ScanStart::BeforeId(before)) => {
            select.sql(" AND ").sql(id).sql(" < ").number(before);
        }
        Some(ScanStart::AfterUpdate(time, after)) => {
            select.sql(" AND (updated_at, ").sql(id).sql(") > (").timestamp(time);
            select.sql(", ").number(after).sql(")");
        }
    }
}

/// Writes the lines of a product with their orders. Along the index of lines by product, this reads
/// only orders of this product, in the right order.
fn write_lines_of(select: &mut Statement<Row>, product: ProductId) {
    select.sql(" FROM order_lines JOIN orders ON orders.id = order_id WHERE product_id = ");
    select.number(product.get()).sql(" AND deleted_at IS NULL");
}

/// Writes the conditions of a filter on an order, except the ones on its lines and on a term.
pub(super) fn write_conditions<R>(select: &mut Statement<R>, filter: &OrderFilter) {
    if let Some(user) = filter.user {
        select.sql(" AND user_id = ").number(user.get());
    }
    if let Some(statuses) = filter.one_of_statuses() {
        for (number, status) in statuses.iter().enumerate() {
            select.sql(if number == 0 { " AND status IN (" } else { ", " }).text(status.as_str());
        }
        select.sql(")");
    }
    if let Some(from) = filter.created_from {
        select.sql(" AND created_at >= ").timestamp(round_up(from));
    }
    if let Some(to) = filter.created_to {
        select.sql(" AND created_at <= ").timestamp(round_down(to));
    }
    if let Some(from) = filter.updated_from {
        select.sql(" AND updated_at >= ").timestamp(round_up(from));
    }
    if let Some(to) = filter.updated_to {
        select.sql(" AND updated_at <= ").timestamp(round_down(to));
    }
}

/// Writes the condition that an order has a line for a product.
pub(super) fn write_has_product<R>(select: &mut Statement<R>, product: ProductId) {
    select.sql(" AND EXISTS (SELECT FROM order_lines WHERE order_id = orders.id");
    select.sql(" AND product_id = ").number(product.get()).sql(")");
}

/// Writes a count of the orders that match a filter.
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
