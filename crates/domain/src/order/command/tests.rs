//! The decisions about commands on orders: results, rights, and what stays unchanged.

use super::*;
use crate::{
    Currency, CustomerName, EventId, ItemName, Money, OrderId, Price, ProductName, UserId,
    account::Role,
    events::EventRecord,
    order::{FreeFormItem, OrderContent, OrderEvent, ProductLine},
};

const OWNER: Actor = Actor::new(UserId::new(7), Role::User);
const OTHER_CUSTOMER: Actor = Actor::new(UserId::new(8), Role::User);
const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);
const PLACED: Timestamp = Timestamp::UNIX_EPOCH;

fn now() -> Timestamp {
    Timestamp::from_timestamp(1_700_000_000, 0).unwrap()
}

fn line(product: i64, units: i64) -> ProductLine {
    ProductLine {
        product: ProductId::new(product),
        name: ProductName::parse("Tea").unwrap(),
        unit_price: Price::from_minor(450).unwrap(),
        quantity: Quantity::new(units).unwrap(),
    }
}

fn order_in(status: OrderStatus) -> Order {
    Order::restore(OrderParts {
        id: OrderId::new(3),
        placed_by: OWNER.user,
        customer: CustomerName::parse("Ada").unwrap(),
        // One product has two lines, and the lines are not sorted by product.
        content: OrderContent::products(vec![line(5, 1), line(2, 4), line(5, 2)]).unwrap(),
        currency: Currency::EUR,
        status,
        version: Version::new(4),
        revision: Revision::new(4),
        created_at: PLACED,
        updated_at: PLACED,
    })
}

fn restock(product: i64, units: i64) -> Restock {
    Restock { product: ProductId::new(product), quantity: Quantity::new(units).unwrap() }
}

fn change_to(to: OrderStatus) -> OrderCommand {
    OrderCommand::ChangeStatus { to }
}

#[test]
fn an_order_sums_its_units_and_its_total() {
    let order = order_in(OrderStatus::Pending);
    assert_eq!(order.quantity().get(), 7);
    assert_eq!(order.total(), Money::from_minor(7 * 450));
    assert_eq!(order.product_ids().map(ProductId::get).collect::<Vec<_>>(), [5, 2, 5]);
}

#[test]
fn staff_can_make_every_allowed_transition_and_no_other() {
    for from in OrderStatus::ALL {
        for to in OrderStatus::ALL {
            let decided =
                order_in(from).decide(&change_to(to), &ExpectedVersions::Any, STAFF, now());
            if from.can_become(to) {
                let order = decided.unwrap().order;
                assert_eq!((order.status(), order.version().get()), (to, 5));
                assert_eq!((order.created_at(), order.updated_at()), (PLACED, now()));
            } else {
                assert_eq!(decided, Err(OrderRefusal::IllegalTransition { from, to }));
            }
        }
    }
}

#[test]
fn a_transition_is_recorded_with_actor_time_and_both_statuses() {
    let order = order_in(OrderStatus::Pending);
    let change = order
        .decide(&change_to(OrderStatus::Processing), &ExpectedVersions::Any, STAFF, now())
        .unwrap();
    let (from, to) = (OrderStatus::Pending, OrderStatus::Processing);
    let event = NewEvent {
        event: Event::OrderStatusChanged { from, to },
        order: Some(order.id()),
        product: None,
        account: Some(OWNER.user),
        actor: Some(STAFF.user),
        at: now(),
        trace: None,
        recipient: None,
    };
    assert_eq!(change.event, event);
    let entry = OrderEvent {
        id: EventId::new(9),
        order: order.id(),
        changed_by: Some(STAFF.user),
        old_status: from,
        new_status: to,
        note: "Order status changed from PENDING to PROCESSING".to_owned(),
        created_at: now(),
    };
    assert_eq!(EventRecord::of(EventId::new(9), &change.event).history_entry(), Some(entry));
    assert!(!change.deleted);
    assert_eq!(change.restocks, []);
}

#[test]
fn a_transition_changes_only_status_version_revision_and_time() {
    let order = order_in(OrderStatus::Processing);
    let change = order
        .decide(&change_to(OrderStatus::Shipped), &ExpectedVersions::Any, STAFF, now())
        .unwrap();
    let reverted = Order(OrderParts {
        status: order.status(),
        version: order.version(),
        revision: order.revision(),
        updated_at: order.updated_at(),
        ..change.order.0
    });
    assert_eq!(reverted, order);
}

#[test]
fn cancelling_restocks_the_units_of_every_line_one_entry_per_product() {
    for from in [OrderStatus::Pending, OrderStatus::Processing] {
        for command in [OrderCommand::Cancel, change_to(OrderStatus::Cancelled)] {
            let change =
                order_in(from).decide(&command, &ExpectedVersions::Any, STAFF, now()).unwrap();
            assert_eq!(change.restocks, [restock(2, 4), restock(5, 3)]);
        }
    }
}

#[test]
fn a_cancelled_order_is_restocked_once() {
    let order = order_in(OrderStatus::Pending);
    let cancelled =
        order.decide(&OrderCommand::Cancel, &ExpectedVersions::Any, OWNER, now()).unwrap().order;
    assert!(cancelled.decide(&OrderCommand::Cancel, &ExpectedVersions::Any, OWNER, now()).is_err());
    let deleted =
        cancelled.decide(&OrderCommand::Delete, &ExpectedVersions::Any, STAFF, now()).unwrap();
    assert_eq!(deleted.restocks, []);
    assert_eq!(deleted.order.status(), OrderStatus::Cancelled);
}

