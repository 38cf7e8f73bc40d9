//! The classic list: one sort, one direction, a window.
//!
//! Without a term the list walks an index in the sort's order, of one account's orders or of all. A term is
//! looked up in the index of parts of names, or looked for in each order on the way, whichever the server
//! takes for less work.

use domain::{
    StoreError,
    order::{
        Order,
        port::{
            OrderSearch,
            OrderSort::{CreatedAt, Id, Quantity},
            SortDirection::{Ascending, Descending},
        },
    },
};

use super::page::{self, Row, Sequence};
use crate::{connection::Connection, database::Work, error::Abort, like, statement::Statement};

/// Reads the live orders that a search finds, with one statement.
pub(crate) struct Search<'a>(pub(crate) &'a OrderSearch);

impl Work for Search<'_> {
    type Output = Vec<Order>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<Vec<Order>, Abort<StoreError>> {
        let search = self.0;
        let sequence = sequence(search);
        // This list has no total.
        let select = page::select(
            |select| {
                select.sql("0::bigint");
            },
            |select| write_ids(select, search, sequence),
            sequence,
        );
        let (_none, found) = page::load(conn, select).await?;
        Ok(found)
    }
}

/// How the orders follow each other; those that are equal in the sort, by number.
fn sequence(search: &OrderSearch) -> Sequence {
    Sequence(match (search.sort, search.direction) {
        (Id, Ascending) => "orders.id",
        (Id, Descending) => "orders.id DESC",
        (Quantity, Ascending) => "orders.quantity, orders.id",
        (Quantity, Descending) => "orders.quantity DESC, orders.id DESC",
        (CreatedAt, Ascending) => "orders.created_at, orders.id",
        (CreatedAt, Descending) => "orders.created_at DESC, orders.id DESC",
    })
}

/// The numbers of the orders that it finds.
fn write_ids(select: &mut Statement<Row>, search: &OrderSearch, Sequence(sequence): Sequence) {
    select.sql(
        "SELECT id FROM (SELECT id, quantity, created_at FROM orders WHERE deleted_at IS NULL",
    );
    if let Some(user) = search.user {
        select.sql(" AND user_id = ").number(user.get());
    }
    if let Some(term) = &search.term {
        let pattern = like::containing(term.folded());
        select.sql(" AND (customer_folded LIKE ").text(&pattern);
        select.sql(" OR title_folded LIKE ").text(&pattern).sql(")");
    }
    if let Some(min) = search.min_quantity {
        select.sql(" AND quantity >= ").number(min);
    }
    if let Some(max) = search.max_quantity {
        select.sql(" AND quantity <= ").number(max);
    }
    select.sql(" ORDER BY ").sql(sequence);
    if search.offset > 0 {
        select.sql(" OFFSET ").number(search.offset);
    }
    select.sql(page::AT_MOST).sql(") AS orders ORDER BY ").sql(sequence);
    select.sql(" LIMIT ").number(i64::from(search.limit.get()));
}
