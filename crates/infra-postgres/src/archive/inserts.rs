//! Rows as statements: one a portion, whatever the portion's size.
//!
//! What stands in a table for searches alone is made anew from what it was made of.

use domain::{
    Timestamp,
    archive::{
        AccountRecord, EventRecord, LineRecord, MovementRecord, OrderRecord, OutboxRecord,
        ProductRecord, Records, SessionRecord,
    },
    fold,
};

use crate::columns::{Column, Columns};

/// The statement that writes these rows, with the numbers they have.
pub(super) fn insert(records: &Records) -> Columns {
    match records {
        Records::Accounts(records) => accounts(records),
        Records::Sessions(records) => sessions(records),
        Records::Products(records) => products(records),
        Records::Orders(records) => orders(records),
        Records::Lines(records) => lines(records),
        Records::Events(records) => events(records),
        Records::Movements(records) => movements(records),
        Records::Outbox(records) => messages(records),
    }
}

fn column<Record, T>(records: &[Record], value: fn(&Record) -> T) -> Vec<T> {
    records.iter().map(value).collect()
}

fn numbers<R>(records: &[R], value: fn(&R) -> i64) -> Column {
    Column::Numbers(column(records, value))
}

fn numbers_or_null<R>(records: &[R], value: fn(&R) -> Option<i64>) -> Column {
    Column::NumbersOrNull(column(records, value))
}

fn texts<R>(records: &[R], value: fn(&R) -> String) -> Column {
    Column::Texts(column(records, value))
}

fn texts_or_null<R>(records: &[R], value: fn(&R) -> Option<String>) -> Column {
    Column::TextsOrNull(column(records, value))
}

fn bytes<R>(records: &[R], value: fn(&R) -> Option<Vec<u8>>) -> Column {
    Column::BytesOrNull(column(records, value))
}

fn moments<R>(records: &[R], value: fn(&R) -> Timestamp) -> Column {
    Column::Moments(column(records, value))
}

fn moments_or_null<R>(records: &[R], value: fn(&R) -> Option<Timestamp>) -> Column {
    Column::MomentsOrNull(column(records, value))
}

fn accounts(records: &[AccountRecord]) -> Columns {
    let columns = vec![
        numbers(records, |record| record.id),
        texts(records, |record| record.name.clone()),
        texts_or_null(records, |record| record.email.clone()),
        texts_or_null(records, |record| record.password_hash.clone()),
        texts(records, |record| record.role.clone()),
        moments(records, |record| record.created_at),
        moments_or_null(records, |record| record.deleted_at),
    ];
    let insert = "INSERT INTO users (
            id, name, email, password_hash, role, created_at, deleted_at)
        SELECT * FROM unnest(";
    Columns::new(insert, columns, ")")
}

fn sessions(records: &[SessionRecord]) -> Columns {
    let columns = vec![
        texts(records, |record| record.id.clone()),
        numbers(records, |record| record.user_id),
        bytes(records, |record| Some(record.refresh_hash.clone())),
        bytes(records, |record| record.previous_refresh_hash.clone()),
        moments(records, |record| record.refresh_expires_at),
        moments_or_null(records, |record| record.refreshed_at),
        moments(records, |record| record.opened_at),
        moments(records, |record| record.ends_at),
        moments_or_null(records, |record| record.revoked_at),
    ];
    let insert = "INSERT INTO sessions (
            id, user_id, refresh_hash, previous_refresh_hash, refresh_expires_at,
            refreshed_at, opened_at, ends_at, revoked_at)
        SELECT * FROM unnest(";
    Columns::new(insert, columns, ")")
}

fn products(records: &[ProductRecord]) -> Columns {
    let columns = vec![
        numbers(records, |record| record.id),
        texts(records, |record| record.name.clone()),
        texts(records, |record| fold(&record.name)),
        texts_or_null(records, |record| record.description.clone()),
        numbers(records, |record| record.price),
        numbers(records, |record| record.stock),
        numbers(records, |record| record.version),
        numbers(records, |record| record.revision),
        moments(records, |record| record.created_at),
        moments(records, |record| record.updated_at),
        moments_or_null(records, |record| record.deleted_at),
    ];
    let insert = "INSERT INTO products (
            id, name, name_folded, description, price, stock, version, revision,
            created_at, updated_at, deleted_at)
        SELECT * FROM unnest(";
    Columns::new(insert, columns, ")")
}

