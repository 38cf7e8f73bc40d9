//! The decisions about batches of new orders: placed, replayed or refused, and the stock that
//! remains.

use super::*;
use crate::{
    ItemName, Price, ProductName,
    order::{FreeFormItem, LineRequest},
};

const ADA: UserId = UserId::new(7);
const BOB: UserId = UserId::new(8);

fn stocked(stocks: &[(i64, i64)]) -> PlacementSnapshot {
    let item = |stock| ProductSnapshot {
        name: ProductName::parse("Tea").unwrap(),
        price: Price::from_minor(450).unwrap(),
        stock: Stock::new(stock).unwrap(),
        revision: Revision::new(3),
    };
    let products = stocks.iter().map(|(id, stock)| (ProductId::new(*id), item(*stock))).collect();
    PlacementSnapshot { products, ..PlacementSnapshot::default() }
}

fn of_content(content: RequestedContent) -> NewOrder {
    NewOrder {
        placed_by: ADA,
        customer: CustomerName::parse("Ada").unwrap(),
        content,
        currency: Currency::EUR,
        idempotency: None,
        placed_at: Timestamp::UNIX_EPOCH,
        trace: None,
    }
}

fn for_lines(lines: &[(i64, i64)]) -> NewOrder {
    let line = |(product, units): &(i64, i64)| LineRequest {
        product: ProductId::new(*product),
        quantity: Quantity::new(*units).unwrap(),
    };
    let lines = LineRequests::new(lines.iter().map(line).collect()).unwrap();
    of_content(RequestedContent::Products(lines))
}

fn free_form(item: &str) -> NewOrder {
    let name = ItemName::parse(item).unwrap();
    of_content(RequestedContent::FreeForm(FreeFormItem { name, quantity: Quantity::ONE }))
}

fn with_key(key: &str, order: NewOrder) -> NewOrder {
    let key = IdempotencyKey::parse(key).unwrap();
    let fingerprint = Fingerprint::of(&order.customer, &order.content);
    NewOrder { idempotency: Some(Idempotency { key, fingerprint }), ..order }
}

fn placed_by(placed_by: UserId, order: NewOrder) -> NewOrder {
    NewOrder { placed_by, ..order }
}

/// The decision about each order, in short.
fn outcomes(plan: &PlacementPlan) -> Vec<String> {
    let outcome = |decision: &Result<PlacementDecision, PlaceRefusal>| match decision {
        Ok(PlacementDecision::Place(_)) => "placed".to_owned(),
        Ok(PlacementDecision::Replay(order)) => format!("replay of order {order}"),
        Ok(PlacementDecision::ReplayOf(index)) => format!("replay of index {index}"),
        Err(PlaceRefusal::KeyReused) => "key reused".to_owned(),
        Err(refusal) => refusal.to_string(),
    };
    plan.decisions.iter().map(outcome).collect()
}

fn stocks(plan: &PlacementPlan) -> Vec<(i64, i64)> {
    plan.products.iter().map(|(id, item)| (id.get(), item.stock.get())).collect()
}

#[test]
fn an_order_keeps_the_names_and_prices_at_its_placement() {
    let plan = decide_placement(stocked(&[(1, 9)]), vec![for_lines(&[(1, 2), (1, 3)])]);
    let Ok(PlacementDecision::Place(draft)) = &plan.decisions[0] else { panic!("{plan:?}") };
    let order = draft.order(OrderId::new(3));
    assert_eq!(order.id(), OrderId::new(3));
    assert_eq!(order.status(), OrderStatus::Pending);
    assert_eq!(order.version(), Version::FIRST);
    assert_eq!(order.placed_by(), ADA);
    assert_eq!(order.content().lines().len(), 2);
    assert_eq!(order.total().minor(), 5 * 450);
    let event = draft.event(&order);
    assert_eq!(event.event, Event::OrderPlaced(PlacedOrder::from(&order)));
    assert_eq!((event.order, event.account, event.actor), (Some(order.id()), Some(ADA), Some(ADA)));
}

#[test]
fn taken_units_make_one_movement_per_product_by_ascending_id() {
    let order = for_lines(&[(5, 1), (2, 4), (5, 2)]);
    let plan = decide_placement(stocked(&[(2, 9), (5, 9)]), vec![order]);
    let Ok(PlacementDecision::Place(draft)) = &plan.decisions[0] else { panic!("{plan:?}") };
    let moved: Vec<_> = draft
        .movements(OrderId::new(3))
        .map(|movement| (movement.product.get(), movement.delta, movement.kind))
        .collect();
    let kind = MovementKind::OrderPlaced(OrderId::new(3));
    assert_eq!(moved, [(2, -4, kind), (5, -3, kind)]);
    assert_eq!(stocks(&plan), [(2, 5), (5, 6)]);
}

#[test]
fn orders_of_a_batch_take_stock_in_their_order() {
    let orders = vec![for_lines(&[(1, 3)]), for_lines(&[(1, 3)]), for_lines(&[(1, 2)])];
    let plan = decide_placement(stocked(&[(1, 5)]), orders);
    assert_eq!(outcomes(&plan), ["placed", "3 of product 1 were asked for, 2 are there", "placed"]);
    assert_eq!(stocks(&plan), [(1, 0)]);
    assert_eq!(plan.products[&ProductId::new(1)].revision, Revision::new(5));
}

