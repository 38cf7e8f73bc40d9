//! Audit rules: invariants of the stored data. An adapter checks them on its live database, with
//! the database's own means.

mod history;

use std::fmt;

use async_trait::async_trait;

pub use history::HistoryAudit;

use crate::StoreError;

/// An invariant of the stored data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditRule {
    /// A product's stock is the sum of its movements.
    StockEqualsMovements,
    /// The balance of every movement is the previous balance plus its delta.
    BalancesAreConsecutive,
    /// No stock is negative.
    StockIsNotNegative,
    /// An order's version counts the entries of its history.
    VersionCountsTheHistory,
    /// An order's status is that of the last entry of its history.
    StatusMatchesHistory,
    /// Every entry of a history is a transition of the lifecycle, or the deletion at its end.
    HistoryIsValid,
    /// An order is free-form, or its quantity is the sum of its lines.
    LinesAddUp,
    /// An order took its units from stock once, and was restocked once if it is cancelled.
    StockIsTakenOnce,
    /// Every order has one event of its placement, and it is the first of its events.
    OrdersHaveEvents,
    /// Every account has one event of its registration, and a deleted one of its end.
    AccountsHaveEvents,
    /// A product whose creation is in the journal has an event for each of its versions.
    ProductsHaveEvents,
    /// No subscription is ahead of the journal, and what it has parked is not ahead of it.
    PositionsAreInTheJournal,
    /// An account's idempotency key made at most one order.
    KeysAreUsedOnce,
    /// No two live accounts share an address.
    AddressesAreUnique,
    /// Counters equal the number of rows that they count.
    CountersAreRight,
    /// Every row that another refers to exists.
    ReferencesHold,
}

impl AuditRule {
    /// All rules, in the order in which they are checked.
    pub const ALL: [Self; 16] = [
        Self::StockEqualsMovements,
        Self::BalancesAreConsecutive,
        Self::StockIsNotNegative,
        Self::VersionCountsTheHistory,
        Self::StatusMatchesHistory,
        Self::HistoryIsValid,
        Self::LinesAddUp,
        Self::StockIsTakenOnce,
        Self::OrdersHaveEvents,
        Self::AccountsHaveEvents,
        Self::ProductsHaveEvents,
        Self::PositionsAreInTheJournal,
        Self::KeysAreUsedOnce,
        Self::AddressesAreUnique,
        Self::CountersAreRight,
        Self::ReferencesHold,
    ];

    /// The rule as a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StockEqualsMovements => "a product's stock is the sum of its movements",
            Self::BalancesAreConsecutive => {
                "a movement's balance is the one before it and its change, and the last is the stock"
            }
            Self::StockIsNotNegative => "no stock is negative",
            Self::VersionCountsTheHistory => {
                "an order's version is one more than its history is long"
            }
            Self::StatusMatchesHistory => "an order's status is where its history ends",
            Self::HistoryIsValid => "an order's history is a path through the lifecycle",
            Self::LinesAddUp => "an order without an item has lines, and its quantity is their sum",
            Self::StockIsTakenOnce => {
                "an open or shipped order's units are taken once, a cancelled one's are restocked"
            }
            Self::OrdersHaveEvents => {
                "the journal has one event for an order's placement, before the others of the order"
            }
            Self::AccountsHaveEvents => {
                "the journal has one event for an account's registration, and one for its end"
            }
            Self::ProductsHaveEvents => {
                "the journal has an event for each version of a product since its creation"
            }
            Self::PositionsAreInTheJournal => {
                "a subscription's position and its parked events are not ahead of the journal"
            }
            Self::KeysAreUsedOnce => "an idempotency key made one order of an account",
            Self::AddressesAreUnique => "no two accounts share an address",
            Self::CountersAreRight => "a counter is the number of rows it counts",
            Self::ReferencesHold => "what a row refers to exists",
        }
    }
}

impl fmt::Display for AuditRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A violation of an audit rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFinding {
    /// The violated rule.
    pub rule: AuditRule,
    /// The row that violates it: its kind and identifier, such as `order 17`, without personal
    /// data.
    pub subject: String,
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.subject)
    }
}

/// Receives the progress and the findings of an audit.
pub trait AuditObserver: Send {
    /// Called before a rule is checked.
    fn checking(&mut self, rule: AuditRule);

    /// Called for each finding, as soon as it is found.
    fn found(&mut self, finding: AuditFinding);
}

/// Collects the findings.
impl AuditObserver for Vec<AuditFinding> {
    fn checking(&mut self, _rule: AuditRule) {}

    fn found(&mut self, finding: AuditFinding) {
        self.push(finding);
    }
}

/// Checks the audit rules.
#[async_trait]
pub trait Auditor: Send + Sync {
    /// Checks every rule of [`AuditRule::ALL`], in that order, on one snapshot, and reports each
    /// violation to the observer. MUST NOT block other users of the database, and MUST NOT keep
    /// more than a chunk of what it reads or finds in memory.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed; the rules that were not checked may be violated.
    async fn audit(&self, observer: &mut dyn AuditObserver) -> Result<(), StoreError>;
}
