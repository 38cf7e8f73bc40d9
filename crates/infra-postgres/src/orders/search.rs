//! The classic list: one sort, one direction, a window.
//!
//! Without a term the list walks an index in the sort's order, of one account's orders or of all. A term is
//! looked up in the index of parts of names, or looked for in each order on the way, whichever the server
//! takes for less work.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
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

use super::rows::{self, OrderRow};
use crate::{connection::Connection, database::Work, error::Abort, like, schema::orders};

/// Reads the live orders that a search finds.
pub(crate) struct Search<'a>(pub(crate) &'a OrderSearch);

impl Work for Search<'_> {
    type Output = Vec<Order>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Vec<Order>, Abort<StoreError>> {
        let search = self.0;
        let mut query = orders::table.filter(orders::deleted_at.is_null()).into_boxed();
        if let Some(user) = search.user {
            query = query.filter(orders::user_id.eq(user.get()));
        }
        if let Some(term) = &search.term {
            let pattern = like::containing(term.folded());
            let in_customer = orders::customer_folded.like(pattern.clone());
            query = query.filter(in_customer.or(orders::title_folded.like(pattern)));
        }
        if let Some(min) = search.min_quantity {
            query = query.filter(orders::quantity.ge(min));
        }
        if let Some(max) = search.max_quantity {
            query = query.filter(orders::quantity.le(max));
        }
        query = match (search.sort, search.direction) {
            (Id, Ascending) => query.order_by(orders::id.asc()),
            (Id, Descending) => query.order_by(orders::id.desc()),
            (Quantity, Ascending) => query.order_by((orders::quantity.asc(), orders::id.asc())),
            (Quantity, Descending) => query.order_by((orders::quantity.desc(), orders::id.desc())),
            (CreatedAt, Ascending) => query.order_by((orders::created_at.asc(), orders::id.asc())),
            (CreatedAt, Descending) => {
                query.order_by((orders::created_at.desc(), orders::id.desc()))
            }
        };
        let rows: Vec<OrderRow> = query
            .limit(i64::from(search.limit.get()))
            .offset(search.offset.max(0))
            .select(OrderRow::as_select())
            .load(&mut conn)
            .await?;
        let with_lines: Vec<i64> = rows.iter().filter_map(OrderRow::id_with_lines).collect();
        let lines = match with_lines.as_slice() {
            [] => Vec::new(),
            some => rows::load_lines(conn, some).await?,
        };
        Ok(rows::put_together(rows, lines)?)
    }
}