#[test]
fn each_movement_of_a_batch_has_the_balance_and_revision_after_its_order() {
    let orders = vec![for_lines(&[(1, 3)]), for_lines(&[(1, 9)]), for_lines(&[(1, 2)])];
    let plan = decide_placement(stocked(&[(1, 5)]), orders);
    let placed = plan.decisions.iter().filter_map(|decision| match decision {
        Ok(PlacementDecision::Place(draft)) => Some(draft),
        _ => None,
    });
    let moved: Vec<_> = placed
        .flat_map(|draft| draft.movements(OrderId::new(3)))
        .map(|movement| (movement.delta, movement.balance.get(), movement.revision.get()))
        .collect();
    assert_eq!(moved, [(-3, 2, 4), (-2, 0, 5)]);
}

#[test]
fn an_order_takes_all_its_lines_or_none() {
    let orders = vec![for_lines(&[(1, 5), (2, 2)]), for_lines(&[(1, 5)])];
    let plan = decide_placement(stocked(&[(1, 5), (2, 1)]), orders);
    assert_eq!(outcomes(&plan), ["2 of product 2 were asked for, 1 are there", "placed"]);
    assert_eq!(stocks(&plan), [(1, 0)]);
}

#[test]
fn quantities_of_lines_for_one_product_are_summed() {
    let plan = decide_placement(stocked(&[(1, 5)]), vec![for_lines(&[(1, 3), (1, 3)])]);
    assert_eq!(outcomes(&plan), ["6 of product 1 were asked for, 5 are there"]);
}

#[test]
fn a_missing_product_is_reported_before_insufficient_stock() {
    let plan = decide_placement(stocked(&[(1, 1)]), vec![for_lines(&[(1, 2), (9, 1)])]);
    assert_eq!(outcomes(&plan), ["no such product: 9"]);
}

#[test]
fn a_free_form_order_needs_no_stock() {
    let plan = decide_placement(PlacementSnapshot::default(), vec![free_form("cake")]);
    assert_eq!(outcomes(&plan), ["placed"]);
    let Ok(PlacementDecision::Place(draft)) = &plan.decisions[0] else { panic!("{plan:?}") };
    assert_eq!(draft.movements(OrderId::new(1)).count(), 0);
    assert_eq!(draft.order(OrderId::new(1)).content().title(), "cake");
}

#[test]
fn a_product_whose_stock_stays_is_not_in_the_plan() {
    let orders = vec![for_lines(&[(1, 1)]), for_lines(&[(2, 10)])];
    let plan = decide_placement(stocked(&[(1, 5), (2, 5), (3, 5)]), orders);
    assert_eq!(stocks(&plan), [(1, 4)]);
}

#[test]
fn a_repeated_order_is_placed_once() {
    let order = with_key("k", for_lines(&[(1, 2)]));
    let plan = decide_placement(stocked(&[(1, 5)]), vec![order.clone(), order.clone(), order]);
    assert_eq!(outcomes(&plan), ["placed", "replay of index 0", "replay of index 0"]);
    assert_eq!(stocks(&plan), [(1, 3)]);
}

#[test]
fn an_order_that_was_placed_before_is_not_placed_again() {
    let order = with_key("k", for_lines(&[(1, 2)]));
    let mut snapshot = stocked(&[(1, 5)]);
    let Idempotency { key, fingerprint } = order.idempotency.clone().unwrap();
    let prior = PriorPlacement { order: OrderId::new(77), fingerprint };
    snapshot.prior.insert((ADA, key), prior);
    let plan = decide_placement(snapshot, vec![order, with_key("k", for_lines(&[(1, 1)]))]);
    assert_eq!(outcomes(&plan), ["replay of order 77", "key reused"]);
    assert_eq!(stocks(&plan), []);
}

#[test]
fn a_key_that_is_used_for_another_request_is_refused() {
    let orders = vec![with_key("k", for_lines(&[(1, 1)])), with_key("k", for_lines(&[(1, 2)]))];
    let plan = decide_placement(stocked(&[(1, 5)]), orders);
    assert_eq!(outcomes(&plan), ["placed", "key reused"]);
    assert_eq!(stocks(&plan), [(1, 4)]);
}

#[test]
fn two_accounts_may_use_the_same_key() {
    let order = with_key("k", for_lines(&[(1, 1)]));
    let plan = decide_placement(stocked(&[(1, 5)]), vec![order.clone(), placed_by(BOB, order)]);
    assert_eq!(outcomes(&plan), ["placed", "placed"]);
}

#[test]
fn a_refused_order_does_not_use_up_its_key() {
    let orders = vec![with_key("k", for_lines(&[(1, 6)])), with_key("k", for_lines(&[(1, 5)]))];
    let plan = decide_placement(stocked(&[(1, 5)]), orders);
    assert_eq!(outcomes(&plan), ["6 of product 1 were asked for, 5 are there", "placed"]);
}

#[test]
fn the_demand_of_a_batch_names_each_product_and_each_key_once() {
    let orders = [
        with_key("k", for_lines(&[(5, 1), (2, 1)])),
        placed_by(BOB, with_key("k", for_lines(&[(2, 1)]))),
        with_key("k", free_form("cake")),
    ];
    let demand = PlacementDemand::of(&orders);
    assert_eq!(demand.products.iter().map(|id| id.get()).collect::<Vec<_>>(), [2, 5]);
    let key = IdempotencyKey::parse("k").unwrap();
    assert_eq!(demand.keys, BTreeSet::from([(ADA, key.clone()), (BOB, key)]));
}
