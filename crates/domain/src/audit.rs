//! What must hold for the books as a whole, whatever happened: the rules that span rows. An adapter checks them on
//! its live database, with the database's own means.

mod history;

use std::fmt;

use async_trait::async_trait;

pub use history::HistoryAudit;

use crate::StoreError;

/// A rule of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditRule {
    /// Every change of stock has a movement.
    StockIsItsMovements,
    /// Every movement continues the one before it.
    BalancesAreAChain,
    /// Nothing was oversold.
    StockIsNotNegative,
    /// Every change of an order is on record.
    VersionCountsTheHistory,
    /// The last record says where the order is.
    StatusEndsTheHistory,
    /// Every step was one that the lifecycle has.
    HistoryIsAPath,
    /// An order is free-form, or its lines add up.
    LinesAddUp,
    /// An order took its stock once, and gave it back once if it was cancelled.
    StockIsTakenOnce,
    /// Everything that happened to an order is told.
    OrdersAreTold,
    /// Every account is told.
    AccountsAreTold,
    /// One key made at most one order of an account.
    KeysAreUsedOnce,
    /// No two live accounts share an address.
    AddressesAreUnique,
    /// What is counted beside the tables is counted right.
    CountersAreRight,
    /// What a row refers to exists.
    ReferencesHold,
}

impl AuditRule {
    /// All of them, in the order in which they are checked.
    pub const ALL: [Self; 14] = [
        Self::StockIsItsMovements,
        Self::BalancesAreAChain,
        Self::StockIsNotNegative,
        Self::VersionCountsTheHistory,
        Self::StatusEndsTheHistory,
        Self::HistoryIsAPath,
        Self::LinesAddUp,
        Self::StockIsTakenOnce,
        Self::OrdersAreTold,
        Self::AccountsAreTold,
        Self::KeysAreUsedOnce,
        Self::AddressesAreUnique,
        Self::CountersAreRight,
        Self::ReferencesHold,
    ];

    /// The rule as a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StockIsItsMovements => "a product's stock is the sum of its movements",
            Self::BalancesAreAChain => {
                "a movement's balance is the one before it and its change, and the last is the stock"
            }
            Self::StockIsNotNegative => "no stock is negative",
            Self::VersionCountsTheHistory => {
                "an order's version is one more than its history is long"
            }
            Self::StatusEndsTheHistory => "an order's status is where its history ends",
            Self::HistoryIsAPath => "an order's history is a path through the lifecycle",
            Self::LinesAddUp => "an order without an item has lines, and its quantity is their sum",
            Self::StockIsTakenOnce => {
                "an open or shipped order's pieces are taken once, a cancelled one's are back"
            }
            Self::OrdersAreTold => {
                "the outbox has a message for an order's placement and for each of its events"
            }
            Self::AccountsAreTold => "the outbox has a message for each account",
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

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFinding {
    /// The rule that is broken.
    pub rule: AuditRule,
    /// What breaks it: the kind of thing and its number, such as `order 17`. No personal data.
    pub subject: String,
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.subject)
    }
}

/// Hears how an audit goes.
pub trait AuditObserver: Send {
    /// A rule is about to be checked.
    fn checking(&mut self, rule: AuditRule);

    /// Something does not add up. Called as soon as it is found.
    fn found(&mut self, finding: AuditFinding);
}

/// Collects what is found.
impl AuditObserver for Vec<AuditFinding> {
    fn checking(&mut self, _rule: AuditRule) {}

    fn found(&mut self, finding: AuditFinding) {
        self.push(finding);
    }
}

/// Checks the books.
#[async_trait]
pub trait Auditor: Send + Sync {
    /// Checks every rule of [`AuditRule::ALL`], in that order, as of one moment, and tells the observer of each
    /// violation. MUST hold up nobody who works on the database, and MUST NOT keep in memory more than a
    /// portion of what it reads or finds.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed: then the rules that were not checked are unknown.
    async fn audit(&self, observer: &mut dyn AuditObserver) -> Result<(), StoreError>;
}
