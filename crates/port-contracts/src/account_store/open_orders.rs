//! The open orders of an account that is deleted.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::collections::BTreeSet;

use domain::{
    OrderId, PersonName,
    account::{
        AccountCommand, AccountRefusal, OpenOrders, Role, RoleChange,
        port::{AccountOutcome, ChangeAccountError},
    },
    events::{Event, EventRecord, EventType},
    order::{
        Order, OrderCommand, OrderStatus,
        port::{OrderFilter, OrderSearch},
    },
    product::{MovementKind, ProductCommand},
};

use crate::{
    ShopFixture,
    builders::{self, page, term, timestamp, trace},
    event_store::all_events,
    version,
};

/// Deletes the customer as the admin.
async fn delete(
    shop: &ShopFixture,
    open_orders: OpenOrders,
) -> Result<AccountOutcome, ChangeAccountError> {
    let command = AccountCommand::Delete { open_orders };
    let (accounts, admin) = (&shop.stores.accounts, shop.admin.actor());
    accounts.execute(shop.customer.id, &command, admin, timestamp(1_000)).await
}

fn ids(orders: &[Order]) -> Vec<OrderId> {
    orders.iter().map(Order::id).collect()
}

/// The status changes in the journal, and the end of an account.
async fn status_changes(shop: &ShopFixture) -> Vec<EventRecord> {
    let events = all_events(&shop.stores).await.into_iter();
    let wanted = [EventType::OrderStatusChanged.as_str(), EventType::AccountClosed.as_str()];
    events.filter(|event| wanted.contains(&event.event_type.as_str())).collect()
}

pub async fn deleting_an_account_cancels_its_open_orders_and_restocks_them(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 10).await, shop.product("Desk", 10).await);
    let both = builders::order(&shop.customer).with_line(desk.id, 2).with_line(lamp.id, 1);
    let both = shop.place(both.with_line(desk.id, 1).build()).await;
    let packed = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
    shop.change_status(packed.id(), OrderStatus::Processing).await;
    let other = shop.place(builders::order(&shop.admin).with_line(lamp.id, 1).build()).await;
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (4, 7));

    let AccountOutcome { account, cancelled } = delete(&shop, OpenOrders::Cancel).await.unwrap();
    assert_eq!(account, None);
    assert_eq!(ids(&cancelled), [both.id(), packed.id()]);
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (9, 10));
    for (id, changes) in [(both.id(), 1), (packed.id(), 2)] {
        let order = shop.order(id).await.expect("the order stays, for the books");
        assert_eq!((order.status(), order.version()), (OrderStatus::Cancelled, version(changes)));
        assert_eq!(order.updated_at(), timestamp(1_000));
        assert_eq!(order.customer().as_str(), PersonName::of_deleted_account().as_str());
        assert_eq!(order.placed_by(), shop.customer.id);
    }
    assert_eq!(shop.order(other.id()).await, Some(other), "orders of others do not change");
}

pub async fn an_order_cancelled_with_its_account_has_an_event_and_a_movement(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let first = shop.place(builders::order(&shop.customer).with_line(lamp.id, 2).build()).await;
    let second = shop.place(builders::order(&shop.customer).with_line(lamp.id, 3).build()).await;
    let actor = shop.admin.actor().in_trace(Some(trace(7)));
    let (accounts, id) = (&shop.stores.accounts, shop.customer.id);
    accounts.execute(id, &builders::DELETE, actor, timestamp(1_000)).await.unwrap();

    for order in [&first, &second] {
        let history = shop.events(order.id()).await;
        assert_eq!(history.len(), 1, "{history:?}");
        let entry = &history[0];
        assert_eq!((entry.changed_by, entry.created_at), (Some(shop.admin.id), timestamp(1_000)));
        assert_eq!(entry.note, "Order status changed from PENDING to CANCELLED");
    }
    let movements = shop.stores.products.movements(lamp.id, page(1, 2)).await.unwrap().unwrap();
    let moved: Vec<_> = movements
        .items
        .iter()
        .map(|movement| (movement.kind, movement.delta, movement.balance.get(), movement.moved_by))
        .collect();
    let staff = shop.admin.id;
    assert_eq!(
        moved,
        [
            (MovementKind::OrderCancelled(second.id()), 3, 10, staff),
            (MovementKind::OrderCancelled(first.id()), 2, 7, staff),
        ]
    );
    let changes = status_changes(&shop).await;
    let of: Vec<_> = changes.iter().map(|event| event.order).collect();
    assert_eq!(of, [Some(first.id()), Some(second.id()), None], "the end of the account is last");
    for event in &changes {
        assert_eq!((event.account, event.actor), (Some(id), Some(staff)));
        assert_eq!((event.at, event.trace), (timestamp(1_000), Some(trace(7))));
    }
    let (from, to) = (OrderStatus::Pending, OrderStatus::Cancelled);
    let change = Event::OrderStatusChanged { from, to };
    assert_eq!(Event::read(EventType::OrderStatusChanged, &changes[0].data).unwrap(), change);
}

