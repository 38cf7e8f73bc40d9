//! Whether a history is a path through the lifecycle: the one rule of the books that takes the transition table,
//! and so is no database's to check.

use super::{AuditFinding, AuditRule};
use crate::{OrderId, order::OrderStatus};

/// Follows the histories of all orders, entry by entry, for [`AuditRule::HistoryIsAPath`].
///
/// A history begins where every order does. Each entry sets out from where the one before arrived, by a step that
/// the lifecycle has. An entry that stays where it is can only be the last: the deletion of an order whose goods
/// had left.
#[derive(Debug, Default)]
pub struct HistoryAudit {
    /// The order whose entries come now, and how far they have led; `None` once they led astray.
    following: Option<(OrderId, Option<Reached>)>,
}

#[derive(Debug, Clone, Copy)]
struct Reached {
    status: OrderStatus,
    /// Whether nothing may follow, whatever the lifecycle says.
    closed: bool,
}

impl HistoryAudit {
    /// Takes the next entry: of which order it is, and the words of the two statuses. All entries of an order must
    /// come one after the other, in the order in which they were written.
    ///
    /// Returns what is wrong at the first entry of an order that leads astray; the rest of that order is not
    /// looked at.
    pub fn follow(&mut self, order: OrderId, from: &str, to: &str) -> Option<AuditFinding> {
        let before = match self.following {
            Some((same, reached)) if same == order => reached?,
            _ => Reached { status: OrderStatus::Pending, closed: false },
        };
        let after = step(before, from, to);
        self.following = Some((order, after));
        match after {
            Some(_) => None,
            None => Some(AuditFinding {
                rule: AuditRule::HistoryIsAPath,
                subject: format!("order {order}"),
            }),
        }
    }
}

/// Where an entry leads, if it may follow.
fn step(before: Reached, from: &str, to: &str) -> Option<Reached> {
    let (from, to): (OrderStatus, OrderStatus) = (from.parse().ok()?, to.parse().ok()?);
    let closed = from == to && !from.is_open();
    let legal = !before.closed && from == before.status && (closed || from.can_become(to));
    legal.then_some(Reached { status: to, closed })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the orders that lead astray, of entries as (order, from, to).
    fn astray(entries: &[(i64, &str, &str)]) -> Vec<String> {
        let mut audit = HistoryAudit::default();
        let found = entries
            .iter()
            .filter_map(|(order, from, to)| audit.follow(OrderId::new(*order), from, to));
        found.map(|finding| finding.subject).collect()
    }

    #[test]
    fn a_life_is_a_path() {
        let lives = [
            (1, "pending", "processing"),
            (1, "processing", "shipped"),
            (1, "shipped", "delivered"),
            (2, "pending", "cancelled"),
            (4, "pending", "shipped"),
        ];
        assert_eq!(astray(&lives), [""; 0]);
    }

    #[test]
    fn an_order_whose_goods_have_left_stays_where_it_is_when_it_is_deleted() {
        for last in ["shipped", "delivered", "cancelled"] {
            let path = match last {
                "delivered" => vec![(1, "pending", "shipped"), (1, "shipped", "delivered")],
                _ => vec![(1, "pending", last)],
            };
            let deleted = [path, vec![(1, last, last)]].concat();
            assert_eq!(astray(&deleted), [""; 0], "{last}");
        }
        assert_eq!(astray(&[(1, "pending", "pending")]), ["order 1"], "an open one is cancelled");
    }

    #[test]
    fn nothing_follows_a_deletion() {
        let again =
            [(1, "pending", "shipped"), (1, "shipped", "shipped"), (1, "shipped", "delivered")];
        assert_eq!(astray(&again), ["order 1"]);
    }

    #[test]
    fn a_step_that_the_lifecycle_has_not_is_found() {
        assert_eq!(astray(&[(1, "pending", "delivered")]), ["order 1"]);
    }

    #[test]
    fn a_step_from_elsewhere_is_found() {
        assert_eq!(astray(&[(1, "processing", "shipped")]), ["order 1"]);
        assert_eq!(astray(&[(1, "pending", "processing"), (1, "pending", "shipped")]), ["order 1"]);
    }

    #[test]
    fn a_word_that_is_no_status_is_found() {
        assert_eq!(astray(&[(1, "pending", "lost")]), ["order 1"]);
        assert_eq!(astray(&[(1, "", "shipped")]), ["order 1"]);
    }

    #[test]
    fn each_order_is_told_once_and_hinders_no_other() {
        let entries = [
            (1, "shipped", "pending"),
            (1, "pending", "pending"),
            (1, "pending", "shipped"),
            (2, "pending", "shipped"),
            (3, "delivered", "pending"),
        ];
        assert_eq!(astray(&entries), ["order 1", "order 3"]);
    }
}
