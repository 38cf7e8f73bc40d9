//! Orders, their lines and their histories.

use diesel::prelude::*;
use domain::archive::{EventRecord, LineRecord, OrderRecord};

use super::Moments;
use crate::{
    error::Unreadable,
    schema::{order_events, order_lines, orders},
    time::micros,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub(in crate::archive) struct OrderRow {
    pub(in crate::archive) id: i64,
    user_id: i64,
    customer_name: String,
    item_name: Option<String>,
    search_text: String,
    quantity: i64,
    currency: String,
    status: String,
    version: i64,
    revision: i64,
    created_at: i64,
    updated_at: i64,
    deleted_at: Option<i64>,
    idempotency_key: Option<String>,
    request_fingerprint: Option<Vec<u8>>,
}

impl OrderRow {
    pub(in crate::archive) fn into_record(self) -> Result<OrderRecord, Unreadable> {
        let moments = Moments::of("orders", &self.id);
        Ok(OrderRecord {
            id: self.id,
            user_id: self.user_id,
            customer_name: self.customer_name,
            item_name: self.item_name,
            search_text: self.search_text,
            quantity: self.quantity,
            currency: self.currency,
            status: self.status,
            version: self.version,
            revision: self.revision,
            created_at: moments.read(self.created_at)?,
            updated_at: moments.read(self.updated_at)?,
            deleted_at: moments.read_some(self.deleted_at)?,
            idempotency_key: self.idempotency_key,
            request_fingerprint: self.request_fingerprint,
        })
    }
}

impl From<OrderRecord> for OrderRow {
    fn from(record: OrderRecord) -> Self {
        Self {
            id: record.id,
            user_id: record.user_id,
            customer_name: record.customer_name,
            item_name: record.item_name,
            search_text: record.search_text,
            quantity: record.quantity,
            currency: record.currency,
            status: record.status,
            version: record.version,
            revision: record.revision,
            created_at: micros(record.created_at),
            updated_at: micros(record.updated_at),
            deleted_at: record.deleted_at.map(micros),
            idempotency_key: record.idempotency_key,
            request_fingerprint: record.request_fingerprint,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
pub(in crate::archive) struct LineRow {
    pub(in crate::archive) order_id: i64,
    pub(in crate::archive) position: i64,
    product_id: i64,
    name: String,
    unit_price: i64,
    quantity: i64,
}

impl LineRow {
    pub(in crate::archive) fn into_record(self) -> LineRecord {
        let Self { order_id, position, product_id, name, unit_price, quantity } = self;
        LineRecord { order_id, position, product_id, name, unit_price, quantity }
    }
}

impl From<LineRecord> for LineRow {
    fn from(record: LineRecord) -> Self {
        let LineRecord { order_id, position, product_id, name, unit_price, quantity } = record;
        Self { order_id, position, product_id, name, unit_price, quantity }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = order_events, treat_none_as_default_value = false)]
pub(in crate::archive) struct EventRow {
    pub(in crate::archive) id: i64,
    order_id: i64,
    changed_by: i64,
    old_status: String,
    new_status: String,
    note: String,
    created_at: i64,
}

impl EventRow {
    pub(in crate::archive) fn into_record(self) -> Result<EventRecord, Unreadable> {
        let moments = Moments::of("order_events", &self.id);
        Ok(EventRecord {
            id: self.id,
            order_id: self.order_id,
            changed_by: self.changed_by,
            old_status: self.old_status,
            new_status: self.new_status,
            note: self.note,
            created_at: moments.read(self.created_at)?,
        })
    }
}

impl From<EventRecord> for EventRow {
    fn from(record: EventRecord) -> Self {
        Self {
            id: record.id,
            order_id: record.order_id,
            changed_by: record.changed_by,
            old_status: record.old_status,
            new_status: record.new_status,
            note: record.note,
            created_at: micros(record.created_at),
        }
    }
}