pub async fn deleting_an_account_leaves_its_other_orders_as_they_are(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let free_form = builders::free_form(&shop.customer, "A desk").with_customer("Grace").build();
    let free_form = shop.place(free_form).await;
    let mut closed = Vec::new();
    for statuses in [
        &[OrderStatus::Shipped][..],
        &[OrderStatus::Shipped, OrderStatus::Delivered],
        &[OrderStatus::Cancelled],
    ] {
        let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 2).build()).await;
        for status in statuses {
            shop.change_status(order.id(), *status).await;
        }
        closed.push(shop.order(order.id()).await.unwrap());
    }
    let deleted = shop.place(builders::order(&shop.customer).with_line(lamp.id, 1).build()).await;
    shop.execute(deleted.id(), OrderCommand::Delete).await;
    assert_eq!(shop.stock(lamp.id).await, 6);

    let changed = delete(&shop, OpenOrders::Cancel).await.unwrap();
    assert_eq!(changed.cancelled, []);
    assert_eq!(shop.order(free_form.id()).await, Some(free_form), "the name is another person's");
    for order in closed {
        let kept = shop.order(order.id()).await.unwrap();
        assert_eq!((kept.status(), kept.version()), (order.status(), order.version()));
    }
    assert_eq!(shop.stock(lamp.id).await, 6);
    assert_eq!(shop.order(deleted.id()).await, None);
}

pub async fn deleting_an_account_restocks_a_deleted_product(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
    shop.change_product(lamp.id, &ProductCommand::Delete).await;
    delete(&shop, OpenOrders::Cancel).await.unwrap();
    assert_eq!(shop.change_product(lamp.id, &ProductCommand::Restore).await.stock.get(), 10);
}

pub async fn a_deletion_that_refuses_open_orders_names_them_and_changes_nothing(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let first = shop.place(builders::order(&shop.customer).with_line(lamp.id, 2).build()).await;
    let shipped = shop.place(builders::order(&shop.customer).with_line(lamp.id, 1).build()).await;
    shop.change_status(shipped.id(), OrderStatus::Shipped).await;
    let second = shop.place(builders::order(&shop.customer).with_line(lamp.id, 3).build()).await;
    shop.place(builders::free_form(&shop.customer, "A desk").build()).await;

    let refused = delete(&shop, OpenOrders::Refuse).await;
    let open = AccountRefusal::OpenOrders { orders: vec![first.id(), second.id()], total: 2 };
    assert!(
        matches!(&refused, Err(ChangeAccountError::Refused(refusal)) if *refusal == open),
        "{refused:?}"
    );
    let found = shop.stores.accounts.find(shop.customer.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&shop.customer));
    assert_eq!(shop.order(first.id()).await, Some(first.clone()));
    assert_eq!(shop.stock(lamp.id).await, 4);

    for order in [first, second] {
        shop.execute(order.id(), OrderCommand::Cancel).await;
    }
    assert_eq!(delete(&shop, OpenOrders::Refuse).await.unwrap().account, None);
    assert_eq!(shop.stores.accounts.find(shop.customer.id).await.unwrap(), None);
}

