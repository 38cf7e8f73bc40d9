//! A copied shop behaves like the original.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    EventId, OrderId, Page,
    account::{
        Account,
        port::{AccountFilter, AccountQuery},
    },
    events::{
        EventType, Subscription,
        port::{
            DeadLetterSelection, EventFilter, LeaseRequest, SubscriptionLag, UndeliveredEvent,
            UndeliveredFilter, WorkerId,
        },
    },
    order::{
        Order, OrderEvent, OrderStatus,
        port::{OrderFilter, OrderQuery, OrderSearch, PlaceError, SortDirection},
    },
    product::{Product, ProductCommand, port::ProductQuery},
};

use super::{
    ArchiveFixture,
    busy_shop::{self, BusyShop},
};
use crate::{
    ShopFixture, Stores,
    builders::{self, page, session_id, term, timestamp, token_hash},
    event_store::{all_events, settle},
    session_store::LIFETIMES,
};

/// Copies a busy shop, and returns it with the fixture of the copy.
async fn copied_shop(from: &ArchiveFixture, to: &ArchiveFixture) -> (BusyShop, ShopFixture) {
    let busy = busy_shop::open(from.stores.clone()).await;
    to.import_from(from).await.unwrap();
    let shop = ShopFixture { stores: to.stores.clone(), ..busy.shop.clone() };
    (busy, shop)
}

/// The data of a shop as the ports return it.
#[derive(Debug, PartialEq)]
struct ShopState {
    accounts: Page<Account>,
    found_accounts: u64,
    products: Page<Product>,
    found_products: u64,
    orders: Page<Order>,
    totals: Vec<u64>,
    histories: Vec<Vec<OrderEvent>>,
    found_orders: Vec<OrderId>,
    undelivered: Vec<UndeliveredEvent>,
    lags: Vec<SubscriptionLag>,
}

async fn read_state(stores: &Stores, busy: &BusyShop) -> ShopState {
    let all = OrderQuery::newest_first(OrderFilter::default(), page(1, 100));
    let orders = stores.orders.list(&all).await.unwrap();
    let mut histories = Vec::new();
    for order in &orders.items {
        histories.push(stores.orders.events(order.id()).await.unwrap());
    }
    let mut totals = Vec::new();
    for user in [None, Some(busy.shop.customer.id), Some(busy.deleted_account.id)] {
        for status in OrderStatus::ALL {
            let filter = OrderFilter { user, statuses: [status].into(), ..OrderFilter::default() };
            let query = OrderQuery::newest_first(filter, page(1, 1));
            totals.push(stores.orders.list(&query).await.unwrap().total);
        }
    }
    for product in [busy.chair, busy.sofa] {
        let filter = OrderFilter { product: Some(product), ..OrderFilter::default() };
        let query = OrderQuery::newest_first(filter, page(1, 1));
        totals.push(stores.orders.list(&query).await.unwrap().total);
    }
    let filter = AccountFilter { search: Some(term("ΖΩΉ")), ..AccountFilter::default() };
    let named = AccountQuery { filter, page: page(1, 100) };
    let listed = |search| ProductQuery { search, page: page(1, 100) };
    let products = stores.products.list(&listed(None)).await.unwrap();
    let found_products = stores.products.list(&listed(Some(term("οδοσ")))).await.unwrap().total;
    let search = OrderSearch {
        term: Some(term("BLUE")),
        direction: SortDirection::Ascending,
        ..builders::search()
    };
    let found = stores.orders.search(&search).await.unwrap();
    ShopState {
        accounts: stores.accounts.list(&AccountQuery::all(page(1, 100))).await.unwrap(),
        found_accounts: stores.accounts.list(&named).await.unwrap().total,
        products: Page {
            items: products.items.iter().map(|product| Product::clone(product)).collect(),
            total: products.total,
            next: products.next,
        },
        found_products,
        orders,
        totals,
        histories,
        found_orders: found.iter().map(Order::id).collect(),
        undelivered: stores.events.undelivered(UndeliveredFilter::All, None, 1_000).await.unwrap(),
        lags: stores.events.lags().await.unwrap(),
    }
}

pub async fn every_port_returns_the_same_data_from_the_copy(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    let (busy, shop) = copied_shop(&from, &to).await;
    let original = read_state(&from.stores, &busy).await;
    assert_eq!(read_state(&shop.stores, &busy).await, original);
    assert_eq!(original.found_accounts, 1);
    assert!(
        original.found_products == 1 && original.found_orders.len() == 5,
        "{:?}",
        original.found_orders
    );
    let behind = original.lags.iter().any(|lag| lag.dead > 0 && lag.pending > 0);
    assert!(behind, "{:?}", original.lags);
}

pub async fn credentials_and_sessions_stay_valid_in_the_copy(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    let (busy, shop) = copied_shop(&from, &to).await;
    let (accounts, sessions) = (&shop.stores.accounts, &shop.stores.sessions);
    let ada = accounts.credentials(&busy.shop.customer.email).await.unwrap().unwrap();
    assert_eq!(ada.account, busy.shop.customer);
    assert_eq!(ada.password.expose(), builders::password_hash("ada").expose());
    let deleted_account = accounts.credentials(&busy.deleted_account.email).await.unwrap();
    assert!(deleted_account.is_none(), "a deleted account has no credentials");

    let now = timestamp(100);
    for (session, caller) in [(1, true), (2, true), (3, false), (4, false)] {
        let found = sessions.caller(session_id(session), now).await.unwrap();
        assert_eq!(found.is_some(), caller, "session {session}");
    }
    let rotated = sessions.refresh(&token_hash(2), Some(token_hash(20)), LIFETIMES, now).await;
    assert_eq!(rotated.unwrap().id, session_id(2), "the previous token is known");
    let current = sessions.refresh(&token_hash(20), Some(token_hash(22)), LIFETIMES, now).await;
    assert_eq!(current.unwrap().id, session_id(2));
}

