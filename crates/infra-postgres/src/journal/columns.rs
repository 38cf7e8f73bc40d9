//! The columns of an event, for statements in SQL.

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};

/// The columns of an [`EventRow`](crate::fields::EventRow) in the table `events`.
macro_rules! event_columns {
    () => {
        "events.id, events.order_id, events.product_id, events.account_id, events.actor, events.at, \
         events.type, events.data::text, events.traceparent, events.recipient"
    };
}
pub(crate) use event_columns;

/// The SQL types of an [`EventRow`](crate::fields::EventRow).
pub(crate) type EventColumns = (
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Timestamptz,
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
);