#[test]
fn every_restock_makes_a_movement() {
    let order = order_in(OrderStatus::Pending);
    let change = order.decide(&OrderCommand::Cancel, &ExpectedVersions::Any, OWNER, now()).unwrap();
    let (balance, revision) = (Stock::new(9).unwrap(), Revision::new(6));
    for restock in &change.restocks {
        let movement = StockMovement {
            product: restock.product,
            revision,
            kind: MovementKind::OrderCancelled(order.id()),
            delta: restock.quantity.get(),
            balance,
            moved_by: OWNER.user,
            at: now(),
        };
        assert_eq!(change.movement(restock, balance, revision), movement);
    }
}

#[test]
fn deleting_an_open_order_cancels_it() {
    for from in [OrderStatus::Pending, OrderStatus::Processing] {
        let change = order_in(from)
            .decide(&OrderCommand::Delete, &ExpectedVersions::Any, STAFF, now())
            .unwrap();
        assert!(change.deleted);
        assert_eq!(change.order.status(), OrderStatus::Cancelled);
        assert_eq!(change.restocks, [restock(2, 4), restock(5, 3)]);
        let event = Event::OrderDeleted { from, to: OrderStatus::Cancelled };
        assert_eq!(change.event.event, event);
        let entry = EventRecord::of(EventId::new(9), &change.event).history_entry().unwrap();
        assert_eq!(entry.note, "Order deleted");
    }
}

#[test]
fn deleting_a_shipped_or_delivered_order_restocks_nothing() {
    for from in [OrderStatus::Shipped, OrderStatus::Delivered] {
        let change = order_in(from)
            .decide(&OrderCommand::Delete, &ExpectedVersions::Any, STAFF, now())
            .unwrap();
        assert!(change.deleted);
        assert_eq!(change.order.status(), from);
        assert_eq!(change.order.version().get(), 5);
        assert_eq!(change.restocks, []);
        assert_eq!(change.event.event, Event::OrderDeleted { from, to: from });
    }
}

#[test]
fn a_free_form_order_restocks_nothing() {
    let item = FreeFormItem { name: ItemName::parse("cake").unwrap(), quantity: Quantity::ONE };
    let order = Order(OrderParts {
        content: OrderContent::free_form(item),
        ..order_in(OrderStatus::Processing).0
    });
    assert_eq!(order.total(), Money::ZERO);
    let change = order.decide(&OrderCommand::Cancel, &ExpectedVersions::Any, OWNER, now()).unwrap();
    assert_eq!(change.restocks, []);
}

#[test]
fn each_command_is_allowed_for_its_actors_only() {
    let order = order_in(OrderStatus::Pending);
    let decide = |command, actor| {
        order.decide(&command, &ExpectedVersions::Any, actor, now()).map(|change| change.moved_by)
    };
    for actor in [OWNER, STAFF] {
        assert_eq!(decide(OrderCommand::Cancel, actor), Ok(actor.user));
    }
    assert_eq!(decide(OrderCommand::Cancel, OTHER_CUSTOMER), Err(OrderRefusal::NotOwner));
    for command in [change_to(OrderStatus::Cancelled), OrderCommand::Delete] {
        assert_eq!(decide(command, STAFF), Ok(STAFF.user));
        for actor in [OWNER, OTHER_CUSTOMER] {
            assert_eq!(decide(command, actor), Err(OrderRefusal::AdminOnly));
        }
    }
}

#[test]
fn a_command_that_expects_another_version_is_refused() {
    let order = order_in(OrderStatus::Pending);
    for command in [OrderCommand::Cancel, change_to(OrderStatus::Shipped), OrderCommand::Delete] {
        let decide =
            |expected| order.decide(&command, &Version::new(expected).into(), STAFF, now());
        assert!(decide(4).is_ok());
        for stale in [3, 5] {
            let current = Version::new(4);
            assert_eq!(decide(stale), Err(OrderRefusal::VersionMismatch { current }));
        }
    }
}

#[test]
fn rights_are_checked_before_the_version_and_the_version_before_the_lifecycle() {
    let order = order_in(OrderStatus::Delivered);
    let stale = Version::new(1).into();
    let decide = |actor| order.decide(&OrderCommand::Cancel, &stale, actor, now()).unwrap_err();
    assert_eq!(decide(OTHER_CUSTOMER), OrderRefusal::NotOwner);
    assert_eq!(decide(OWNER), OrderRefusal::VersionMismatch { current: Version::new(4) });
}

#[test]
fn every_command_that_restocks_is_marked_as_such() {
    for from in OrderStatus::ALL {
        for command in [OrderCommand::Cancel, OrderCommand::Delete]
            .into_iter()
            .chain(OrderStatus::ALL.map(change_to))
        {
            let decided = order_in(from).decide(&command, &ExpectedVersions::Any, STAFF, now());
            let restocked = decided.is_ok_and(|change| !change.restocks.is_empty());
            assert!(!restocked || command.may_restock(), "{command:?} from {from}");
        }
    }
}

#[test]
fn only_a_status_that_is_set_again_and_not_final_repeats_the_status() {
    for from in OrderStatus::ALL {
        for to in OrderStatus::ALL {
            let decided =
                order_in(from).decide(&change_to(to), &ExpectedVersions::Any, STAFF, now());
            let repeats = decided.is_err_and(OrderRefusal::repeats_status);
            assert_eq!(repeats, from == to && !from.is_final(), "{from} to {to}");
        }
    }
    assert!(!OrderRefusal::AdminOnly.repeats_status());
}
