//! The tables, as the query builder knows them. The migrations in `migrations/postgres` are what makes them;
//! a test compares the two.

#[cfg(test)]
mod tests;

use diesel::table;

infra_sql::shop_tables!(Timestamptz, Jsonb);

table! {
    counts (kind, ref_id) {
        kind -> Text,
        /// Whose count it is: an account's or a product's number, or 0.
        #[sql_name = "ref"]
        ref_id -> BigInt,
        value -> BigInt,
    }
}

table! {
    count_deltas (id) {
        id -> BigInt,
        kind -> Text,
        /// Whose count it is: an account's or a product's number, or 0.
        #[sql_name = "ref"]
        ref_id -> BigInt,
        delta -> BigInt,
    }
}

table! {
    /// The migration tool's own record of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}
