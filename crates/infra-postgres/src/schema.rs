//! The tables, for the query builder. The migrations in `migrations/postgres` create them; a test
//! compares the two.

#[cfg(test)]
mod tests;

use diesel::table;

infra_sql::shop_tables!(Timestamptz, Json);

table! {
    counts (kind, ref_id) {
        kind -> Text,
        /// The account or the product that is counted for, or 0.
        #[sql_name = "ref"]
        ref_id -> BigInt,
        value -> BigInt,
    }
}

table! {
    count_deltas (id) {
        id -> BigInt,
        kind -> Text,
        /// The account or the product that is counted for, or 0.
        #[sql_name = "ref"]
        ref_id -> BigInt,
        delta -> BigInt,
    }
}

table! {
    /// The migration tool's record of applied migrations.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}
