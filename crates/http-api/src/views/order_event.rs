//! An event of an order's history, for both surfaces.

use std::borrow::Cow;

use domain::{
    Timestamp, UserId,
    order::{OrderEvent, OrderStatus},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Schema},
};

use super::timestamp;
use crate::openapi::enum_schemas::{ClassicOrderStatusSchema, OrderStatusSchema};

/// An event of an order's history: one status transition.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderEvent, example = json!({
    "id": 5001, "order_id": 1001, "changed_by_user_id": 1, "old_status": "pending", "new_status": "processing",
    "note": "Order status changed from PENDING to PROCESSING", "created_at": "2026-01-31T12:00:00.000000Z",
}))]
pub(crate) struct OrderEventView<'a> {
    /// The number of the event in the journal.
    #[schema(example = 5001)]
    id: i64,
    /// The id of the order.
    #[schema(example = 1001)]
    order_id: i64,
    /// The id of the account that made the change; 0 if the program made it by itself.
    #[schema(example = 1)]
    changed_by_user_id: i64,
    /// The status before the transition.
    #[schema(value_type = OrderStatusSchema)]
    old_status: &'static str,
    /// The status after the transition.
    #[schema(value_type = OrderStatusSchema)]
    new_status: &'static str,
    /// A description of the transition, for people.
    #[schema(example = "Order status changed from PENDING to PROCESSING")]
    note: &'a str,
    /// The time of the transition.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Timestamp,
}

impl<'a> OrderEventView<'a> {
    /// Presents an event; `word` gives the surface's word for a status.
    pub(crate) fn new(entry: &'a OrderEvent, word: fn(OrderStatus) -> &'static str) -> Self {
        Self {
            id: entry.id.get(),
            order_id: entry.order.get(),
            changed_by_user_id: entry.changed_by.map_or(0, UserId::get),
            old_status: word(entry.old_status),
            new_status: word(entry.new_status),
            note: &entry.note,
            created_at: entry.created_at,
        }
    }
}

/// The schema of [`OrderEventView`] with the status words of the classic surface.
pub(crate) struct ClassicOrderEventSchema;

impl PartialSchema for ClassicOrderEventSchema {
    fn schema() -> RefOr<Schema> {
        let mut schema = OrderEventView::schema();
        if let RefOr::T(Schema::Object(event)) = &mut schema {
            for member in ["old_status", "new_status"] {
                if let Some(RefOr::Ref(word)) = event.properties.get_mut(member) {
                    let classic = Ref::from_schema_name(ClassicOrderStatusSchema::name());
                    word.ref_location = classic.ref_location;
                }
                if let Some(Value::String(word)) =
                    event.example.as_mut().and_then(|example| example.get_mut(member))
                {
                    word.make_ascii_uppercase();
                }
            }
        }
        schema
    }
}

impl ToSchema for ClassicOrderEventSchema {
    fn name() -> Cow<'static, str> {
        "ClassicEvent".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ClassicOrderStatusSchema::name().into(), ClassicOrderStatusSchema::schema()));
    }
}
