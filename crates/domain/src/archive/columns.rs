//! The columns of each table, in the order of the values in a row. The key comes first.

use super::ArchiveTable;

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

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name of the column.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
}

impl ArchiveTable {
    /// The columns of the table.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Accounts => &ACCOUNTS,
            Self::Sessions => &SESSIONS,
            Self::Products => &PRODUCTS,
            Self::Orders => &ORDERS,
            Self::Lines => &LINES,
            Self::Events => &EVENTS,
            Self::Movements => &MOVEMENTS,
            Self::Parked => &PARKED,
            Self::Subscriptions => &SUBSCRIPTIONS,
            Self::Shop => &SHOP,
        }
    }

    /// The columns that are the key of the table.
    pub fn key(self) -> &'static [Column] {
        let columns =
            if matches!(self, Self::Lines | Self::Movements | Self::Parked) { 2 } else { 1 };
        self.columns().get(..columns).unwrap_or_default()
    }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Kind::Number }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, kind: Kind::Bytes }
}

const fn timestamp(name: &'static str) -> Column {
    Column { name, kind: Kind::Timestamp }
}

const fn json(name: &'static str) -> Column {
    Column { name, kind: Kind::Json }
}

/// An erased account has NULL as addresses and hash.
const ACCOUNTS: [Column; 9] = [
    number("id"),
    text("name"),
    text("email"),
    text("password_hash"),
    text("role"),
    timestamp("created_at"),
    timestamp("deleted_at"),
    timestamp("email_verified_at"),
    text("pending_email"),
];
const SESSIONS: [Column; 9] = [
    text("id"),
    number("user_id"),
    bytes("refresh_hash"),
    bytes("previous_refresh_hash"),
    timestamp("refresh_expires_at"),
    timestamp("refreshed_at"),
    timestamp("opened_at"),
    timestamp("ends_at"),
    timestamp("revoked_at"),
];
/// The price is in minor units.
const PRODUCTS: [Column; 10] = [
    number("id"),
    text("name"),
    text("description"),
    number("price"),
    number("stock"),
    number("version"),
    number("revision"),
    timestamp("created_at"),
    timestamp("updated_at"),
    timestamp("deleted_at"),
];
/// `search_text` is what searches compare (see
/// [`Order::search_text`](crate::order::Order::search_text)): it cannot be rebuilt from this row
/// alone.
const ORDERS: [Column; 15] = [
    number("id"),
    number("user_id"),
    text("customer_name"),
    text("item_name"),
    text("search_text"),
    number("quantity"),
    text("currency"),
    text("status"),
    number("version"),
    number("revision"),
    timestamp("created_at"),
    timestamp("updated_at"),
    timestamp("deleted_at"),
    text("idempotency_key"),
    bytes("request_fingerprint"),
];
/// The price is in minor units.
const LINES: [Column; 6] = [
    number("order_id"),
    number("position"),
    number("product_id"),
    text("name"),
    number("unit_price"),
    number("quantity"),
];
/// `data` is a JSON value, so its white space does not matter.
const EVENTS: [Column; 10] = [
    number("id"),
    text("type"),
    number("order_id"),
    number("product_id"),
    number("account_id"),
    number("actor"),
    timestamp("at"),
    json("data"),
    text("traceparent"),
    text("recipient"),
];
const MOVEMENTS: [Column; 8] = [
    number("product_id"),
    number("id"),
    text("kind"),
    number("delta"),
    number("balance"),
    number("order_id"),
    number("moved_by"),
    timestamp("at"),
];
/// Leases are not copied.
const SUBSCRIPTIONS: [Column; 6] = [
    text("name"),
    number("position"),
    text("ahead"),
    number("failures"),
    timestamp("paused_until"),
    text("last_error"),
];
const PARKED: [Column; 9] = [
    text("subscription"),
    number("event_id"),
    number("order_id"),
    text("state"),
    number("attempts"),
    number("unanswered"),
    timestamp("failing_since"),
    timestamp("next_attempt_at"),
    text("last_error"),
];
const SHOP: [Column; 3] = [number("id"), text("shop_id"), text("currency")];
