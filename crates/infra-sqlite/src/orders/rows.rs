//! Rows of orders and lines, and the orders that they make.

use std::collections::HashMap;

use diesel::{SqliteConnection, prelude::*};
use domain::{
    Currency, CustomerName, ItemName, OrderId, Price, ProductId, ProductName, Quantity, Revision,
    UserId, Version,
    order::{FreeFormItem, Order, OrderContent, OrderParts, OrderStatus, ProductLine},
};

use crate::{
    error::{Failure, Unreadable},
    schema::{ROWS_PER_STATEMENT, order_lines, orders},
    time::moment,
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
    currency: String,
    status: String,
    version: i64,
    revision: i64,
    created_at: i64,
    updated_at: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_lines)]
struct LineRow {
    order_id: i64,
    product_id: i64,
    name: String,
    unit_price: i64,
    quantity: i64,
}

/// The live order of that number.
pub(super) fn find(conn: &mut SqliteConnection, id: OrderId) -> Result<Option<Order>, Failure> {
    let row = orders::table
        .find(id.get())
        .filter(orders::deleted_at.is_null())
        .select(OrderRow::as_select())
        .first(conn)
        .optional()?;
    let found = complete(conn, Vec::from_iter(row))?;
    Ok(found.into_iter().next())
}

/// The live ones among the orders of these numbers, by number.
pub(super) fn find_all(
    conn: &mut SqliteConnection,
    ids: &[i64],
) -> Result<HashMap<OrderId, Order>, Failure> {
    let mut found = HashMap::new();
    for ids in ids.chunks(ROWS_PER_STATEMENT) {
        let rows = orders::table
            .filter(orders::id.eq_any(ids.iter().copied()))
            .filter(orders::deleted_at.is_null())
            .select(OrderRow::as_select())
            .load(conn)?;
        found.extend(complete(conn, rows)?.into_iter().map(|order| (order.id(), order)));
    }
    Ok(found)
}

/// The orders that these rows make, in their order. Reads the lines of all of them at once.
pub(super) fn complete(
    conn: &mut SqliteConnection,
    rows: Vec<OrderRow>,
) -> Result<Vec<Order>, Failure> {
    let with_lines: Vec<i64> =
        rows.iter().filter(|row| row.item_name.is_none()).map(|row| row.id).collect();
    let mut lines: HashMap<i64, Vec<ProductLine>> = HashMap::new();
    for row in load_lines(conn, &with_lines)? {
        lines.entry(row.order_id).or_default().push(row.into_line()?);
    }
    rows.into_iter()
        .map(|row| {
            let lines = lines.remove(&row.id).unwrap_or_default();
            row.into_order(lines)
        })
        .collect()
}

fn load_lines(conn: &mut SqliteConnection, orders: &[i64]) -> Result<Vec<LineRow>, Failure> {
    let lines = order_lines::table
        .select(LineRow::as_select())
        .order_by((order_lines::order_id, order_lines::position));
    Ok(match orders {
        [] => Vec::new(),
        // The statement for one order is always the same, so that it is prepared only once.
        [order] => lines.filter(order_lines::order_id.eq(order)).load(conn)?,
        many => lines.filter(order_lines::order_id.eq_any(many.iter().copied())).load(conn)?,
    })
}

impl LineRow {
    fn into_line(self) -> Result<ProductLine, Failure> {
        let id = format!("of order {}", self.order_id);
        let unreadable = |reason: &dyn ToString| Unreadable::new("order_lines", &id, reason);
        Ok(ProductLine {
            product: ProductId::new(self.product_id),
            name: ProductName::parse(self.name).map_err(|error| unreadable(&error))?,
            unit_price: Price::from_minor(self.unit_price).map_err(|error| unreadable(&error))?,
            quantity: Quantity::new(self.quantity).map_err(|error| unreadable(&error))?,
        })
    }
}

impl OrderRow {
    fn into_order(self, lines: Vec<ProductLine>) -> Result<Order, Failure> {
        let id = self.id;
        let unreadable = |reason: &dyn ToString| Unreadable::new("orders", &id, reason);
        let at = |micros| moment(micros).ok_or_else(|| unreadable(&"a moment beyond the calendar"));
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
            currency: Currency::parse(&self.currency).map_err(|error| unreadable(&error))?,
            status: self.status.parse::<OrderStatus>().map_err(|error| unreadable(&error))?,
            version: Version::new(self.version),
            revision: Revision::new(self.revision),
            created_at: at(self.created_at)?,
            updated_at: at(self.updated_at)?,
        }))
    }
}
