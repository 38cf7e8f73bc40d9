//! The tables, as the query builder knows them. The migrations in `migrations/sqlite` are what makes them;
//! a test compares the two.

#[cfg(test)]
mod tests;

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

/// How many rows one statement inserts, or how many ids it asks for: SQLite binds 32,766 values at the
/// most, and no table here has more than 20 columns.
pub(crate) const ROWS_PER_STATEMENT: usize = 1_000;

table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        role -> Text,
        created_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
    }
}

table! {
    sessions (id) {
        id -> Text,
        user_id -> BigInt,
        refresh_hash -> Binary,
        previous_refresh_hash -> Nullable<Binary>,
        refresh_expires_at -> BigInt,
        refreshed_at -> Nullable<BigInt>,
        opened_at -> BigInt,
        ends_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

table! {
    products (id) {
        id -> BigInt,
        name -> Text,
        name_folded -> Text,
        description -> Nullable<Text>,
        price -> BigInt,
        stock -> BigInt,
        version -> BigInt,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
    }
}

table! {
    orders (id) {
        id -> BigInt,
        user_id -> BigInt,
        customer_name -> Text,
        item_name -> Nullable<Text>,
        search_text -> Text,
        quantity -> BigInt,
        currency -> Text,
        status -> Text,
        version -> BigInt,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        idempotency_key -> Nullable<Text>,
        request_fingerprint -> Nullable<Binary>,
    }
}

table! {
    order_lines (order_id, position) {
        order_id -> BigInt,
        position -> BigInt,
        product_id -> BigInt,
        name -> Text,
        unit_price -> BigInt,
        quantity -> BigInt,
    }
}

table! {
    order_events (id) {
        id -> BigInt,
        order_id -> BigInt,
        changed_by -> BigInt,
        old_status -> Text,
        new_status -> Text,
        note -> Text,
        created_at -> BigInt,
    }
}

table! {
    stock_movements (product_id, id) {
        product_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        delta -> BigInt,
        balance -> BigInt,
        order_id -> Nullable<BigInt>,
        moved_by -> BigInt,
        at -> BigInt,
    }
}

table! {
    outbox (id) {
        id -> BigInt,
        message -> Text,
        order_id -> Nullable<BigInt>,
        created_at -> BigInt,
        attempts -> BigInt,
        next_attempt_at -> BigInt,
        leased_until -> Nullable<BigInt>,
        leased_by -> Nullable<Text>,
        delivered_at -> Nullable<BigInt>,
        dead_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        delivered_to -> Text,
        traceparent -> Nullable<Text>,
    }
}

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
    /// SQLite's own record of the greatest id that each AUTOINCREMENT table ever had.
    sqlite_sequence (name) {
        name -> Text,
        seq -> BigInt,
    }
}

table! {
    /// The migration tool's own record of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

joinable!(sessions -> users (user_id));
joinable!(order_lines -> orders (order_id));
joinable!(order_events -> orders (order_id));
allow_tables_to_appear_in_same_query!(users, sessions);
allow_tables_to_appear_in_same_query!(orders, order_lines, order_events);
