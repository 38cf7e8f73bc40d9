//! The tables that every database has, for the query builder.

/// Declares the tables, with these SQL types for timestamps and for JSON. The migrations of a
/// database create them; a test of its adapter compares the two.
#[macro_export]
macro_rules! shop_tables {
    ($timestamp:ident, $json:ident) => {
        diesel::table! {
            users (id) {
                id -> BigInt,
                name -> Text,
                email -> Nullable<Text>,
                password_hash -> Nullable<Text>,
                role -> Text,
                created_at -> $timestamp,
                deleted_at -> Nullable<$timestamp>,
                email_verified_at -> Nullable<$timestamp>,
                pending_email -> Nullable<Text>,
                search_text -> Text,
            }
        }

        diesel::table! {
            sessions (id) {
                id -> Text,
                user_id -> BigInt,
                refresh_hash -> Binary,
                previous_refresh_hash -> Nullable<Binary>,
                refresh_expires_at -> $timestamp,
                refreshed_at -> Nullable<$timestamp>,
                opened_at -> $timestamp,
                ends_at -> $timestamp,
                revoked_at -> Nullable<$timestamp>,
            }
        }

        diesel::table! {
            login_networks (user_id, network_hash) {
                user_id -> BigInt,
                network_hash -> Binary,
                last_seen_at -> $timestamp,
            }
        }

        diesel::table! {
            products (id) {
                id -> BigInt,
                name -> Text,
                name_folded -> Text,
                description -> Nullable<Text>,
                price -> BigInt,
                stock -> BigInt,
                version -> BigInt,
                revision -> BigInt,
                created_at -> $timestamp,
                updated_at -> $timestamp,
                deleted_at -> Nullable<$timestamp>,
            }
        }

        diesel::table! {
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
                created_at -> $timestamp,
                updated_at -> $timestamp,
                deleted_at -> Nullable<$timestamp>,
                idempotency_key -> Nullable<Text>,
                request_fingerprint -> Nullable<Binary>,
            }
        }

        diesel::table! {
            order_lines (order_id, position) {
                order_id -> BigInt,
                position -> BigInt,
                product_id -> BigInt,
                name -> Text,
                unit_price -> BigInt,
                quantity -> BigInt,
            }
        }

        diesel::table! {
            stock_movements (product_id, id) {
                product_id -> BigInt,
                id -> BigInt,
                kind -> Text,
                delta -> BigInt,
                balance -> BigInt,
                order_id -> Nullable<BigInt>,
                moved_by -> BigInt,
                at -> $timestamp,
            }
        }

        diesel::table! {
            events (id) {
                id -> BigInt,
                order_id -> Nullable<BigInt>,
                product_id -> Nullable<BigInt>,
                account_id -> Nullable<BigInt>,
                actor -> Nullable<BigInt>,
                at -> $timestamp,
                #[sql_name = "type"]
                event_type -> Text,
                data -> $json,
                traceparent -> Nullable<Text>,
                recipient -> Nullable<Text>,
            }
        }

        diesel::table! {
            subscriptions (name) {
                name -> Text,
                position -> BigInt,
                ahead -> Text,
                failures -> BigInt,
                paused_until -> Nullable<$timestamp>,
                last_error -> Nullable<Text>,
                leased_until -> Nullable<$timestamp>,
                leased_by -> Nullable<Text>,
            }
        }

        diesel::table! {
            parked_events (subscription, event_id) {
                subscription -> Text,
                event_id -> BigInt,
                order_id -> Nullable<BigInt>,
                state -> Text,
                attempts -> BigInt,
                unanswered -> BigInt,
                failing_since -> Nullable<$timestamp>,
                next_attempt_at -> $timestamp,
                last_error -> Nullable<Text>,
            }
        }

        diesel::table! {
            backfills (name) {
                name -> Text,
                last_id -> BigInt,
            }
        }

        diesel::table! {
            shop (id) {
                id -> BigInt,
                shop_id -> Text,
                currency -> Text,
            }
        }

        diesel::joinable!(sessions -> users (user_id));
        diesel::joinable!(login_networks -> users (user_id));
        diesel::joinable!(order_lines -> orders (order_id));
        diesel::joinable!(parked_events -> events (event_id));
        diesel::joinable!(events -> orders (order_id));
        diesel::allow_tables_to_appear_in_same_query!(users, sessions, login_networks);
        diesel::allow_tables_to_appear_in_same_query!(orders, order_lines, events);
        diesel::allow_tables_to_appear_in_same_query!(events, parked_events);
    };
}
