//! A column's value, whatever its type.

use domain::Timestamp;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A point in time.
    Timestamp,
    /// JSON.
    Json,
}

/// A value. It may be a hash or personal data, so it cannot be printed.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// NULL, of any type.
    Null,
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A point in time.
    Timestamp(Timestamp),
    /// JSON.
    Json(serde_json::Value),
}

/// A type of a record's member.
pub(super) trait Member: Sized {
    /// The type of its column.
    const KIND: Kind;

    /// The value of the column.
    fn into_value(self) -> Value;

    /// The member, if the value is of its type.
    fn of(value: Value) -> Option<Self>;
}

macro_rules! member {
    ($member:ty, $kind:ident) => {
        impl Member for $member {
            const KIND: Kind = Kind::$kind;

            fn into_value(self) -> Value {
                Value::$kind(self)
            }

            fn of(value: Value) -> Option<Self> {
                if let Value::$kind(member) = value { Some(member) } else { None }
            }
        }
    };
}

member!(i64, Number);
member!(String, Text);
member!(Vec<u8>, Bytes);
member!(Timestamp, Timestamp);
member!(serde_json::Value, Json);

impl<M: Member> Member for Option<M> {
    const KIND: Kind = M::KIND;

    fn into_value(self) -> Value {
        self.map_or(Value::Null, Member::into_value)
    }

    fn of(value: Value) -> Option<Self> {
        if let Value::Null = value { Some(None) } else { M::of(value).map(Some) }
    }
}
