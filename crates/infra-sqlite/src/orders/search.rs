//! The classic list: one sort order, one direction, a limit and an offset.
//!
//! The list follows the index of its sort order, of one account's orders or of all. The search term
//! is compared with each order on the way; there is no index for parts of names.

use diesel::{SqliteConnection, prelude::*};
use domain::order::{
    Order,
    port::{
        OrderSearch,
        OrderSort::{CreatedAt, Id, Quantity},
        SortDirection::{Ascending, Descending},
    },
};
use infra_sql::order_columns;

use super::rows;
use crate::{error::DbError, fields::OrderRow, functions::instr, schema::orders};

/// The live orders that a search finds.
pub(crate) fn search(
    conn: &mut SqliteConnection,
    search: &OrderSearch,
) -> Result<Vec<Order>, DbError> {
    let mut query = orders::table.filter(orders::deleted_at.is_null()).into_boxed();
    if let Some(user) = search.user {
        query = query.filter(orders::user_id.eq(user.get()));
    }
    if let Some(term) = &search.term {
        query = query.filter(instr(orders::search_text, term.folded()).gt(0));
    }
    // The sum keeps SQLite from using the index of quantities and sorting what it finds there.
    // Following the index of the sort order is cheaper because the list ends after one page, which
    // the planner does not take into account.
    if let Some(min) = search.min_quantity {
        query = query.filter((orders::quantity + 0).ge(min));
    }
    if let Some(max) = search.max_quantity {
        query = query.filter((orders::quantity + 0).le(max));
    }
    query = match (search.sort, search.direction) {
        (Id, Ascending) => query.order_by(orders::id.asc()),
        (Id, Descending) => query.order_by(orders::id.desc()),
        (Quantity, Ascending) => query.order_by((orders::quantity.asc(), orders::id.asc())),
        (Quantity, Descending) => query.order_by((orders::quantity.desc(), orders::id.desc())),
        (CreatedAt, Ascending) => query.order_by((orders::created_at.asc(), orders::id.asc())),
        (CreatedAt, Descending) => query.order_by((orders::created_at.desc(), orders::id.desc())),
    };
    let rows = query
        .limit(i64::from(search.limit.get()))
        .offset(search.offset.max(0))
        .select(order_columns!(orders))
        .load::<OrderRow>(conn)?;
    rows::complete(conn, rows)
}
