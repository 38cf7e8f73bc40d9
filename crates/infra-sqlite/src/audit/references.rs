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
const REFERENCES: [Reference; 12] = [
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
    reference(
        "user_order_counts",
        "user_id",
        "users",
        "'counter user_orders.' || status || ' of ' || user_id",
    ),
    reference(
        "product_order_counts",
        "product_id",
        "products",
        "'counter product_orders of ' || product_id",
    ),
];

/// A query for each, whose `subject` is a row that refers to nothing.
pub(super) fn queries() -> impl Iterator<Item = String> {
    REFERENCES.into_iter().map(|Reference { table, column, parent, subject }| {
        format!(
            "SELECT {subject} AS subject FROM {table} WHERE {column} IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {parent}.id = {table}.{column})"
        )
    })
}

#[cfg(test)]
mod tests {
    use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};

    use super::*;
    use crate::{file::DatabaseFile, migrate};

    #[derive(QueryableByName)]
    struct ForeignKey {
        #[diesel(sql_type = Text)]
        described: String,
    }

    #[test]
    fn every_reference_of_the_schema_is_checked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oms.db");
        migrate(&path).unwrap();
        let mut conn = DatabaseFile::at(&path).unwrap().connect_reader().unwrap();
        let keys = "SELECT tables.name || '.' || \"from\" || ' to ' || \"table\" || '.' || \"to\" AS described
                    FROM sqlite_schema AS tables, pragma_foreign_key_list(tables.name)
                    WHERE tables.type = 'table'";
        let mut of_schema: Vec<String> = sql_query(keys)
            .load::<ForeignKey>(&mut conn)
            .unwrap()
            .into_iter()
            .map(|key| key.described)
            .collect();
        let mut checked: Vec<String> = REFERENCES
            .iter()
            .map(|Reference { table, column, parent, .. }| {
                format!("{table}.{column} to {parent}.id")
            })
            .collect();
        of_schema.sort();
        checked.sort();
        assert_eq!(checked, of_schema);
    }
}
