//! The tables, for the query builder. The migrations in `migrations/sqlite` create them; a test
//! compares the two.

#[cfg(test)]
mod tests;

use diesel::table;

/// How many rows one statement inserts, or how many ids it selects. SQLite binds at most 32,766
/// values, and no table here has more than 20 columns.
pub(crate) const ROWS_PER_STATEMENT: usize = 1_000;

infra_sql::shop_tables!(BigInt, Text);

table! {
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

table! {
    user_order_counts (user_id, status) {
        user_id -> BigInt,
        status -> Text,
        value -> BigInt,
    }
}

table! {
    product_order_counts (product_id) {
        product_id -> BigInt,
        value -> BigInt,
    }
}

table! {
    /// SQLite's own table of the greatest id that each AUTOINCREMENT table ever had.
    sqlite_sequence (name) {
        name -> Text,
        seq -> BigInt,
    }
}

table! {
    /// The migration tool's own table of applied migrations.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}
