//! Every change appends its event, in its transaction.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    EventId, UserId,
    account::{AccountCommand, OpenOrders, Role, RoleChange},
    events::{Event, EventRecord, EventType, PlacedOrder},
    order::{OrderCommand, OrderStatus},
    product::{ProductCommand, ProductUpdate},
};

use super::fixture::{EventFixture, all_events};
use crate::builders::{self, timestamp, trace};

async fn appended(fixture: &EventFixture) -> Vec<EventRecord> {
    let batch = fixture.lease("reader", 1_000).await;
    batch.map(|batch| batch.next).unwrap_or_default()
}

fn types(events: &[EventRecord]) -> Vec<&str> {
    events.iter().map(|event| event.event_type.as_str()).collect()
}

pub async fn each_change_of_an_order_appends_its_event(fixture: EventFixture) {
    let product = fixture.shop.product("Sofa", 9).await.id;
    let order = builders::order(&fixture.shop.customer).with_line(product, 2).build();
    let order = fixture.shop.place(order).await;
    fixture.shop.change_status(order.id(), OrderStatus::Processing).await;
    let admin = fixture.shop.admin.actor();
    fixture
        .shop
        .try_execute(order.id(), OrderCommand::Delete, admin, timestamp(600))
        .await
        .unwrap();
    let events = appended(&fixture).await;
    let expected = ["product.created", "order.placed", "order.status_changed", "order.deleted"];
    assert_eq!(types(&events), expected);
    assert!(events.iter().map(|event| event.id).is_sorted());
    let [_, placed, changed, deleted] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(
        Event::read(EventType::OrderPlaced, &placed.data).unwrap(),
        Event::OrderPlaced(PlacedOrder::from(&order))
    );
    for event in [placed, changed, deleted] {
        assert_eq!((event.order, event.account), (Some(order.id()), Some(order.placed_by())));
    }
    assert_eq!((placed.actor, placed.at), (Some(order.placed_by()), order.created_at()));
    assert_eq!((deleted.actor, deleted.at), (Some(admin.user), timestamp(600)));
    let (from, to) = (OrderStatus::Processing, OrderStatus::Cancelled);
    let deletion = Event::read(EventType::OrderDeleted, &deleted.data).unwrap();
    assert_eq!(deletion, Event::OrderDeleted { from, to });
}

pub async fn a_refused_change_appends_nothing(fixture: EventFixture) {
    let product = fixture.shop.product("Sofa", 1).await.id;
    let before = appended(&fixture).await.len();
    let order = builders::order(&fixture.shop.customer).with_line(product, 2).build();
    assert!(fixture.shop.stores.orders.place(vec![order]).await[0].is_err());
    let nothing = ProductCommand::Update(ProductUpdate::default());
    fixture.shop.change_product(product, &nothing).await;
    assert_eq!(appended(&fixture).await.len(), before);
}

pub async fn each_change_of_a_product_appends_its_event(fixture: EventFixture) {
    let product = fixture.shop.product("Sofa", 1).await.id;
    fixture.shop.set_stock(product, 5).await;
    fixture.shop.change_product(product, &ProductCommand::Delete).await;
    fixture.shop.change_product(product, &ProductCommand::Restore).await;
    let events = appended(&fixture).await;
    let expected = ["product.created", "product.changed", "product.deleted", "product.restored"];
    assert_eq!(types(&events), expected);
    for (event, version) in events.iter().zip(1..) {
        assert_eq!((event.product, event.order), (Some(product), None));
        assert_eq!(event.actor, Some(fixture.shop.admin.id));
        let Ok(Event::ProductCreated(state)) = Event::read(EventType::ProductCreated, &event.data)
        else {
            panic!("{event:?}");
        };
        assert_eq!(state.version, version);
    }
}

pub async fn each_change_of_an_account_appends_its_event(fixture: EventFixture) {
    let account = fixture.shop.register("grace@example.com").await;
    let admin = fixture.shop.admin.actor();
    let address = domain::account::EmailAddress::parse("hopper@example.com").unwrap();
    let commands = [
        AccountCommand::update(domain::PersonName::parse("Grace").ok(), None),
        AccountCommand::update(None, Some(address)),
        AccountCommand::ChangeRole(RoleChange::Set(Role::Admin)),
        AccountCommand::Delete { open_orders: OpenOrders::Cancel },
    ];
    for command in &commands {
        let accounts = &fixture.shop.stores.accounts;
        accounts.execute(account.id, command, admin, timestamp(600)).await.unwrap();
    }
    let events = appended(&fixture).await;
    let expected = [
        "account.registered",
        "account.changed",
        "account.address_changed",
        "account.role_changed",
        "account.closed",
    ];
    assert_eq!(types(&events), expected);
    for event in &events[1..] {
        assert_eq!((event.account, event.actor), (Some(account.id), Some(admin.user)));
    }
}

pub async fn the_events_of_a_batch_ascend_in_the_order_of_its_orders(fixture: EventFixture) {
    let lamp = || builders::free_form(&fixture.shop.customer, "Lamp");
    let batch = (0..20).map(|number| lamp().with_trace(trace(number + 1)).build()).collect();
    let placed = fixture.shop.stores.orders.place(batch).await;
    let orders: Vec<_> =
        placed.iter().flatten().map(|placement| Some(placement.order.id())).collect();
    let events = appended(&fixture).await;
    assert_eq!(events.iter().map(|event| event.order).collect::<Vec<_>>(), orders);
    for (event, number) in events.iter().zip(1..) {
        assert_eq!(event.trace, Some(trace(number)));
    }
}

pub async fn a_change_outside_a_trace_has_no_trace(fixture: EventFixture) {
    let order = builders::free_form(&fixture.shop.customer, "Lamp").with_trace(trace(1));
    let order = fixture.shop.place(order.build()).await.id();
    fixture.shop.change_status(order, OrderStatus::Shipped).await;
    let traces: Vec<_> = appended(&fixture).await.iter().map(|event| event.trace).collect();
    assert_eq!(traces, [Some(trace(1)), None]);
}

pub async fn the_history_of_an_order_is_made_of_its_events(fixture: EventFixture) {
    let order = fixture.shipped_order().await;
    let history = fixture.shop.events(order).await;
    let events = appended(&fixture).await;
    let entries: Vec<EventId> = history.iter().rev().map(|entry| entry.id).collect();
    assert_eq!(entries, events[1..].iter().map(|event| event.id).collect::<Vec<_>>());
    assert!(history.iter().all(|entry| entry.changed_by == Some(fixture.shop.admin.id)));
    assert_eq!(history[0].note, "Order status changed from PROCESSING to SHIPPED");
}

pub async fn registrations_are_the_first_events(fixture: EventFixture) {
    let accounts: Vec<Option<UserId>> =
        all_events(&fixture.shop.stores).await.iter().map(|event| event.account).collect();
    assert_eq!(accounts, [Some(fixture.shop.admin.id), Some(fixture.shop.customer.id)]);
}
