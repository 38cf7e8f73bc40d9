//! Random actions keep stock, orders, histories and the journal consistent after every action.

use domain::{
    OrderId, Timestamp,
    account::Actor,
    order::{
        OrderChange, OrderCommand,
        OrderStatus::{self, Cancelled, Delivered, Pending, Processing, Shipped},
    },
    product::{MovementKind, Product, ProductCommand, StockMovement},
};
use proptest::{prelude::*, test_runner::TestCaseResult};

use crate::{
    actions::{self, Action},
    shop::{ExecuteError, PlacementOutcome, Record, Shop},
};

/// The transitions of the lifecycle, as a second, independent list.
const TRANSITIONS: [(OrderStatus, OrderStatus); 6] = [
    (Pending, Processing),
    (Pending, Shipped),
    (Pending, Cancelled),
    (Processing, Shipped),
    (Processing, Cancelled),
    (Shipped, Delivered),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_action_keeps_the_invariants(
        stocks in actions::stocks(),
        actions in actions::actions(),
    ) {
        let mut shop = Shop::with_stocks(&stocks);
        for (second, action) in (1..).zip(actions) {
            let now = Timestamp::UNIX_EPOCH + chrono::TimeDelta::seconds(second);
            let before = shop.clone();
            let changed = execute(&mut shop, action, now)?;
            if !changed {
                prop_assert_eq!(&shop, &before, "a refusal changes nothing");
            }
            every_history_is_a_path_through_the_lifecycle(&shop)?;
            stock_matches_movements_and_orders(&shop)?;
            every_change_has_an_event(&shop)?;
        }
    }
}

/// Executes an action and returns whether it changed anything.
fn execute(shop: &mut Shop, action: Action, now: Timestamp) -> Result<bool, TestCaseError> {
    match action {
        Action::Place(orders) => {
            let outcomes = shop.place(orders);
            Ok(outcomes.iter().any(|outcome| matches!(outcome, PlacementOutcome::Placed(_))))
        }
        Action::ProductCommand { product, command, actor } => {
            let before = shop.products.get(&product).cloned();
            let accepted = shop.execute_on_product(product, &command, actor, now).is_ok();
            prop_assert!(!accepted || actor.is_admin(), "only staff may change products");
            let restored = command == ProductCommand::Restore;
            let was_live = before.as_ref().is_some_and(Product::is_live);
            prop_assert!(
                !accepted || was_live != restored,
                "only a restore applies to deleted products"
            );
            Ok(accepted && shop.products.get(&product) != before.as_ref())
        }
        Action::OrderCommand { order, command, expected, actor } => {
            let orders = shop.orders.len().max(1);
            let id = shop.orders.keys().nth(order % orders).copied().unwrap_or(OrderId::new(1));
            let before = shop.orders.get(&id).cloned();
            match (shop.execute(id, command, &expected, actor, now), before) {
                (Ok(change), Some(before)) => {
                    the_actor_has_the_right(&before, command, actor)?;
                    prop_assert!(expected.accepts(before.order.version()));
                    only_taken_units_are_restocked(&before, &change)?;
                    Ok(true)
                }
                (Err(ExecuteError::NoSuchOrder), before) => {
                    prop_assert!(before.is_none_or(|record| record.deleted));
                    Ok(false)
                }
                (Err(ExecuteError::Refused(_)), _) => Ok(false),
                (Ok(_), None) => {
                    Err(TestCaseError::fail("a command changed an order that does not exist"))
                }
            }
        }
    }
}

fn the_actor_has_the_right(record: &Record, command: OrderCommand, actor: Actor) -> TestCaseResult {
    let own = record.order.placed_by() == actor.user;
    let allowed = actor.is_admin() || (own && command == OrderCommand::Cancel);
    prop_assert!(allowed, "{actor:?} may not {command:?}");
    Ok(())
}

/// Units are restocked exactly when an order becomes cancelled, and then all of them: one entry for
/// each product, in the order in which products are locked.
fn only_taken_units_are_restocked(before: &Record, change: &OrderChange) -> TestCaseResult {
    let restocked: Vec<_> =
        change.restocks.iter().map(|restock| (restock.product, restock.quantity.get())).collect();
    let mut lines: Vec<_> = before
        .order
        .content()
        .lines()
        .iter()
        .map(|line| (line.product, line.quantity.get()))
        .collect();
    lines.sort_unstable();
    let taken: Vec<_> = lines
        .chunk_by(|one, next| one.0 == next.0)
        .filter_map(|same| Some((same.first()?.0, same.iter().map(|(_, units)| units).sum())))
        .collect();
    let cancelled = before.order.status() != Cancelled && change.order.status() == Cancelled;
    prop_assert_eq!(restocked, if cancelled { taken } else { Vec::new() });
    Ok(())
}

