//! Pages of orders, newest first or by the time of the last change, with filters.
//!
//! The total is a sum of counters without a filter, and for statuses, an account, both, or a
//! product. For any other combination the matching orders are counted along an index.

use std::{cmp::Reverse, collections::BTreeSet};

use diesel::{
    SqliteConnection,
    dsl::{InnerJoin, IntoBoxed, count, sql},
    prelude::*,
    sql_types::{BigInt, Bool, Text},
    sqlite::Sqlite,
};
use domain::{
    OrderId, Page, PageRequest, PageStart, ProductId,
    order::{
        Order, OrderListSort, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
};
use infra_sql::{OrderCounter, OrderScan, ScanStart, order_columns, read_count, round_up};

use super::rows;
use crate::{
    counters,
    error::DbError,
    fields::OrderRow,
    schema::{order_lines, orders},
    time::micros,
};

/// A page of the live orders that match a filter.
pub(crate) fn list(
    conn: &mut SqliteConnection,
    query: &OrderQuery,
) -> Result<Page<Order>, DbError> {
    let OrderQuery { filter, sort, page } = query;
    let rows = match sort {
        OrderListSort::Id => load_newest(conn, filter, *page)?,
        OrderListSort::UpdatedAt => load_by_update(conn, query)?,
    };
    let found = rows::complete(conn, rows)?;
    let total = total(conn, filter)?;
    Ok(Page::from_fetched_in_order(found, page.limit, total, |order| sort.cursor(order)))
}

fn load_newest(
    conn: &mut SqliteConnection,
    filter: &OrderFilter,
    page: PageRequest,
) -> Result<Vec<OrderRow>, DbError> {
    match (filter.product, filter.user, filter.one_of_statuses()) {
        (Some(product), ..) => load_by_product(conn, product, filter, page),
        (None, None, Some(several)) if several.len() > 1 => {
            load_by_statuses(conn, several, filter, page)
        }
        _ => load_by_id(conn, filter, page),
    }
}

/// The rows of a page, and one more if there is a next page.
fn load_by_id(
    conn: &mut SqliteConnection,
    filter: &OrderFilter,
    page: PageRequest,
) -> Result<Vec<OrderRow>, DbError> {
    let mut query = matching(filter).order_by(orders::id.desc()).limit(page.fetch_limit());
    query = match page.start {
        PageStart::Number(_) => query.offset(page.offset()),
        PageStart::After(cursor) => query.filter(orders::id.lt(cursor.id())),
    };
    Ok(query.select(order_columns!(orders)).load(conn)?)
}

/// As [`load_by_id`], for a filter with a product: first the ids, then the rows.
fn load_by_product(
    conn: &mut SqliteConnection,
    product: ProductId,
    filter: &OrderFilter,
    page: PageRequest,
) -> Result<Vec<OrderRow>, DbError> {
    let mut query = lines_matching(product, filter)
        .order_by(order_lines::order_id.desc())
        .limit(page.fetch_limit());
    query = match page.start {
        PageStart::Number(_) => query.offset(page.offset()),
        PageStart::After(cursor) => query.filter(order_lines::order_id.lt(cursor.id())),
    };
    // An order may name the product in several lines.
    let ids = query.select(order_lines::order_id).distinct().load::<i64>(conn)?;
    load_rows(conn, ids)
}

/// As [`load_by_id`], for several statuses: SQLite would sort the orders of all of them, or pass
/// over the orders in other statuses. So the ids are read for each status, along its index, and
/// merged here.
fn load_by_statuses(
    conn: &mut SqliteConnection,
    statuses: &BTreeSet<OrderStatus>,
    filter: &OrderFilter,
    page: PageRequest,
) -> Result<Vec<OrderRow>, DbError> {
    let mut ids = Vec::new();
    for status in statuses {
        let of_one = OrderFilter { statuses: BTreeSet::from([*status]), ..filter.clone() };
        let last = page.offset().saturating_add(page.fetch_limit());
        let mut query = matching(&of_one).order_by(orders::id.desc()).limit(last);
        if let PageStart::After(cursor) = page.start {
            query = query.filter(orders::id.lt(cursor.id()));
        }
        ids.extend(query.select(orders::id).load::<i64>(conn)?);
    }
    ids.sort_unstable_by_key(|id| Reverse(*id));
    let skipped = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let fetched = usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX);
    load_rows(conn, ids.into_iter().skip(skipped).take(fetched).collect())
}

