//! Rows of orders and lines, and the orders that they make.

use std::collections::HashMap;

use diesel::{QueryResult, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{
    CustomerName, ItemName, OrderId, Price, ProductId, ProductName, Quantity, Revision, UserId,
    Version,
    order::{FreeFormItem, Order, OrderContent, OrderParts, ProductLine},
};
use futures::{FutureExt as _, future::BoxFuture};

use super::fields::{CurrencyField, MomentField, StatusField};
use crate::{
    connection::Connection,
    error::{Failure, Unreadable},
    schema::{order_lines, orders},
};

/// What the table of orders keeps of one.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(super) struct OrderRow {
    id: i64,
    user_id: i64,
    customer_name: String,
    item_name: Option<String>,
    quantity: i64,
    currency: CurrencyField,
    status: StatusField,
    version: i64,
    revision: i64,
    created_at: MomentField,
    updated_at: MomentField,
}

/// What the table of lines keeps of one.
#[derive(Queryable, Selectable)]
#[diesel(table_name = order_lines)]
pub(super) struct LineRow {
    order_id: i64,
    product_id: i64,
    name: String,
    unit_price: i64,
    quantity: i64,
}

/// The live order of that number.
pub(super) async fn find(conn: &Connection, id: OrderId) -> Result<Option<Order>, Failure> {
    Ok(find_all(conn, &[id.get()]).await?.remove(&id))
}

/// The same, locked: whoever else wants to change it waits until the transaction ends.
pub(super) async fn lock(mut conn: &Connection, id: OrderId) -> Result<Option<Order>, Failure> {
    let row = orders::table
        .find(id.get())
        .filter(orders::deleted_at.is_null())
        .select(OrderRow::as_select())
        .for_update()
        .load(&mut conn);
    with_lines(row.boxed(), load_lines(conn, &[id.get()])).await.map(|mut found| found.pop())
}

/// The live ones among the orders of these numbers, by number.
pub(super) async fn find_all(
    mut conn: &Connection,
    ids: &[i64],
) -> Result<HashMap<OrderId, Order>, Failure> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = orders::table
        .filter(orders::id.eq_any(ids))
        .filter(orders::deleted_at.is_null())
        .select(OrderRow::as_select())
        .load(&mut conn);
    let found = with_lines(rows.boxed(), load_lines(conn, ids)).await?;
    Ok(found.into_iter().map(|order| (order.id(), order)).collect())
}

/// Reads rows and lines together, in one round trip. A line is written with its order and never changes, so
/// whoever sees the order sees its lines.
async fn with_lines(
    rows: BoxFuture<'_, QueryResult<Vec<OrderRow>>>,
    lines: BoxFuture<'_, QueryResult<Vec<LineRow>>>,
) -> Result<Vec<Order>, Failure> {
    let (rows, lines) = futures::join!(rows, lines);
    put_together(rows?, lines?)
}

/// The lines of these orders, by position.
fn load_lines<'a>(
    mut conn: &'a Connection,
    orders: &[i64],
) -> BoxFuture<'a, QueryResult<Vec<LineRow>>> {
    order_lines::table
        .filter(order_lines::order_id.eq_any(orders.to_vec()))
        .order_by((order_lines::order_id, order_lines::position))
        .select(LineRow::as_select())
        .load(&mut conn)
        .boxed()
}

/// The orders that these rows make, in their order.
fn put_together(rows: Vec<OrderRow>, lines: Vec<LineRow>) -> Result<Vec<Order>, Failure> {
    let mut by_order: HashMap<i64, Vec<ProductLine>> = HashMap::new();
    for line in lines {
        by_order.entry(line.order_id).or_default().push(line.into_line()?);
    }
    rows.into_iter()
        .map(|row| {
            let lines = by_order.remove(&row.id).unwrap_or_default();
            row.into_order(lines)
        })
        .collect()
}

/// The orders that these rows make, in their order. An order comes once for each of its lines, by position.
pub(super) fn gather(
    rows: impl IntoIterator<Item = (OrderRow, Option<LineRow>)>,
) -> Result<Vec<Order>, Failure> {
    let rows = rows.into_iter();
    let mut orders = Vec::with_capacity(rows.size_hint().1.unwrap_or_default());
    let mut gathering: Option<(OrderRow, Vec<ProductLine>)> = None;
    for (order, line) in rows {
        let line = line.map(LineRow::into_line).transpose()?;
        match &mut gathering {
            Some((same, lines)) if same.id == order.id => lines.extend(line),
            _ => {
                let next = (order, line.into_iter().collect());
                if let Some((order, lines)) = gathering.replace(next) {
                    orders.push(order.into_order(lines)?);
                }
            }
        }
    }
    if let Some((order, lines)) = gathering {
        orders.push(order.into_order(lines)?);
    }
    Ok(orders)
}

impl LineRow {
    /// What is selected of `order_lines` for it, in SQL.
    pub(super) const COLUMNS: &str = "order_lines.order_id, order_lines.product_id, order_lines.name, \
         order_lines.unit_price, order_lines.quantity";

    fn into_line(self) -> Result<ProductLine, Failure> {
        let unreadable = |reason: &dyn ToString| {
            Unreadable::new("order_lines", &format!("of order {}", self.order_id), reason)
        };
        Ok(ProductLine {
            product: ProductId::new(self.product_id),
            name: ProductName::parse(self.name).map_err(|error| unreadable(&error))?,
            unit_price: Price::from_minor(self.unit_price).map_err(|error| unreadable(&error))?,
            quantity: Quantity::new(self.quantity).map_err(|error| unreadable(&error))?,
        })
    }
}

impl OrderRow {
    /// What is selected of `orders` for it, in SQL.
    pub(super) const COLUMNS: &str = "orders.id, orders.user_id, orders.customer_name, \
         orders.item_name, orders.quantity, orders.currency, orders.status, orders.version, \
         orders.revision, orders.created_at, orders.updated_at";

    fn into_order(self, lines: Vec<ProductLine>) -> Result<Order, Failure> {
        let id = self.id;
        let unreadable = |reason: &dyn ToString| Unreadable::new("orders", &id, reason);
        let quantity = Quantity::new(self.quantity).map_err(|error| unreadable(&error))?;
        let content = match self.item_name {
            Some(name) => {
                let name = ItemName::parse(name).map_err(|error| unreadable(&error))?;
                OrderContent::free_form(FreeFormItem { name, quantity })
            }
            None => OrderContent::products(lines).map_err(|error| unreadable(&error))?,
        };
        if content.quantity() != quantity {
            return Err(unreadable(&"its quantity is not the sum of its lines").into());
        }
        Ok(Order::restore(OrderParts {
            id: OrderId::new(id),
            placed_by: UserId::new(self.user_id),
            customer: CustomerName::parse(self.customer_name)
                .map_err(|error| unreadable(&error))?,
            content,
            currency: self.currency.0.map_err(|error| unreadable(&error))?,
            status: self.status.0.map_err(|error| unreadable(&error))?,
            version: Version::new(self.version),
            revision: Revision::new(self.revision),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        }))
    }
}
