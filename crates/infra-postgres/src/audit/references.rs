//! Every column that refers to a row of another table, and the query for those that refer to none.

/// A column with a reference.
struct Reference {
    table: &'static str,
    column: &'static str,
    parent: &'static str,
    /// How a row of the table is called, in SQL. A session's own number is a secret.
    subject: &'static str,
}

const fn reference(
    table: &'static str,
    column: &'static str,
    parent: &'static str,
    subject: &'static str,
) -> Reference {
    Reference { table, column, parent, subject }
}

const LINE: &str = "'order ' || order_id || ', line ' || position";
const EVENT: &str = "'history entry ' || id";
const MOVEMENT: &str = "'movement ' || id || ' of product ' || product_id";

/// All of them; a test compares them with the schema.
const REFERENCES: [Reference; 10] = [
    reference("sessions", "user_id", "users", "'session of account ' || user_id"),
    reference("orders", "user_id", "users", "'order ' || id"),
    reference("order_lines", "order_id", "orders", LINE),
    reference("order_lines", "product_id", "products", LINE),
    reference("order_events", "order_id", "orders", EVENT),
    reference("order_events", "changed_by", "users", EVENT),
    reference("stock_movements", "product_id", "products", MOVEMENT),
    reference("stock_movements", "order_id", "orders", MOVEMENT),
    reference("stock_movements", "moved_by", "users", MOVEMENT),
    reference("outbox", "order_id", "orders", "'message ' || id"),
];

/// A query for each, whose `subject` is a row that refers to nothing.
pub(super) fn queries() -> impl Iterator<Item = String> {
    REFERENCES.into_iter().map(|Reference { table, column, parent, subject }| {
        format!(
            "SELECT {subject} AS subject FROM {table} WHERE {column} IS NOT NULL
             AND NOT EXISTS (SELECT FROM {parent} WHERE {parent}.id = {table}.{column})"
        )
    })
}
