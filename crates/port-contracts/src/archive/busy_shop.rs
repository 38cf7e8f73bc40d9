//! A shop with data of every kind and in every state.

use domain::{
    ProductId,
    account::{Account, AccountCommand, AccountUpdate, AddressConfirmation},
    events::{
        EventType, ParkedEvent, ParkedState, ReceiverState, Subscription,
        port::{LeaseEnd, LeaseRequest, Progress, WorkerId},
    },
    order::{NewOrder, Order, OrderCommand, OrderStatus},
    product::ProductCommand,
    shop::ShopId,
};

use crate::{
    ShopFixture, Stores,
    builders::{self, session_id, timestamp, token_hash},
    event_store::settle,
    session_store::{LIFETIMES, session},
};

/// A shop with data of every kind, and the values that cases need of it.
pub struct BusyShop {
    /// The shop.
    pub shop: ShopFixture,
    /// An account that was deleted.
    pub deleted_account: Account,
    /// A product that is not deleted.
    pub chair: ProductId,
    /// A deleted product that has orders.
    pub sofa: ProductId,
    /// An order with an idempotency key: the request and the placed order.
    pub keyed: (NewOrder, Order),
    /// The request of a deleted order with an idempotency key.
    pub keyed_and_deleted: NewOrder,
}

/// Creates the shop with all its data.
pub async fn open(stores: Stores) -> BusyShop {
    let shop = ShopFixture::open(stores).await;
    shop.stores.shop.open_shop(None, ShopId::from_random([7; 16])).await.unwrap();
    let deleted_account = shop.register("grace@example.com").await;
    add_accounts(&shop, &deleted_account).await;
    let [chair, lamp, sofa] = add_products(&shop).await;
    let keyed = builders::order(&shop.customer).with_line(chair, 3).with_line(lamp, 1);
    let keyed = keyed.with_line(chair, 2).with_key("a key: %_#1").with_timestamp(7).build();
    let placed = shop.place(keyed.clone()).await;
    let keyed_and_deleted = add_orders(&shop, &deleted_account, [chair, lamp, sofa]).await;
    let delete = ProductCommand::Delete;
    shop.change_product(sofa, &delete).await;
    shop.delete_account(deleted_account.id).await;
    settle_some_deliveries(&shop).await;
    BusyShop { shop, deleted_account, chair, sofa, keyed: (keyed, placed), keyed_and_deleted }
}

/// Places more orders, so that the rows of a table do not fit into one chunk.
pub async fn place_free_form_orders(busy: &BusyShop, orders: usize) {
    let order = |number: usize| {
        let item = format!("Order {number}");
        builders::free_form(&busy.shop.customer, &item).with_quantity(2).build()
    };
    for placed in busy.shop.stores.orders.place((0..orders).map(order).collect()).await {
        placed.expect("the order is placed");
    }
}

/// Adds accounts with changes, and sessions in every state.
async fn add_accounts(shop: &ShopFixture, deleted_account: &Account) {
    shop.register_admin("deputy@example.com").await;
    let renamed = shop.register("ζωή@example.com").await;
    let command = AccountCommand::update(
        Some(builders::person("Ζωή Ünïcode 👩‍🚀")),
        Some(builders::email("zoe@example.com")),
    );
    let accounts = &shop.stores.accounts;
    accounts.execute(renamed.id, &command, renamed.actor(), timestamp(40)).await.unwrap();

    let confirmed = builders::account("bob@example.com").verified().create(accounts.as_ref()).await;
    let command = AccountCommand::Update(AccountUpdate {
        email: Some(builders::email("bobby@example.com")),
        current_password: Some(builders::password_hash("ada")),
        confirmation: AddressConfirmation::Always,
        ..AccountUpdate::default()
    });
    let pending = accounts.execute(confirmed.id, &command, confirmed.actor(), timestamp(45)).await;
    assert!(pending.unwrap().account.is_some_and(|account| account.pending_email.is_some()));

    let sessions = &shop.stores.sessions;
    for (number, account) in [(1, shop.customer.id), (2, shop.customer.id), (3, deleted_account.id)]
    {
        sessions.open(session(number, account, 50)).await.unwrap();
    }
    let refreshed =
        sessions.refresh(&token_hash(2), Some(token_hash(20)), LIFETIMES, timestamp(60)).await;
    refreshed.unwrap();
    sessions.open(session(4, shop.admin.id, 70)).await.unwrap();
    sessions.revoke(session_id(4), timestamp(80)).await.unwrap();
}

