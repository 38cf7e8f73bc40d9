//! Every column that refers to a row of another table, and the query for those that refer to none.

/// A column with a reference.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The table with the column.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The table that it refers to.
    pub parent: &'static str,
    /// How a row of the table is called, in SQL. A session's own number is a secret.
    pub subject: &'static str,
}

impl Reference {
    /// The column of that table, which refers to the parent.
    pub const fn new(
        table: &'static str,
        column: &'static str,
        parent: &'static str,
        subject: &'static str,
    ) -> Self {
        Self { table, column, parent, subject }
    }
}

const LINE: &str = "'order ' || order_id || ', line ' || position";
const EVENT: &str = "'history entry ' || id";
const MOVEMENT: &str = "'movement ' || id || ' of product ' || product_id";

/// Those that every database has.
pub const REFERENCES: [Reference; 10] = [
    Reference::new("sessions", "user_id", "users", "'session of account ' || user_id"),
    Reference::new("orders", "user_id", "users", "'order ' || id"),
    Reference::new("order_lines", "order_id", "orders", LINE),
    Reference::new("order_lines", "product_id", "products", LINE),
    Reference::new("order_events", "order_id", "orders", EVENT),
    Reference::new("order_events", "changed_by", "users", EVENT),
    Reference::new("stock_movements", "product_id", "products", MOVEMENT),
    Reference::new("stock_movements", "order_id", "orders", MOVEMENT),
    Reference::new("stock_movements", "moved_by", "users", MOVEMENT),
    Reference::new("outbox", "order_id", "orders", "'message ' || id"),
];

/// A query for each reference, these included, whose `subject` is a row that refers to nothing.
pub fn reference_queries(own: &[Reference]) -> impl Iterator<Item = String> {
    REFERENCES.iter().chain(own).map(|Reference { table, column, parent, subject }| {
        format!(
            "SELECT {subject} AS subject FROM {table} WHERE {column} IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {parent}.id = {table}.{column})"
        )
    })
}
