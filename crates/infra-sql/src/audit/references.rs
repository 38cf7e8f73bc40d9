//! Every column that references a row of another table, and the queries that find dangling
//! references.

/// A column that references another table.
#[derive(Debug, Clone, Copy)]
pub struct ColumnReference {
    /// The table with the column.
    pub table: &'static str,
    /// The column's name.
    pub column: &'static str,
    /// The referenced table.
    pub parent: &'static str,
    /// The column of the referenced table.
    pub key: &'static str,
    /// An SQL expression that names a row of `table` in a finding. A session's id is a secret and
    /// not part of it.
    pub subject: &'static str,
}

impl ColumnReference {
    /// A reference of `table.column` to the id of `parent`.
    pub const fn new(
        table: &'static str,
        column: &'static str,
        parent: &'static str,
        subject: &'static str,
    ) -> Self {
        Self { table, column, parent, key: "id", subject }
    }
}

const LINE: &str = "'order ' || order_id || ', line ' || position";
const EVENT: &str = "'event ' || id";
const PARKED: &str = "'event ' || event_id || ' parked by ' || subscription";
const MOVEMENT: &str = "'movement ' || id || ' of product ' || product_id";

/// The references that every database has.
pub const REFERENCES: [ColumnReference; 14] = [
    ColumnReference::new("sessions", "user_id", "users", "'session of account ' || user_id"),
    ColumnReference::new(
        "login_networks",
        "user_id",
        "users",
        "'login network of account ' || user_id",
    ),
    ColumnReference::new("orders", "user_id", "users", "'order ' || id"),
    ColumnReference::new("order_lines", "order_id", "orders", LINE),
    ColumnReference::new("order_lines", "product_id", "products", LINE),
    ColumnReference::new("stock_movements", "product_id", "products", MOVEMENT),
    ColumnReference::new("stock_movements", "order_id", "orders", MOVEMENT),
    ColumnReference::new("stock_movements", "moved_by", "users", MOVEMENT),
    ColumnReference::new("events", "order_id", "orders", EVENT),
    ColumnReference::new("events", "product_id", "products", EVENT),
    ColumnReference::new("events", "account_id", "users", EVENT),
    ColumnReference::new("events", "actor", "users", EVENT),
    ColumnReference::new("parked_events", "event_id", "events", PARKED),
    ColumnReference {
        key: "name",
        ..ColumnReference::new("parked_events", "subscription", "subscriptions", PARKED)
    },
];

/// A query for each of [`REFERENCES`] and of these, which returns the rows with a dangling
/// reference, as `subject`.
pub fn reference_queries(additional: &[ColumnReference]) -> impl Iterator<Item = String> {
    REFERENCES.iter().chain(additional).map(
        |ColumnReference { table, column, parent, key, subject }| {
            format!(
                "SELECT {subject} AS subject FROM {table} WHERE {column} IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {parent}.{key} = {table}.{column})"
            )
        },
    )
}