/// Adds products with unusual names and bounds, and one that was deleted and restored.
async fn add_products(shop: &ShopFixture) -> [ProductId; 3] {
    let (store, admin) = (shop.stores.products.as_ref(), shop.admin.actor());
    let chair = builders::product("Chair ΟΔΟΣ").with_description("").with_stock(1_000);
    let chair = chair.create(store, admin).await.id;
    let lamp = builders::product(&"é".repeat(255)).with_price("99999999.99");
    let lamp = lamp.with_description("Line one\nline \"two\" \\ 茶").with_stock(1_000_000);
    let lamp = lamp.with_timestamp(3).create(store, admin).await.id;
    let sofa = shop.product("Sofa", 50).await.id;
    let table = shop.product("100% _Table_", 0).await.id;
    let (delete, restore) = (ProductCommand::Delete, ProductCommand::Restore);
    shop.change_product(table, &delete).await;
    shop.change_product(table, &restore).await;
    shop.set_stock(table, 12).await;
    [chair, lamp, sofa]
}

/// Adds orders of each kind in each status. Returns the request of a deleted order with a key.
async fn add_orders(
    shop: &ShopFixture,
    deleted_account: &Account,
    [chair, lamp, sofa]: [ProductId; 3],
) -> NewOrder {
    for path in [
        &[][..],
        &[OrderStatus::Processing],
        &[OrderStatus::Processing, OrderStatus::Shipped],
        &[OrderStatus::Shipped, OrderStatus::Delivered],
        &[OrderStatus::Processing, OrderStatus::Cancelled],
    ] {
        let lines = builders::order(&shop.customer).with_line(chair, 1).with_line(sofa, 2);
        let free_form = builders::free_form(&shop.customer, "a swing, painted „blue“");
        let free_form = free_form.with_trace(builders::trace(7));
        let of_deleted_account = builders::order(deleted_account).with_line(lamp, 4);
        for order in [lines.build(), free_form.with_quantity(9).build(), of_deleted_account.build()]
        {
            let order = shop.place(order).await;
            for status in path {
                shop.change_status(order.id(), *status).await;
            }
        }
    }
    let many = (0..100).fold(builders::order(&shop.customer), |order, line| {
        order.with_line(if line % 2 == 0 { chair } else { lamp }, 1)
    });
    shop.place(many.build()).await;

    let keyed = builders::order(&shop.customer).with_line(sofa, 1).with_key("gone").build();
    let shipped = builders::order(&shop.customer).with_line(sofa, 1).build();
    let deleted = shop.place(keyed.clone()).await;
    shop.execute(deleted.id(), OrderCommand::Delete).await;
    let shipped = shop.place(shipped).await;
    shop.change_status(shipped.id(), OrderStatus::Shipped).await;
    shop.execute(shipped.id(), OrderCommand::Delete).await;
    keyed
}

/// Leaves the mails with delivered and parked events, a lease and a pause.
async fn settle_some_deliveries(shop: &ShopFixture) {
    let (events, worker) = (&shop.stores.events, WorkerId::new("worker"));
    let known: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
    let request = LeaseRequest {
        subscription: &Subscription::MAIL,
        worker: &worker,
        now: timestamp(2_000),
        until: timestamp(2_060),
        limit: 12,
        known_types: &known,
    };
    events.subscribe(&Subscription::MAIL).await.unwrap();
    settle(&shop.stores).await;
    let batch = events.lease(&request).await.unwrap().expect("there is something to do");
    assert_eq!(batch.next.len(), 12, "there are enough events");
    let parked = batch.next.iter().take(9).zip([
        ParkedState::Retrying,
        ParkedState::Waiting,
        ParkedState::UnknownType,
        ParkedState::Dead,
        ParkedState::Dead,
        ParkedState::Dead,
        ParkedState::Refused,
    ]);
    let parked = parked.map(|(event, state)| ParkedEvent {
        attempts: 3,
        unanswered: state == ParkedState::Refused,
        failing_since: Some(timestamp(1_990)),
        last_error: Some("mail: 450 4.7.1".to_owned()),
        ..ParkedEvent::new(event.id, event.order, state, timestamp(9_000))
    });
    let progress = Progress {
        position: batch.next[9].id,
        ahead: vec![batch.next[11].id],
        receiver: ReceiverState {
            failures: 2,
            paused_until: Some(timestamp(2_005)),
            last_error: Some("450".to_owned()),
        },
        parked: parked.collect(),
        unparked: Vec::new(),
        cleared: Vec::new(),
        lease: LeaseEnd::Extend(timestamp(2_100)),
    };
    let now = timestamp(2_001);
    assert!(events.record(&Subscription::MAIL, &worker, &progress, now).await.unwrap());
}
