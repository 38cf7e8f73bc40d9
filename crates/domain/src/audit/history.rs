//! Checks that histories are paths through the lifecycle: the only audit rule that needs the
//! transition table, which the database does not have.

use super::{AuditFinding, AuditRule};
use crate::{OrderId, order::OrderStatus};

/// Follows the histories of all orders, entry by entry, for [`AuditRule::HistoryIsValid`].
///
/// A history starts at pending. Each entry starts at the status where the one before ended, and
/// makes a transition that the lifecycle has. An entry that keeps the status must be the last: the
/// deletion of an order that can no longer be cancelled.
#[derive(Debug, Default)]
pub struct HistoryAudit {
    /// The current order, and the position after its last entry; `None` after its first violation.
    current: Option<(OrderId, Option<Position>)>,
}

#[derive(Debug, Clone, Copy)]
struct Position {
    status: OrderStatus,
    /// Whether the order was deleted, so that no entry may follow.
    closed: bool,
}

impl HistoryAudit {
    /// Checks the next entry: its order, and the names of its two statuses. All entries of an order
    /// must be passed one after the other, in the order in which they were written.
    ///
    /// Returns a finding at the first violation of an order, and ignores the rest of its entries.
    pub fn follow(&mut self, order: OrderId, from: &str, to: &str) -> Option<AuditFinding> {
        let before = match self.current {
            Some((same, position)) if same == order => position?,
            _ => Position { status: OrderStatus::Pending, closed: false },
        };
        let after = apply(before, from, to);
        self.current = Some((order, after));
        match after {
            Some(_) => None,
            None => Some(AuditFinding {
                rule: AuditRule::HistoryIsValid,
                subject: format!("order {order}"),
            }),
        }
    }
}

/// The position after an entry, or `None` if the entry may not follow.
fn apply(before: Position, from: &str, to: &str) -> Option<Position> {
    let (from, to): (OrderStatus, OrderStatus) = (from.parse().ok()?, to.parse().ok()?);
    let closed = from == to && !from.is_open();
    let valid = !before.closed && from == before.status && (closed || from.can_become(to));
    valid.then_some(Position { status: to, closed })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The subjects of the findings for these entries, given as (order, from, to).
    fn violations(entries: &[(i64, &str, &str)]) -> Vec<String> {
        let mut audit = HistoryAudit::default();
        let found = entries
            .iter()
            .filter_map(|(order, from, to)| audit.follow(OrderId::new(*order), from, to));
        found.map(|finding| finding.subject).collect()
    }

    #[test]
    fn allowed_transitions_are_no_violation() {
        let entries = [
            (1, "pending", "processing"),
            (1, "processing", "shipped"),
            (1, "shipped", "delivered"),
            (2, "pending", "cancelled"),
            (4, "pending", "shipped"),
        ];
        assert_eq!(violations(&entries), [""; 0]);
    }

    #[test]
    fn deleting_an_order_that_is_not_open_keeps_its_status() {
        for last in ["shipped", "delivered", "cancelled"] {
            let path = match last {
                "delivered" => vec![(1, "pending", "shipped"), (1, "shipped", "delivered")],
                _ => vec![(1, "pending", last)],
            };
            let deleted = [path, vec![(1, last, last)]].concat();
            assert_eq!(violations(&deleted), [""; 0], "{last}");
        }
        assert_eq!(
            violations(&[(1, "pending", "pending")]),
            ["order 1"],
            "an open one is cancelled"
        );
    }

    #[test]
    fn an_entry_after_a_deletion_is_a_violation() {
        let again =
            [(1, "pending", "shipped"), (1, "shipped", "shipped"), (1, "shipped", "delivered")];
        assert_eq!(violations(&again), ["order 1"]);
    }

    #[test]
    fn a_transition_that_the_lifecycle_lacks_is_a_violation() {
        assert_eq!(violations(&[(1, "pending", "delivered")]), ["order 1"]);
    }

    #[test]
    fn a_transition_from_another_status_is_a_violation() {
        assert_eq!(violations(&[(1, "processing", "shipped")]), ["order 1"]);
        assert_eq!(
            violations(&[(1, "pending", "processing"), (1, "pending", "shipped")]),
            ["order 1"]
        );
    }

    #[test]
    fn an_unknown_status_is_a_violation() {
        assert_eq!(violations(&[(1, "pending", "lost")]), ["order 1"]);
        assert_eq!(violations(&[(1, "", "shipped")]), ["order 1"]);
    }

    #[test]
    fn each_order_is_reported_once_and_does_not_affect_others() {
        let entries = [
            (1, "shipped", "pending"),
            (1, "pending", "pending"),
            (1, "pending", "shipped"),
            (2, "pending", "shipped"),
            (3, "delivered", "pending"),
        ];
        assert_eq!(violations(&entries), ["order 1", "order 3"]);
    }
}
