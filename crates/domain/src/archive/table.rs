//! The tables of an archive.

/// A table of an archive. In the order of [`Self::ALL`], a table comes after those that its rows
/// refer to.
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
    /// The movements of stock.
    Movements,
    /// The events of the journal.
    Events,
    /// The readers of the journal, with their positions.
    Subscriptions,
    /// The events that subscriptions have parked.
    Parked,
    /// The shop itself: one row, or none if it was never opened.
    Shop,
}

impl ArchiveTable {
    /// All tables.
    pub const ALL: [Self; 10] = [
        Self::Accounts,
        Self::Sessions,
        Self::Products,
        Self::Orders,
        Self::Lines,
        Self::Movements,
        Self::Events,
        Self::Subscriptions,
        Self::Parked,
        Self::Shop,
    ];

    /// The name of its rows, for operators.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Sessions => "sessions",
            Self::Products => "products",
            Self::Orders => "orders",
            Self::Lines => "order lines",
            Self::Movements => "stock movements",
            Self::Events => "events",
            Self::Subscriptions => "subscriptions",
            Self::Parked => "parked events",
            Self::Shop => "shop records",
        }
    }
}