pub async fn a_deletion_that_keeps_open_orders_leaves_them_open(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 2).build()).await;
    let changed = delete(&shop, OpenOrders::Keep).await.unwrap();
    assert_eq!((changed.account, changed.cancelled), (None, Vec::new()));
    let kept = shop.order(order.id()).await.unwrap();
    assert_eq!((kept.status(), kept.version()), (OrderStatus::Pending, order.version()));
    assert_eq!(shop.events(order.id()).await, []);
    assert_eq!(shop.stock(lamp.id).await, 8);
    assert_eq!(
        shop.execute(order.id(), OrderCommand::Cancel).await.status(),
        OrderStatus::Cancelled
    );
    assert_eq!(shop.stock(lamp.id).await, 10);
}

pub async fn a_deletion_of_the_last_admin_cancels_no_orders(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.admin).with_line(lamp.id, 2).build()).await;
    let (accounts, admin) = (&shop.stores.accounts, &shop.admin);
    let refused = accounts.execute(admin.id, &builders::DELETE, admin.actor(), timestamp(1)).await;
    assert!(matches!(refused, Err(ChangeAccountError::Refused(AccountRefusal::LastAdmin))));
    assert_eq!(shop.order(order.id()).await, Some(order));
    assert_eq!(shop.stock(lamp.id).await, 8);
}

pub async fn an_admin_who_deletes_their_own_account_cancels_its_orders(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.admin).with_line(lamp.id, 2).build()).await;
    let promote = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    let (accounts, admin) = (&shop.stores.accounts, &shop.admin);
    accounts.execute(shop.customer.id, &promote, admin.actor(), timestamp(1)).await.unwrap();
    accounts.execute(admin.id, &builders::DELETE, admin.actor(), timestamp(2)).await.unwrap();
    assert_eq!(shop.order(order.id()).await.unwrap().status(), OrderStatus::Cancelled);
    assert_eq!(shop.stock(lamp.id).await, 10);
}

pub async fn totals_and_searches_follow_the_orders_cancelled_with_an_account(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 2).build()).await;
    delete(&shop, OpenOrders::Cancel).await.unwrap();
    let user = Some(shop.customer.id);
    for (status, count) in [(OrderStatus::Pending, 0), (OrderStatus::Cancelled, 1)] {
        let all = OrderFilter { statuses: BTreeSet::from([status]), ..OrderFilter::default() };
        assert_eq!(shop.count_orders(OrderFilter { user, ..all.clone() }).await, count);
        assert_eq!(shop.count_orders(all).await, count, "{status}");
    }
    let search = OrderSearch { term: Some(term("deleted user")), ..builders::search() };
    assert_eq!(ids(&shop.stores.orders.search(&search).await.unwrap()), [order.id()]);
}

pub async fn an_account_with_a_thousand_open_orders_is_deleted_with_all_of_them(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 5_000).await, shop.product("Desk", 5_000).await);
    let order = builders::order(&shop.customer).with_line(lamp.id, 1).with_line(desk.id, 2).build();
    for _ in 0..10 {
        for placed in shop.stores.orders.place(vec![order.clone(); 100]).await {
            placed.unwrap();
        }
    }
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (4_000, 3_000));
    let refused = delete(&shop, OpenOrders::Refuse).await;
    let Err(ChangeAccountError::Refused(AccountRefusal::OpenOrders { orders, total })) = refused
    else {
        panic!("the deletion is refused: {refused:?}");
    };
    assert_eq!((orders.len(), total), (OpenOrders::MAX_LISTED, 1_000));
    assert_eq!(delete(&shop, OpenOrders::Cancel).await.unwrap().cancelled.len(), 1_000);
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (5_000, 5_000));
    let statuses = BTreeSet::from([OrderStatus::Cancelled]);
    let cancelled = OrderFilter { statuses, ..OrderFilter::default() };
    assert_eq!(shop.count_orders(cancelled).await, 1_000);
}