pub async fn an_idempotency_key_replays_its_order_from_the_copy(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    let (busy, shop) = copied_shop(&from, &to).await;
    let (sent, placed) = busy.keyed;
    let again = shop.try_place(sent).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.order, placed);
    let deleted = shop.try_place(busy.keyed_and_deleted).await;
    assert!(matches!(deleted, Err(PlaceError::PlacedAndDeleted)), "{deleted:?}");
}

pub async fn new_rows_in_the_copy_get_unused_ids(from: ArchiveFixture, to: ArchiveFixture) {
    let (busy, shop) = copied_shop(&from, &to).await;
    let before = read_state(&from.stores, &busy).await;
    let eve = shop.register("eve@example.com").await;
    assert_eq!(u64::try_from(eve.id.get()).unwrap(), from.counts().await[0] + 1);
    let desk = shop.product("Desk", 5).await;
    let newest = before.products.items.iter().map(|product| product.id).max().unwrap();
    assert!(desk.id > newest && desk.id > busy.sofa);
    let order = builders::order(&eve).with_line(desk.id, 1).build();
    let order = shop.place(order).await;
    assert!(before.orders.items.iter().all(|older| older.id() < order.id()));
    shop.change_status(order.id(), OrderStatus::Shipped).await;
    let event = shop.events(order.id()).await.remove(0);
    assert!(before.histories.iter().flatten().all(|older| older.id < event.id));
    let events = all_events(&shop.stores).await;
    let newest: Vec<_> =
        events.iter().rev().take(4).map(|event| event.event_type.as_str()).collect();
    let expected =
        ["order.status_changed", "order.placed", "product.created", "account.registered"];
    assert_eq!(newest, expected);
}

pub async fn orders_and_stock_can_be_changed_in_the_copy(from: ArchiveFixture, to: ArchiveFixture) {
    let (busy, shop) = copied_shop(&from, &to).await;
    let left = shop.stock(busy.chair).await;
    assert_eq!(left, busy.shop.stock(busy.chair).await);
    shop.execute(busy.keyed.1.id(), domain::order::OrderCommand::Cancel).await;
    assert_eq!(shop.stock(busy.chair).await, left + 5);
    let all = builders::order(&shop.customer).with_line(busy.chair, left + 5).build();
    shop.place(all).await;
    let more = builders::order(&shop.customer).with_line(busy.chair, 1).build();
    shop.place_refused(more).await;
    let restore = ProductCommand::Restore;
    let sofa = shop.change_product(busy.sofa, &restore).await;
    assert_eq!(sofa.name.as_str(), "Sofa");
}

pub async fn subscriptions_are_copied_with_their_positions_and_without_their_leases(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    let (_busy, shop) = copied_shop(&from, &to).await;
    let known: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
    let lease = async |stores: &Stores, seconds| {
        settle(stores).await;
        let request = LeaseRequest {
            subscription: &Subscription::MAIL,
            worker: &WorkerId::new("another"),
            now: timestamp(seconds),
            until: timestamp(seconds + 60),
            limit: 1_000,
            known_types: &known,
        };
        stores.events.lease(&request).await.unwrap()
    };
    assert_eq!(lease(&shop.stores, 2_004).await, None, "the receiver is in trouble there too");
    assert_eq!(lease(&from.stores, 2_010).await, None, "the lease is not over");
    let in_copy = lease(&shop.stores, 2_010).await.expect("nobody has the lease in the copy");
    let in_source = lease(&from.stores, 2_200).await.expect("the lease is over");
    assert_eq!(in_copy, in_source);
    assert!(!in_copy.next.is_empty() && in_copy.ahead.len() == 1);
    let dead = DeadLetterSelection::All;
    assert_eq!(shop.stores.events.requeue(&dead, timestamp(2_010)).await.unwrap(), 3);
}

pub async fn the_feed_goes_on_in_the_copy(from: ArchiveFixture, to: ArchiveFixture) {
    let (busy, shop) = copied_shop(&from, &to).await;
    let read = async |stores: &Stores, after| {
        settle(stores).await;
        let settled = stores.events.settled().await.unwrap();
        let filter = EventFilter::default();
        stores.events.events(&filter, after, settled, 1_000).await.unwrap()
    };
    let start = EventId::new(0);
    let original = read(&from.stores, start).await;
    assert_eq!(read(&shop.stores, start).await, original);
    let order = shop.place(builders::free_form(&busy.shop.customer, "Lamp").build()).await;
    let more = read(&shop.stores, original.next_after).await.events;
    assert_eq!(more.len(), 1, "{more:?}");
    assert_eq!(more[0].order, Some(order.id()));
    assert!(more[0].id > original.next_after);
}

pub async fn copied_events_keep_their_traces(from: ArchiveFixture, to: ArchiveFixture) {
    let shop = ShopFixture::open(from.stores.clone()).await;
    for number in 1..=2 {
        let order = builders::free_form(&shop.customer, "Lamp").with_trace(builders::trace(number));
        shop.place(order.build()).await;
    }
    to.import_from(&from).await.unwrap();
    let events = all_events(&to.stores).await;
    let traces: Vec<_> = events.iter().map(|event| event.trace).collect();
    let (none, first, second) = (None, Some(builders::trace(1)), Some(builders::trace(2)));
    assert_eq!(traces, [none, none, first, second], "two accounts, two orders");
}