fn every_history_is_a_path_through_the_lifecycle(shop: &Shop) -> TestCaseResult {
    for record in shop.orders.values() {
        let mut status = Pending;
        for (index, event) in record.events.iter().enumerate() {
            prop_assert_eq!(event.old_status, status);
            let transition = (event.old_status, event.new_status);
            let last = index + 1 == record.events.len();
            let deletion = record.deleted
                && last
                && match event.old_status {
                    Pending | Processing => event.new_status == Cancelled,
                    Shipped | Delivered | Cancelled => event.new_status == event.old_status,
                };
            prop_assert!(
                deletion || TRANSITIONS.contains(&transition),
                "{:?} is not a transition",
                transition
            );
            status = event.new_status;
        }
        prop_assert_eq!(record.order.status(), status);
        let changes = i64::try_from(record.events.len()).unwrap_or(i64::MAX);
        prop_assert_eq!(record.order.version().get(), 1 + changes);
        let changed_at = record.events.last().map(|event| event.created_at);
        prop_assert_eq!(record.order.updated_at(), changed_at.unwrap_or(record.order.created_at()));
        prop_assert!(!record.deleted || !record.order.status().is_open());
    }
    Ok(())
}

/// Every unit is in stock or taken by an order that is not cancelled, and every change has a
/// movement.
fn stock_matches_movements_and_orders(shop: &Shop) -> TestCaseResult {
    for (id, product) in &shop.products {
        prop_assert!(product.stock.get() >= 0);
        let moved = |counts: &dyn Fn(MovementKind) -> bool| -> i64 {
            let of_product = shop.movements.iter().filter(|movement| movement.product == *id);
            of_product.filter(|movement| counts(movement.kind)).map(|movement| movement.delta).sum()
        };
        prop_assert_eq!(product.stock.get(), moved(&|_| true), "stock = sum of movements");
        let (mut balance, mut revision) = (0, None);
        for movement in shop.movements.iter().filter(|movement| movement.product == *id) {
            prop_assert_eq!(
                movement.balance.get(),
                balance + movement.delta,
                "balance = the previous one + delta"
            );
            prop_assert!(
                Some(movement.revision) > revision && movement.revision <= product.revision
            );
            (balance, revision) = (movement.balance.get(), Some(movement.revision));
        }
        prop_assert_eq!(product.stock.get(), balance, "stock = the last balance");
        let later = |movement: &&StockMovement| movement.kind != MovementKind::Received;
        let of_product = shop.movements.iter().filter(|movement| movement.product == *id);
        let changes = i64::try_from(of_product.filter(later).count()).unwrap_or(i64::MAX);
        prop_assert!(product.revision.get() > changes, "each change of stock raises the revision");
        let by_staff = |movement: &&StockMovement| movement.kind == MovementKind::Correction;
        let of_product = shop.movements.iter().filter(|movement| movement.product == *id);
        let corrections = i64::try_from(of_product.filter(by_staff).count()).unwrap_or(i64::MAX);
        prop_assert!(product.version.get() > corrections, "so does staff the version");
        prop_assert!(product.version.get() <= product.revision.get());

        let mut taken = 0;
        for (order, record) in &shop.orders {
            let lines = record.order.content().lines();
            let ordered: i64 = lines
                .iter()
                .filter(|line| line.product == *id)
                .map(|line| line.quantity.get())
                .sum();
            let held = if record.order.status() == Cancelled { 0 } else { ordered };
            prop_assert_eq!(held, -moved(&|kind| kind.order() == Some(*order)));
            taken += held;
        }
        let received = moved(&|kind| kind.order().is_none());
        prop_assert_eq!(
            product.stock.get() + taken,
            received,
            "units are neither lost nor created"
        );
    }
    prop_assert!(shop.movements.iter().all(|movement| movement.delta != 0));
    Ok(())
}

/// The journal has one event for each placed order, and for each change of one.
fn every_change_has_an_event(shop: &Shop) -> TestCaseResult {
    for (id, record) in &shop.orders {
        let events = shop.journal.iter().filter(|event| event.order == Some(*id)).count();
        prop_assert_eq!(events, 1 + record.events.len());
    }
    Ok(())
}
