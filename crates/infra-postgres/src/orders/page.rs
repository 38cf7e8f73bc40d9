//! A page of a list in one statement: it finds the ids of the page's orders along an index, and
//! only then reads those orders, with their lines and the total. So a page deep in a list reads no
//! more orders than the first page. A single statement sees one snapshot without a transaction.

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::order::{Order, OrderListSort};
use infra_sql::{LineRow, join_lines, read_count};

use crate::{connection::Connection, error::DbError, fields::OrderRow, statement::Statement};

/// The list's total; an order of the page, if it has any; and a line of that order, if it has any.
pub(super) type Row = (
    BigInt,
    Nullable<(
        BigInt,
        BigInt,
        Text,
        Nullable<Text>,
        BigInt,
        Text,
        Text,
        BigInt,
        BigInt,
        Timestamptz,
        Timestamptz,
    )>,
    Nullable<(BigInt, BigInt, Text, BigInt, BigInt)>,
);

/// The order of a page's orders, as an ORDER BY list.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortOrder(pub(super) &'static str);

impl SortOrder {
    pub(super) const NEWEST_FIRST: Self = Self("orders.id DESC");
    pub(super) const OLDEST_UPDATE_FIRST: Self = Self("orders.updated_at, orders.id");
}

impl From<OrderListSort> for SortOrder {
    fn from(sort: OrderListSort) -> Self {
        match sort {
            OrderListSort::Id => Self::NEWEST_FIRST,
            OrderListSort::UpdatedAt => Self::OLDEST_UPDATE_FIRST,
        }
    }
}

/// The statement that reads the total, an expression of type bigint, and the orders whose ids a
/// subquery returns as `id`.
pub(super) fn select(
    total: impl FnOnce(&mut Statement<Row>),
    ids: impl FnOnce(&mut Statement<Row>),
    sort_order: SortOrder,
) -> Statement<Row> {
    let mut select = Statement::new("SELECT list.total, ");
    select.sql(OrderRow::COLUMNS).sql(", ").sql(LineRow::COLUMNS);
    // An empty page has a total as well.
    select.sql(" FROM (SELECT ");
    total(&mut select);
    select.sql(" AS total) AS list LEFT JOIN (");
    ids(&mut select);
    select.sql(
        ") AS page ON true LEFT JOIN orders ON orders.id = page.id \
         LEFT JOIN order_lines ON order_lines.order_id = page.id ORDER BY ",
    );
    select.sql(sort_order.0).sql(", order_lines.position");
    select
}

pub(super) async fn load(
    mut conn: &Connection,
    select: Statement<Row>,
) -> Result<(u64, Vec<Order>), DbError> {
    let read: Vec<(i64, Option<OrderRow>, Option<LineRow>)> = select.load(&mut conn).await?;
    let total = read.as_slice().first().map_or(0, |(total, ..)| *total);
    let total = read_count("orders", &"list", total)?;
    let rows =
        read.into_iter().filter_map(|(_total, order, line)| order.map(|order| (order, line)));
    Ok((total, join_lines(rows)?))
}
