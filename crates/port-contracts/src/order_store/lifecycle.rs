//! Status transitions of orders, and their history.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    EventId, ExpectedVersions, OrderId, SeenVersion, Version,
    account::Actor,
    order::{Order, OrderCommand, OrderEvent, OrderRefusal, OrderStatus, port::ExecuteOrderError},
};

use crate::{
    ShopFixture,
    builders::{self, timestamp},
    revision, version,
};

/// The transitions that lead from a new order to this status.
fn transitions_to(status: OrderStatus) -> &'static [OrderStatus] {
    match status {
        OrderStatus::Pending => &[],
        OrderStatus::Processing => &[OrderStatus::Processing],
        OrderStatus::Shipped => &[OrderStatus::Shipped],
        OrderStatus::Delivered => &[OrderStatus::Shipped, OrderStatus::Delivered],
        OrderStatus::Cancelled => &[OrderStatus::Cancelled],
    }
}

async fn order_in(shop: &ShopFixture, status: OrderStatus) -> Order {
    let mut order = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
    for next in transitions_to(status) {
        order = shop.change_status(order.id(), *next).await;
    }
    assert_eq!(order.status(), status);
    order
}

/// Asserts that a command is refused for that reason and does not change the order or its history.
async fn assert_refused(
    shop: &ShopFixture,
    order: &Order,
    command: OrderCommand,
    expected: &ExpectedVersions,
    actor: Actor,
    why: OrderRefusal,
) {
    let history = shop.events(order.id()).await;
    let store = &shop.stores.orders;
    let refused = store.execute(order.id(), &command, expected, actor, timestamp(900)).await;
    match refused {
        Err(ExecuteOrderError::Refused(refusal)) => assert_eq!(refusal, why),
        other => panic!("{command:?} should be refused with {why:?}, but: {other:?}"),
    }
    assert_eq!(shop.order(order.id()).await.as_ref(), Some(order), "the order is unchanged");
    assert_eq!(shop.events(order.id()).await, history, "the history is unchanged");
}

pub async fn every_allowed_transition_succeeds_and_no_other(shop: ShopFixture) {
    for from in OrderStatus::ALL {
        for to in OrderStatus::ALL {
            let order = order_in(&shop, from).await;
            let command = OrderCommand::ChangeStatus { to };
            if from.next().contains(&to) {
                let moved = shop.execute(order.id(), command).await;
                assert_eq!((moved.status(), moved.version()), (to, order.version().next()));
                assert_eq!(shop.order(order.id()).await, Some(moved));
            } else {
                let why = OrderRefusal::IllegalTransition { from, to };
                assert_refused(
                    &shop,
                    &order,
                    command,
                    &ExpectedVersions::Any,
                    shop.admin.actor(),
                    why,
                )
                .await;
            }
        }
    }
}

pub async fn a_transition_changes_only_status_version_and_update_time(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 5).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 2).build()).await;
    let processing = OrderCommand::ChangeStatus { to: OrderStatus::Processing };
    let actor = shop.admin.actor();
    let moved = shop.try_execute(order.id(), processing, actor, timestamp(77)).await.unwrap();
    assert_eq!((moved.status(), moved.version()), (OrderStatus::Processing, version(1)));
    assert_eq!((moved.created_at(), moved.updated_at()), (order.created_at(), timestamp(77)));
    assert_eq!((moved.id(), moved.placed_by()), (order.id(), order.placed_by()));
    assert_eq!((moved.content(), moved.customer()), (order.content(), order.customer()));
    assert_eq!(moved.currency(), order.currency());
    assert_eq!(shop.stock(lamp.id).await, 3);
}

pub async fn each_transition_is_a_history_event_newest_first(shop: ShopFixture) {
    let other = shop.place(builders::free_form(&shop.customer, "Desk").build()).await;
    let order = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
    let second = shop.register_admin("second@example.com").await;
    let transitions = [
        (OrderStatus::Processing, &shop.admin, 10),
        // Timestamps may be equal or go backwards. The history keeps the sequence of the
        // transitions.
        (OrderStatus::Shipped, &second, 10),
        (OrderStatus::Delivered, &shop.admin, 5),
    ];
    for (to, actor, seconds) in transitions {
        let command = OrderCommand::ChangeStatus { to };
        shop.try_execute(order.id(), command, actor.actor(), timestamp(seconds)).await.unwrap();
    }
    let events = shop.events(order.id()).await;
    let mut old_status = OrderStatus::Pending;
    let mut expected = Vec::new();
    for (to, actor, seconds) in transitions {
        expected.push(OrderEvent {
            id: EventId::new(0),
            order: order.id(),
            changed_by: Some(actor.id),
            old_status,
            new_status: to,
            note: format!(
                "Order status changed from {} to {}",
                old_status.as_upper_str(),
                to.as_upper_str()
            ),
            created_at: timestamp(seconds),
        });
        old_status = to;
    }
    expected.reverse();
    let unnumbered =
        events.iter().cloned().map(|event| OrderEvent { id: EventId::new(0), ..event });
    assert!(unnumbered.eq(expected), "{events:?}");
    assert!(events.iter().rev().is_sorted_by_key(|event: &OrderEvent| event.id), "{events:?}");
    assert_eq!(shop.events(other.id()).await, [], "another order has its own history");
}

