//! The columns of an event.

/// The columns of an [`EventRow`](crate::fields::EventRow).
macro_rules! event_columns {
    () => {
        (
            $crate::schema::events::id,
            $crate::schema::events::order_id,
            $crate::schema::events::product_id,
            $crate::schema::events::account_id,
            $crate::schema::events::actor,
            $crate::schema::events::at,
            $crate::schema::events::event_type,
            $crate::schema::events::data,
            $crate::schema::events::traceparent,
            $crate::schema::events::recipient,
        )
    };
}
pub(crate) use event_columns;
