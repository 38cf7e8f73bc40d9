//! Whatever people do, the books are right after every single thing they did.

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
    shop::{NotDone, Outcome, Record, Shop},
};

/// The lifecycle, written down a second time, by hand.
const STEPS: [(OrderStatus, OrderStatus); 6] = [
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
    fn the_books_are_right_whatever_people_do(
        stocks in actions::stocks(),
        day in actions::day(),
    ) {
        let mut shop = Shop::with_stocks(&stocks);
        for (second, action) in (1..).zip(day) {
            let now = Timestamp::UNIX_EPOCH + chrono::TimeDelta::seconds(second);
            let before = shop.clone();
            let done = carry_out(&mut shop, action, now)?;
            if !done {
                prop_assert_eq!(&shop, &before, "a refusal changes nothing");
            }
            every_history_is_a_path_through_the_lifecycle(&shop)?;
            stock_is_where_its_orders_say(&shop)?;
            others_are_told_of_everything(&shop)?;
        }
    }
}

/// Does it, and says whether anything came of it.
fn carry_out(shop: &mut Shop, action: Action, now: Timestamp) -> Result<bool, TestCaseError> {
    match action {
        Action::Place(orders) => {
            let outcomes = shop.place(orders);
            Ok(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Placed(_))))
        }
        Action::Manage { product, command, actor } => {
            let before = shop.products.get(&product).cloned();
            let done = shop.manage(product, &command, actor, now).is_ok();
            prop_assert!(!done || actor.is_admin(), "only staff manage products");
            let restored = command == ProductCommand::Restore;
            let was_live = before.as_ref().is_some_and(Product::is_live);
            prop_assert!(!done || was_live != restored, "only a restore is for deleted products");
            Ok(done && shop.products.get(&product) != before.as_ref())
        }
        Action::Command { order, command, expected, actor } => {
            let orders = shop.orders.len().max(1);
            let id = shop.orders.keys().nth(order % orders).copied().unwrap_or(OrderId::new(1));
            let before = shop.orders.get(&id).cloned();
            match (shop.execute(id, command, expected, actor, now), before) {
                (Ok(change), Some(before)) => {
                    the_actor_had_the_right(&before, command, actor)?;
                    prop_assert!(expected.is_none_or(|version| version == before.order.version()));
                    only_what_was_out_comes_back(&before, &change)?;
                    Ok(true)
                }
                (Err(NotDone::NoSuchOrder), before) => {
                    prop_assert!(before.is_none_or(|record| record.deleted));
                    Ok(false)
                }
                (Err(NotDone::Refused(_)), _) => Ok(false),
                (Ok(_), None) => Err(TestCaseError::fail("something was done to no order")),
            }
        }
    }
}

fn the_actor_had_the_right(record: &Record, command: OrderCommand, actor: Actor) -> TestCaseResult {
    let own = record.order.placed_by() == actor.user;
    let right = actor.is_admin() || (own && command == OrderCommand::Cancel);
    prop_assert!(right, "{actor:?} may not {command:?}");
    Ok(())
}

/// Goods come back exactly when an order becomes a cancelled one, and then all of them: one entry a
/// product, in the order in which products are locked.
fn only_what_was_out_comes_back(before: &Record, change: &OrderChange) -> TestCaseResult {
    let returned: Vec<_> =
        change.restocks.iter().map(|back| (back.product, back.quantity.get())).collect();
    let mut lines: Vec<_> = before
        .order
        .content()
        .lines()
        .iter()
        .map(|line| (line.product, line.quantity.get()))
        .collect();
    lines.sort_unstable();
    let owed: Vec<_> = lines
        .chunk_by(|one, next| one.0 == next.0)
        .filter_map(|same| Some((same.first()?.0, same.iter().map(|(_, pieces)| pieces).sum())))
        .collect();
    let called_off = before.order.status() != Cancelled && change.order.status() == Cancelled;
    prop_assert_eq!(returned, if called_off { owed } else { Vec::new() });
    Ok(())
}

fn every_history_is_a_path_through_the_lifecycle(shop: &Shop) -> TestCaseResult {
    for record in shop.orders.values() {
        let mut status = Pending;
        for (index, event) in record.events.iter().enumerate() {
            prop_assert_eq!(event.old_status, status);
            let step = (event.old_status, event.new_status);
            let last = index + 1 == record.events.len();
            let deletion = record.deleted
                && last
                && match event.old_status {
                    Pending | Processing => event.new_status == Cancelled,
                    Shipped | Delivered | Cancelled => event.new_status == event.old_status,
                };
            prop_assert!(deletion || STEPS.contains(&step), "{:?} is no step", step);
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

/// Every piece is on the shelf or with an order that is not cancelled, and every move is on record.
fn stock_is_where_its_orders_say(shop: &Shop) -> TestCaseResult {
    for (id, product) in &shop.products {
        prop_assert!(product.stock.get() >= 0);
        let moved = |counts: &dyn Fn(MovementKind) -> bool| -> i64 {
            let of_product = shop.movements.iter().filter(|movement| movement.product == *id);
            of_product.filter(|movement| counts(movement.kind)).map(|movement| movement.delta).sum()
        };
        prop_assert_eq!(product.stock.get(), moved(&|_| true), "stock = sum of movements");
        let (mut balance, mut revision) = (0, None);
        for movement in shop.movements.iter().filter(|movement| movement.product == *id) {
            prop_assert_eq!(movement.balance.get(), balance + movement.delta, "a chain");
            prop_assert!(
                Some(movement.revision) > revision && movement.revision <= product.revision
            );
            (balance, revision) = (movement.balance.get(), Some(movement.revision));
        }
        prop_assert_eq!(product.stock.get(), balance, "stock = the last balance");
        let later = |movement: &&StockMovement| movement.kind != MovementKind::Received;
        let of_product = shop.movements.iter().filter(|movement| movement.product == *id);
        let changes = i64::try_from(of_product.filter(later).count()).unwrap_or(i64::MAX);
        prop_assert!(product.version.get() > changes, "each change of stock raises the version");

        let mut out = 0;
        for (number, record) in &shop.orders {
            let lines = record.order.content().lines();
            let asked: i64 = lines
                .iter()
                .filter(|line| line.product == *id)
                .map(|line| line.quantity.get())
                .sum();
            let held = if record.order.status() == Cancelled { 0 } else { asked };
            prop_assert_eq!(held, -moved(&|kind| kind.order() == Some(*number)));
            out += held;
        }
        let brought_in = moved(&|kind| kind.order().is_none());
        prop_assert_eq!(product.stock.get() + out, brought_in, "nothing is lost or made");
    }
    prop_assert!(shop.movements.iter().all(|movement| movement.delta != 0));
    Ok(())
}

/// One message for each order that was placed, and for each change of one.
fn others_are_told_of_everything(shop: &Shop) -> TestCaseResult {
    for (id, record) in &shop.orders {
        let told = shop.outbox.iter().filter(|message| message.order() == Some(*id)).count();
        prop_assert_eq!(told, 1 + record.events.len());
    }
    Ok(())
}