pub async fn an_owner_may_cancel_and_is_named_in_the_history(shop: ShopFixture) {
    for status in [OrderStatus::Pending, OrderStatus::Processing] {
        let order = order_in(&shop, status).await;
        let owner = shop.customer.actor();
        let cancelled =
            shop.try_execute(order.id(), OrderCommand::Cancel, owner, timestamp(9)).await;
        assert_eq!(cancelled.unwrap().status(), OrderStatus::Cancelled);
        let newest = shop.events(order.id()).await.remove(0);
        assert_eq!((newest.changed_by, newest.old_status), (Some(shop.customer.id), status));
    }
}

pub async fn a_shipped_delivered_or_cancelled_order_cannot_be_cancelled(shop: ShopFixture) {
    for from in [OrderStatus::Shipped, OrderStatus::Delivered, OrderStatus::Cancelled] {
        let order = order_in(&shop, from).await;
        let why = OrderRefusal::IllegalTransition { from, to: OrderStatus::Cancelled };
        for actor in [shop.customer.actor(), shop.admin.actor()] {
            assert_refused(&shop, &order, OrderCommand::Cancel, &ExpectedVersions::Any, actor, why)
                .await;
        }
    }
}

pub async fn an_unauthorized_command_is_refused_and_changes_nothing(shop: ShopFixture) {
    let other = shop.register("other@example.com").await.actor();
    let owner = shop.customer.actor();
    let order = order_in(&shop, OrderStatus::Pending).await;
    let change = OrderCommand::ChangeStatus { to: OrderStatus::Processing };
    let attempts = [
        (change, owner, OrderRefusal::AdminOnly),
        (change, other, OrderRefusal::AdminOnly),
        (OrderCommand::Delete, owner, OrderRefusal::AdminOnly),
        (OrderCommand::Cancel, other, OrderRefusal::NotOwner),
    ];
    for (command, actor, why) in attempts {
        assert_refused(&shop, &order, command, &ExpectedVersions::Any, actor, why).await;
        // Authorization is checked before the version, so that other accounts learn nothing of the
        // order.
        assert_refused(&shop, &order, command, &version(9).into(), actor, why).await;
    }
}

pub async fn a_command_at_the_expected_version_succeeds(shop: ShopFixture) {
    let order = order_in(&shop, OrderStatus::Pending).await;
    let commands = [
        OrderCommand::ChangeStatus { to: OrderStatus::Processing },
        OrderCommand::Cancel,
        OrderCommand::Delete,
    ];
    for (changes, command) in (0..).zip(commands) {
        let (store, admin) = (&shop.stores.orders, shop.admin.actor());
        // Any of several versions will do, at any revision.
        let seen = |version, revision| SeenVersion { version, revision };
        let stale = Some(revision(changes + 5));
        let current = [seen(version(changes + 7), None), seen(version(changes), stale)];
        let expected = ExpectedVersions::OneOf(current.into());
        let changed = store.execute(order.id(), &command, &expected, admin, timestamp(1)).await;
        let changed = changed.unwrap();
        assert_eq!(changed.version(), version(changes + 1));
        assert_eq!(changed.revision(), revision(changes + 1));
    }
}

pub async fn a_command_at_another_version_is_refused_with_the_current_version(shop: ShopFixture) {
    let order = order_in(&shop, OrderStatus::Processing).await;
    let why = OrderRefusal::VersionMismatch { current: version(1) };
    let commands = [
        OrderCommand::ChangeStatus { to: OrderStatus::Shipped },
        // The version is checked before the transition.
        OrderCommand::ChangeStatus { to: OrderStatus::Pending },
        OrderCommand::Cancel,
        OrderCommand::Delete,
    ];
    for command in commands {
        let stale =
            [Version::FIRST, version(2), Version::new(i64::MAX)].map(ExpectedVersions::from);
        for stale in stale.into_iter().chain([ExpectedVersions::OneOf(Vec::new())]) {
            let admin = shop.admin.actor();
            assert_refused(&shop, &order, command, &stale, admin, why).await;
        }
    }
}

pub async fn a_command_on_an_unknown_order_fails_with_not_found(shop: ShopFixture) {
    let order = order_in(&shop, OrderStatus::Pending).await;
    for id in [order.id().get() + 1_000, 0, i64::MAX] {
        for command in [OrderCommand::Cancel, OrderCommand::Delete] {
            let (id, admin) = (OrderId::new(id), shop.admin.actor());
            let refused = shop.try_execute(id, command, admin, timestamp(1)).await;
            assert!(matches!(refused, Err(ExecuteOrderError::NotFound)), "{refused:?}");
        }
    }
}
