//! Rows of orders and of their lines, and their conversion to orders.

use std::collections::HashMap;

use diesel::Queryable;
use domain::{
    Currency, CustomerName, ItemName, OrderId, Price, ProductId, ProductName, Quantity, Revision,
    Timestamp, UserId, Version,
    order::{FreeFormItem, Order, OrderContent, OrderParts, OrderStatus, ProductLine},
};

use crate::{ColumnValue, Unreadable};

/// An order without its lines.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct OrderRow<Time, Status, Code> {
    pub id: i64,
    pub user_id: i64,
    pub customer_name: String,
    pub item_name: Option<String>,
    pub quantity: i64,
    pub currency: Code,
    pub status: Status,
    pub version: i64,
    pub revision: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// The columns of an [`OrderRow`] in this table.
#[macro_export]
macro_rules! order_columns {
    ($orders:ident) => {
        (
            $orders::id,
            $orders::user_id,
            $orders::customer_name,
            $orders::item_name,
            $orders::quantity,
            $orders::currency,
            $orders::status,
            $orders::version,
            $orders::revision,
            $orders::created_at,
            $orders::updated_at,
        )
    };
}

/// A line of an order.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct LineRow {
    pub order_id: i64,
    pub product_id: i64,
    pub name: String,
    pub unit_price: i64,
    pub quantity: i64,
}

/// The columns of a [`LineRow`] in this table.
#[macro_export]
macro_rules! line_columns {
    ($order_lines:ident) => {
        (
            $order_lines::order_id,
            $order_lines::product_id,
            $order_lines::name,
            $order_lines::unit_price,
            $order_lines::quantity,
        )
    };
}

impl LineRow {
    /// The columns in SQL, for the table `order_lines`.
    pub const COLUMNS: &str = "order_lines.order_id, order_lines.product_id, order_lines.name, \
         order_lines.unit_price, order_lines.quantity";

    /// Converts the row to a line.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_line(self) -> Result<ProductLine, Unreadable> {
        let unreadable = |reason: &dyn ToString| {
            Unreadable::new("order_lines", &format!("of order {}", self.order_id), reason)
        };
        Ok(ProductLine {
            product: ProductId::new(self.product_id),
            name: ProductName::restore(self.name).map_err(|error| unreadable(&error))?,
            unit_price: Price::from_minor(self.unit_price).map_err(|error| unreadable(&error))?,
            quantity: Quantity::new(self.quantity).map_err(|error| unreadable(&error))?,
        })
    }
}

impl<Time, Status, Code> OrderRow<Time, Status, Code> {
    /// The columns in SQL, for the table `orders`.
    pub const COLUMNS: &str = "orders.id, orders.user_id, orders.customer_name, \
         orders.item_name, orders.quantity, orders.currency, orders.status, orders.version, \
         orders.revision, orders.created_at, orders.updated_at";
}

impl<Time, Status, Code> OrderRow<Time, Status, Code>
where
    Time: ColumnValue<Timestamp>,
    Status: ColumnValue<OrderStatus>,
    Code: ColumnValue<Currency>,
{
    /// Converts the row to an order with these lines, by position. A free-form order has none.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_order(self, lines: Vec<ProductLine>) -> Result<Order, Unreadable> {
        let id = self.id;
        let unreadable = |reason: &dyn ToString| Unreadable::new("orders", &id, reason);
        let time = |at: Time| at.read().map_err(|error| unreadable(&error));
        let quantity = Quantity::new(self.quantity).map_err(|error| unreadable(&error))?;
        let content = match self.item_name {
            Some(name) => {
                let name = ItemName::restore(name).map_err(|error| unreadable(&error))?;
                OrderContent::free_form(FreeFormItem { name, quantity })
            }
            None => OrderContent::products(lines).map_err(|error| unreadable(&error))?,
        };
        if content.quantity() != quantity {
            return Err(unreadable(&"its quantity is not the sum of its lines"));
        }
        Ok(Order::restore(OrderParts {
            id: OrderId::new(id),
            placed_by: UserId::new(self.user_id),
            customer: CustomerName::restore(self.customer_name)
                .map_err(|error| unreadable(&error))?,
            content,
            currency: self.currency.read().map_err(|error| unreadable(&error))?,
            status: self.status.read().map_err(|error| unreadable(&error))?,
            version: Version::new(self.version),
            revision: Revision::new(self.revision),
            created_at: time(self.created_at)?,
            updated_at: time(self.updated_at)?,
        }))
    }
}

/// Converts rows to orders, in their order. The lines of an order are sorted by position.
///
/// # Errors
/// [`Unreadable`] if the domain rejects a value.
pub fn complete_orders<Time, Status, Code>(
    rows: Vec<OrderRow<Time, Status, Code>>,
    lines: Vec<LineRow>,
) -> Result<Vec<Order>, Unreadable>
where
    Time: ColumnValue<Timestamp>,
    Status: ColumnValue<OrderStatus>,
    Code: ColumnValue<Currency>,
{
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

/// Converts the rows of a join to orders, in their order. The join has one row for each line of an
/// order, sorted by position.
///
/// # Errors
/// [`Unreadable`] if the domain rejects a value.
pub fn join_lines<Time, Status, Code>(
    rows: impl Iterator<Item = (OrderRow<Time, Status, Code>, Option<LineRow>)>,
) -> Result<Vec<Order>, Unreadable>
where
    Time: ColumnValue<Timestamp>,
    Status: ColumnValue<OrderStatus>,
    Code: ColumnValue<Currency>,
{
    let mut orders = Vec::with_capacity(rows.size_hint().1.unwrap_or_default());
    let mut current: Option<(OrderRow<Time, Status, Code>, Vec<ProductLine>)> = None;
    for (order, line) in rows {
        let line = line.map(LineRow::into_line).transpose()?;
        match &mut current {
            Some((same, lines)) if same.id == order.id => lines.extend(line),
            _ => {
                let next = (order, line.into_iter().collect());
                if let Some((order, lines)) = current.replace(next) {
                    orders.push(order.into_order(lines)?);
                }
            }
        }
    }
    if let Some((order, lines)) = current {
        orders.push(order.into_order(lines)?);
    }
    Ok(orders)
}