fn orders(records: &[OrderRecord]) -> Columns {
    let columns = vec![
        numbers(records, |record| record.id),
        numbers(records, |record| record.user_id),
        texts(records, |record| record.customer_name.clone()),
        texts_or_null(records, |record| record.item_name.clone()),
        texts(records, |record| record.search_text.clone()),
        numbers(records, |record| record.quantity),
        texts(records, |record| record.currency.clone()),
        texts(records, |record| record.status.clone()),
        numbers(records, |record| record.version),
        numbers(records, |record| record.revision),
        moments(records, |record| record.created_at),
        moments(records, |record| record.updated_at),
        moments_or_null(records, |record| record.deleted_at),
        texts_or_null(records, |record| record.idempotency_key.clone()),
        bytes(records, |record| record.request_fingerprint.clone()),
    ];
    let insert = "INSERT INTO orders (
            id, user_id, customer_name, item_name, search_text, quantity,
            currency, status, version, revision, created_at, updated_at, deleted_at,
            idempotency_key, request_fingerprint)
        SELECT * FROM unnest(";
    Columns::new(insert, columns, ")")
}

fn lines(records: &[LineRecord]) -> Columns {
    let columns = vec![
        numbers(records, |record| record.order_id),
        numbers(records, |record| record.position),
        numbers(records, |record| record.product_id),
        texts(records, |record| record.name.clone()),
        numbers(records, |record| record.unit_price),
        numbers(records, |record| record.quantity),
    ];
    let insert = "INSERT INTO order_lines (
            order_id, position, product_id, name, unit_price, quantity)
        SELECT * FROM unnest(";
    Columns::new(insert, columns, ")")
}

fn events(records: &[EventRecord]) -> Columns {
    let columns = vec![
        numbers(records, |record| record.id),
        numbers(records, |record| record.order_id),
        numbers(records, |record| record.changed_by),
        texts(records, |record| record.old_status.clone()),
        texts(records, |record| record.new_status.clone()),
        texts(records, |record| record.note.clone()),
        moments(records, |record| record.created_at),
    ];
    let insert = "INSERT INTO order_events (
            id, order_id, changed_by, old_status, new_status, note, created_at)
        SELECT * FROM unnest(";
    Columns::new(insert, columns, ")")
}

fn movements(records: &[MovementRecord]) -> Columns {
    let columns = vec![
        numbers(records, |record| record.product_id),
        numbers(records, |record| record.id),
        texts(records, |record| record.kind.clone()),
        numbers(records, |record| record.delta),
        numbers(records, |record| record.balance),
        numbers_or_null(records, |record| record.order_id),
        numbers(records, |record| record.moved_by),
        moments(records, |record| record.at),
    ];
    let insert = "INSERT INTO stock_movements (
            product_id, id, kind, delta, balance, order_id, moved_by, at)
        SELECT * FROM unnest(";
    Columns::new(insert, columns, ")")
}

fn messages(records: &[OutboxRecord]) -> Columns {
    let columns = vec![
        numbers(records, |record| record.id),
        texts(records, |record| record.message.to_string()),
        numbers_or_null(records, |record| record.order_id),
        moments(records, |record| record.created_at),
        numbers(records, |record| record.attempts),
        moments(records, |record| record.next_attempt_at),
        texts(records, |record| record.delivered_to.clone()),
        moments_or_null(records, |record| record.delivered_at),
        moments_or_null(records, |record| record.dead_at),
        texts_or_null(records, |record| record.last_error.clone()),
        texts_or_null(records, |record| record.traceparent.clone()),
    ];
    let insert = "INSERT INTO outbox (
            id, message, order_id, created_at, attempts, next_attempt_at, delivered_to,
            delivered_at, dead_at, last_error, traceparent)
        SELECT id, message::jsonb, order_id, created_at, attempts, next_attempt_at, delivered_to,
            delivered_at, dead_at, last_error, traceparent
        FROM unnest(";
    Columns::new(
        insert,
        columns,
        ") AS rows (
            id, message, order_id, created_at, attempts, next_attempt_at, delivered_to,
            delivered_at, dead_at, last_error, traceparent)",
    )
}
