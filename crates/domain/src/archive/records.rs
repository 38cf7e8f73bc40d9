//! Rows as they travel: what every database keeps of a thing, in plain values. The database that takes one checks
//! it by its constraints.
//!
//! They hold hashes and personal data, so none can be printed.

use super::ArchiveTable;
use crate::Timestamp;

/// Some rows of one kind.
#[derive(Clone, PartialEq)]
pub enum Records {
    /// Accounts.
    Accounts(Vec<AccountRecord>),
    /// Sessions.
    Sessions(Vec<SessionRecord>),
    /// Products.
    Products(Vec<ProductRecord>),
    /// Orders.
    Orders(Vec<OrderRecord>),
    /// Lines of orders.
    Lines(Vec<LineRecord>),
    /// Histories.
    Events(Vec<EventRecord>),
    /// Changes of stock.
    Movements(Vec<MovementRecord>),
    /// Messages.
    Outbox(Vec<OutboxRecord>),
}

impl Records {
    /// Of which kind they are.
    pub const fn table(&self) -> ArchiveTable {
        match self {
            Self::Accounts(_) => ArchiveTable::Accounts,
            Self::Sessions(_) => ArchiveTable::Sessions,
            Self::Products(_) => ArchiveTable::Products,
            Self::Orders(_) => ArchiveTable::Orders,
            Self::Lines(_) => ArchiveTable::Lines,
            Self::Events(_) => ArchiveTable::Events,
            Self::Movements(_) => ArchiveTable::Movements,
            Self::Outbox(_) => ArchiveTable::Outbox,
        }
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        match self {
            Self::Accounts(rows) => rows.len(),
            Self::Sessions(rows) => rows.len(),
            Self::Products(rows) => rows.len(),
            Self::Orders(rows) => rows.len(),
            Self::Lines(rows) => rows.len(),
            Self::Events(rows) => rows.len(),
            Self::Movements(rows) => rows.len(),
            Self::Outbox(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An account. An erased one has neither address nor hash.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct AccountRecord {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub password_hash: Option<String>,
    pub role: String,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

/// A session, by its identifier.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct SessionRecord {
    pub id: String,
    pub user_id: i64,
    pub refresh_hash: Vec<u8>,
    pub previous_refresh_hash: Option<Vec<u8>>,
    pub refresh_expires_at: Timestamp,
    pub refreshed_at: Option<Timestamp>,
    pub opened_at: Timestamp,
    pub ends_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A product. Its price is in minor units.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct ProductRecord {
    pub id: i64,
    pub name: String,
    pub description: Option<String>,
    pub price: i64,
    pub stock: i64,
    pub version: i64,
    pub revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

/// An order, without its lines. `search_text` is what searches compare (see
/// [`Order::search_text`](crate::order::Order::search_text)): it cannot be made anew from this row alone.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct OrderRecord {
    pub id: i64,
    pub user_id: i64,
    pub customer_name: String,
    pub item_name: Option<String>,
    pub search_text: String,
    pub quantity: i64,
    pub currency: String,
    pub status: String,
    pub version: i64,
    pub revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub idempotency_key: Option<String>,
    pub request_fingerprint: Option<Vec<u8>>,
}

/// A line of an order, by order and position. Its price is in minor units.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct LineRecord {
    pub order_id: i64,
    pub position: i64,
    pub product_id: i64,
    pub name: String,
    pub unit_price: i64,
    pub quantity: i64,
}

/// An entry of an order's history.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct EventRecord {
    pub id: i64,
    pub order_id: i64,
    pub changed_by: i64,
    pub old_status: String,
    pub new_status: String,
    pub note: String,
    pub created_at: Timestamp,
}

/// A change of a product's stock, by product and number.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct MovementRecord {
    pub product_id: i64,
    pub id: i64,
    pub kind: String,
    pub delta: i64,
    pub balance: i64,
    pub order_id: Option<i64>,
    pub moved_by: i64,
    pub at: Timestamp,
}

/// A message of the outbox. `message` is its JSON, as a value: how it is spaced does not matter. A lease does not
/// travel.
#[derive(Clone, PartialEq)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct OutboxRecord {
    pub id: i64,
    pub message: serde_json::Value,
    pub order_id: Option<i64>,
    pub created_at: Timestamp,
    pub attempts: i64,
    pub next_attempt_at: Timestamp,
    pub delivered_to: String,
    pub delivered_at: Option<Timestamp>,
    pub dead_at: Option<Timestamp>,
    pub last_error: Option<String>,
    pub traceparent: Option<String>,
}
