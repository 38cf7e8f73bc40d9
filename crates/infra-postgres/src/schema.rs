//! The tables, as the query builder knows them. The migrations in `migrations/postgres` are what makes them;
//! a test compares the two.

#[cfg(test)]
mod tests;

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        role -> Text,
        created_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

table! {
    sessions (id) {
        id -> Text,
        user_id -> BigInt,
        refresh_hash -> Binary,
        previous_refresh_hash -> Nullable<Binary>,
        refresh_expires_at -> Timestamptz,
        refreshed_at -> Nullable<Timestamptz>,
        opened_at -> Timestamptz,
        ends_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
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
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
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
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
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
        created_at -> Timestamptz,
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
        at -> Timestamptz,
    }
}

table! {
    outbox (id) {
        id -> BigInt,
        message -> Jsonb,
        order_id -> Nullable<BigInt>,
        created_at -> Timestamptz,
        attempts -> BigInt,
        next_attempt_at -> Timestamptz,
        leased_until -> Nullable<Timestamptz>,
        leased_by -> Nullable<Text>,
        delivered_at -> Nullable<Timestamptz>,
        dead_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        delivered_to -> Text,
        traceparent -> Nullable<Text>,
    }
}

table! {
    counts (kind, of) {
        kind -> Text,
        /// Whose count it is: an account's or a product's number, or 0.
        #[sql_name = "ref"]
        of -> BigInt,
        value -> BigInt,
    }
}

table! {
    count_deltas (id) {
        id -> BigInt,
        kind -> Text,
        /// Whose count it is: an account's or a product's number, or 0.
        #[sql_name = "ref"]
        of -> BigInt,
        delta -> BigInt,
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