/// As [`load_by_id`], by the time of the last change. The plus keeps SQLite from using the index of
/// statuses and sorting all orders in them: along the index of changes, it reads only what was
/// changed since the start of the page. The search begins at the first order of the start's time,
/// as SQLite compares only the first column of such a pair with an index.
fn load_by_update(
    conn: &mut SqliteConnection,
    query: &OrderQuery,
) -> Result<Vec<OrderRow>, DbError> {
    let (OrderScan { filter, start }, page) = (OrderScan::of(query), query.page);
    let mut query = matching(&OrderFilter { statuses: BTreeSet::new(), ..(*filter).clone() });
    if let Some(statuses) = filter.one_of_statuses() {
        let names = statuses.iter().map(|status| status.as_str());
        query = query.filter(sql::<Text>("+orders.status").eq_any(names));
    }
    if let Some(product) = filter.product {
        let lines = order_lines::table.filter(order_lines::product_id.eq(product.get()));
        query = query.filter(orders::id.eq_any(lines.select(order_lines::order_id)));
    }
    if let Some(ScanStart::AfterUpdate(time, id)) = start {
        let behind = sql::<Bool>("(orders.updated_at, orders.id) > (")
            .bind::<BigInt, _>(micros(time))
            .sql(", ")
            .bind::<BigInt, _>(id)
            .sql(")");
        query = query.filter(behind);
    }
    Ok(query
        .order_by((orders::updated_at.asc(), orders::id.asc()))
        .limit(page.fetch_limit())
        .offset(page.offset())
        .select(order_columns!(orders))
        .load(conn)?)
}

/// The orders with these ids, newest first.
fn load_rows(conn: &mut SqliteConnection, ids: Vec<i64>) -> Result<Vec<OrderRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(orders::table
        .filter(orders::id.eq_any(ids))
        .order_by(orders::id.desc())
        .select(order_columns!(orders))
        .load(conn)?)
}

/// The condition that an order has a term: its number is the term, or one of its names or the
/// address of its account contains the term. There is no index for parts of texts, so each order is
/// compared; the accounts are looked up once per statement. In an account's search text, the
/// address begins at the separator.
macro_rules! has_term {
    ($search:expr) => {{
        let (search, term) = ($search, $search.text().folded().to_owned());
        sql::<Bool>("(instr(orders.search_text, ")
            .bind::<Text, _>(term.clone())
            .sql(") > 0 OR orders.id = ")
            // No order has the id 0: SQLite's ids start at 1.
            .bind::<BigInt, _>(search.number().map_or(0, OrderId::get))
            .sql(
                " OR orders.user_id IN (SELECT users.id FROM users WHERE users.deleted_at IS NULL \
                 AND instr(substr(users.search_text, instr(users.search_text, char(31))), ",
            )
            .bind::<Text, _>(term)
            .sql(") > 0))")
    }};
}

/// Adds the conditions of a filter, except that on the product, to a query on orders.
macro_rules! with_conditions {
    ($query:expr, $filter:expr) => {{
        let (mut query, filter) = ($query.filter(orders::deleted_at.is_null()), $filter);
        if let Some(user) = filter.user {
            query = query.filter(orders::user_id.eq(user.get()));
        }
        if let Some(statuses) = filter.one_of_statuses() {
            query = match statuses.first() {
                Some(only) if statuses.len() == 1 => query.filter(orders::status.eq(only.as_str())),
                _ => query.filter(orders::status.eq_any(statuses.iter().map(|one| one.as_str()))),
            };
        }
        if let Some(from) = filter.created_from {
            query = query.filter(orders::created_at.ge(micros(round_up(from))));
        }
        if let Some(to) = filter.created_to {
            query = query.filter(orders::created_at.le(micros(to)));
        }
        if let Some(from) = filter.updated_from {
            query = query.filter(orders::updated_at.ge(micros(round_up(from))));
        }
        if let Some(to) = filter.updated_to {
            query = query.filter(orders::updated_at.le(micros(to)));
        }
        if let Some(search) = &filter.search {
            query = query.filter(has_term!(search));
        }
        query
    }};
}

/// The live orders that match a filter, except for its product.
fn matching(filter: &OrderFilter) -> orders::BoxedQuery<'static, Sqlite> {
    with_conditions!(orders::table.into_boxed(), filter)
}

type LinesWithOrders<'a> = IntoBoxed<'a, InnerJoin<order_lines::table, orders::table>, Sqlite>;

/// The lines of a product whose orders match the rest of a filter. Along the index of lines by
/// product, this reads only that product's orders, by id.
fn lines_matching(product: ProductId, filter: &OrderFilter) -> LinesWithOrders<'static> {
    let lines = order_lines::table.inner_join(orders::table).into_boxed();
    with_conditions!(lines.filter(order_lines::product_id.eq(product.get())), filter)
}

fn total(conn: &mut SqliteConnection, filter: &OrderFilter) -> Result<u64, DbError> {
    if let Some(counter) = OrderCounter::of(filter) {
        return counters::orders(conn, counter);
    }
    match filter.product {
        None => {
            let found = matching(filter).count().get_result(conn)?;
            Ok(read_count("orders", &"list", found)?)
        }
        Some(product) => {
            let found = lines_matching(product, filter)
                .select(count(order_lines::order_id).aggregate_distinct())
                .get_result(conn)?;
            Ok(read_count("order_lines", &"list", found)?)
        }
    }
}
