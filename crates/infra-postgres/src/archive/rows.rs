//! Each kind of rows as it is read from the tables: the columns that travel.

use diesel::prelude::*;
use domain::{
    Timestamp,
    archive::{
        AccountRecord, EventRecord, LineRecord, MovementRecord, OrderRecord, OutboxRecord,
        ProductRecord, SessionRecord,
    },
};
use serde_json::Value;

use crate::schema::{
    order_events, order_lines, orders, outbox, products, sessions, stock_movements, users,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct AccountRow {
    id: i64,
    name: String,
    email: Option<String>,
    password_hash: Option<String>,
    role: String,
    created_at: Timestamp,
    deleted_at: Option<Timestamp>,
}

impl From<AccountRow> for AccountRecord {
    fn from(row: AccountRow) -> Self {
        let AccountRow { id, name, email, password_hash, role, created_at, deleted_at } = row;
        Self { id, name, email, password_hash, role, created_at, deleted_at }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(super) struct SessionRow {
    id: String,
    user_id: i64,
    refresh_hash: Vec<u8>,
    previous_refresh_hash: Option<Vec<u8>>,
    refresh_expires_at: Timestamp,
    refreshed_at: Option<Timestamp>,
    opened_at: Timestamp,
    ends_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl From<SessionRow> for SessionRecord {
    fn from(row: SessionRow) -> Self {
        let SessionRow {
            id,
            user_id,
            refresh_hash,
            previous_refresh_hash,
            refresh_expires_at,
            refreshed_at,
            opened_at,
            ends_at,
            revoked_at,
        } = row;
        Self {
            id,
            user_id,
            refresh_hash,
            previous_refresh_hash,
            refresh_expires_at,
            refreshed_at,
            opened_at,
            ends_at,
            revoked_at,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = products)]
pub(super) struct ProductRow {
    id: i64,
    name: String,
    description: Option<String>,
    price: i64,
    stock: i64,
    version: i64,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
}

impl From<ProductRow> for ProductRecord {
    fn from(row: ProductRow) -> Self {
        let ProductRow {
            id,
            name,
            description,
            price,
            stock,
            version,
            revision,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        Self {
            id,
            name,
            description,
            price,
            stock,
            version,
            revision,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(super) struct OrderRow {
    id: i64,
    user_id: i64,
    customer_name: String,
    item_name: Option<String>,
    search_text: String,
    quantity: i64,
    currency: String,
    status: String,
    version: i64,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
    idempotency_key: Option<String>,
    request_fingerprint: Option<Vec<u8>>,
}

impl From<OrderRow> for OrderRecord {
    fn from(row: OrderRow) -> Self {
        let OrderRow {
            id,
            user_id,
            customer_name,
            item_name,
            search_text,
            quantity,
            currency,
            status,
            version,
            revision,
            created_at,
            updated_at,
            deleted_at,
            idempotency_key,
            request_fingerprint,
        } = row;
        Self {
            id,
            user_id,
            customer_name,
            item_name,
            search_text,
            quantity,
            currency,
            status,
            version,
            revision,
            created_at,
            updated_at,
            deleted_at,
            idempotency_key,
            request_fingerprint,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_lines)]
pub(super) struct LineRow {
    order_id: i64,
    position: i64,
    product_id: i64,
    name: String,
    unit_price: i64,
    quantity: i64,
}

impl From<LineRow> for LineRecord {
    fn from(row: LineRow) -> Self {
        let LineRow { order_id, position, product_id, name, unit_price, quantity } = row;
        Self { order_id, position, product_id, name, unit_price, quantity }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_events)]
pub(super) struct EventRow {
    id: i64,
    order_id: i64,
    changed_by: i64,
    old_status: String,
    new_status: String,
    note: String,
    created_at: Timestamp,
}

impl From<EventRow> for EventRecord {
    fn from(row: EventRow) -> Self {
        let EventRow { id, order_id, changed_by, old_status, new_status, note, created_at } = row;
        Self { id, order_id, changed_by, old_status, new_status, note, created_at }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = stock_movements)]
pub(super) struct MovementRow {
    product_id: i64,
    id: i64,
    kind: String,
    delta: i64,
    balance: i64,
    order_id: Option<i64>,
    moved_by: i64,
    at: Timestamp,
}

impl From<MovementRow> for MovementRecord {
    fn from(row: MovementRow) -> Self {
        let MovementRow { product_id, id, kind, delta, balance, order_id, moved_by, at } = row;
        Self { product_id, id, kind, delta, balance, order_id, moved_by, at }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(super) struct OutboxRow {
    id: i64,
    message: Value,
    order_id: Option<i64>,
    created_at: Timestamp,
    attempts: i64,
    next_attempt_at: Timestamp,
    delivered_to: String,
    delivered_at: Option<Timestamp>,
    dead_at: Option<Timestamp>,
    last_error: Option<String>,
    traceparent: Option<String>,
}

impl From<OutboxRow> for OutboxRecord {
    fn from(row: OutboxRow) -> Self {
        let OutboxRow {
            id,
            message,
            order_id,
            created_at,
            attempts,
            next_attempt_at,
            delivered_to,
            delivered_at,
            dead_at,
            last_error,
            traceparent,
        } = row;
        Self {
            id,
            message,
            order_id,
            created_at,
            attempts,
            next_attempt_at,
            delivered_to,
            delivered_at,
            dead_at,
            last_error,
            traceparent,
        }
    }
}
