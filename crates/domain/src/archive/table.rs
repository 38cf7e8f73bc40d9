//! The kinds of rows that a shop has.

/// A kind of rows. In the order of [`Self::ALL`], what a row refers to comes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArchiveTable {
    /// Accounts, erased ones included.
    Accounts,
    /// Sessions.
    Sessions,
    /// Products, deleted ones included.
    Products,
    /// Orders, deleted ones included, with their idempotency keys.
    Orders,
    /// The lines of orders.
    Lines,
    /// The histories of orders.
    Events,
    /// Every change of every stock.
    Movements,
    /// What was told and what waits to be told.
    Outbox,
}

impl ArchiveTable {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Accounts,
        Self::Sessions,
        Self::Products,
        Self::Orders,
        Self::Lines,
        Self::Events,
        Self::Movements,
        Self::Outbox,
    ];

    /// What it holds, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Sessions => "sessions",
            Self::Products => "products",
            Self::Orders => "orders",
            Self::Lines => "order lines",
            Self::Events => "history entries",
            Self::Movements => "stock movements",
            Self::Outbox => "outbox messages",
        }
    }
}
