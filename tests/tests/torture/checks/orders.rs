//! Compares the stored orders with what clients know of them.

use std::collections::{BTreeMap, BTreeSet};

use super::database::StoredOrder;
use crate::torture::ledger::{Certainty, Content, Facts, Ledger, OrderForm, Subject};

/// Reports orders that are lost, doubled or invented, and histories that do not match.
pub(super) fn check(stored: &[StoredOrder], ledger: &Ledger) {
    let facts = ledger.facts();
    let mut violations = find_lost(stored, &facts);
    let mut possible = facts.possible_orders.clone();
    let mut keys = BTreeSet::new();
    for order in stored {
        let mut complain = |text: String| violations.push((order.id, format!("{text}: {order:?}")));
        if let Some(key) = &order.key
            && !keys.insert((order.account, key))
        {
            complain("two orders have one key".to_owned());
        }
        match facts.orders.get(&order.id) {
            Some(form) if *form == form_of(order) => {}
            Some(form) => complain(format!("it was acknowledged as {form:?}")),
            None => match possible.get_mut(&form_of(order)) {
                Some(count @ 1..) => *count -= 1,
                _ => complain("no client placed this order".to_owned()),
            },
        }
        check_prices(order, &facts, &mut complain);
        check_history(order, &facts, &mut complain);
    }
    drop(facts);
    for (order, text) in violations {
        ledger.report(Subject::Order(order), text);
    }
}

fn form_of(order: &StoredOrder) -> OrderForm {
    OrderForm { account: order.account, key: order.key.clone(), content: order.content.clone() }
}

/// The acknowledged orders and transitions that are not there.
fn find_lost(stored: &[StoredOrder], facts: &Facts) -> Vec<(i64, String)> {
    let by_id: BTreeMap<i64, &StoredOrder> = stored.iter().map(|order| (order.id, order)).collect();
    let lost = facts.orders.iter().filter(|(id, _)| !by_id.contains_key(id));
    let mut violations: Vec<_> = lost
        .map(|(id, form)| (*id, format!("it was acknowledged and is lost: {form:?}")))
        .collect();
    for ((id, status), certainty) in &facts.transitions {
        let is_there = by_id.get(id).is_some_and(|order| order.history.contains(status));
        if *certainty == Certainty::Certain && !is_there {
            violations.push((*id, format!("the acknowledged status {status} is lost")));
        }
    }
    violations
}

/// Every line has a price that its product had.
fn check_prices(order: &StoredOrder, facts: &Facts, complain: &mut impl FnMut(String)) {
    let Content::Lines(lines) = &order.content else { return };
    for ((product, _), price) in lines.iter().zip(&order.unit_prices) {
        if !facts.prices.get(product).is_some_and(|prices| prices.contains(price)) {
            complain(format!("product {product} never cost {price} cents"));
        }
    }
}

/// The history is a path through the lifecycle, leads to the status, and every step of it was
/// attempted.
fn check_history(order: &StoredOrder, facts: &Facts, complain: &mut impl FnMut(String)) {
    let deletion = facts.deletions.get(&order.account);
    let has_lines = matches!(order.content, Content::Lines(_));
    let mut status = "pending";
    for next in &order.history {
        let is_allowed = matches!(
            (status, next.as_str()),
            ("pending", "processing" | "shipped" | "cancelled")
                | ("processing", "shipped" | "cancelled")
                | ("shipped", "delivered")
        );
        if !is_allowed {
            complain(format!("no step leads from {status} to {next}"));
        }
        let was_cancelled_with_account = next == "cancelled" && has_lines && deletion.is_some();
        let was_attempted = facts.transitions.contains_key(&(order.id, next.clone()));
        if !was_attempted && !was_cancelled_with_account {
            complain(format!("no client set the status {next}"));
        }
        status = next;
    }
    if status != order.status {
        complain(format!("the history ends with {status}"));
    }
    if usize::try_from(order.version).ok() != Some(order.history.len() + 1) {
        complain("the version does not count the history".to_owned());
    }
    let is_open = ["pending", "processing"].contains(&order.status.as_str());
    if has_lines && is_open && deletion == Some(&Certainty::Certain) {
        complain("it is open, and its account was deleted".to_owned());
    }
}
