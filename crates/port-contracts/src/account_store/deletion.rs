//! Deleting an account and the personal data in its orders.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    CustomerName, PersonName,
    account::{
        AccountCommand,
        port::{ChangeAccountError, OpenSessionError, RefreshError},
    },
    order::{
        OrderCommand, OrderStatus,
        port::{OrderFilter, OrderSearch},
    },
};

use crate::{
    ShopFixture,
    builders::{self, customer, session_id, term, timestamp, token_hash},
    session_store::{LIFETIMES, session},
};

pub async fn a_deleted_account_is_not_found_and_cannot_be_changed(shop: ShopFixture) {
    shop.delete_account(shop.customer.id).await;
    assert_eq!(shop.stores.accounts.find(shop.customer.id).await.unwrap(), None);
    assert!(shop.stores.accounts.credentials(&shop.customer.email).await.unwrap().is_none());
    for command in [AccountCommand::update(None, None), AccountCommand::Delete] {
        let (store, admin) = (&shop.stores.accounts, shop.admin.actor());
        let again = store.execute(shop.customer.id, &command, admin, timestamp(2_000)).await;
        assert!(matches!(again, Err(ChangeAccountError::NotFound)), "{again:?}");
    }
}

pub async fn a_deleted_accounts_email_address_can_be_registered_again(shop: ShopFixture) {
    shop.delete_account(shop.customer.id).await;
    let successor = shop.register("ada@example.com").await;
    assert_ne!(successor.id, shop.customer.id, "ids are not reused");
    shop.delete_account(successor.id).await;
    let third = shop.register("ada@example.com").await;
    let found = shop.stores.accounts.credentials(&third.email).await.unwrap().unwrap();
    assert_eq!(found.account, third);
}

pub async fn deleting_an_account_ends_its_sessions(shop: ShopFixture) {
    let sessions = &shop.stores.sessions;
    sessions.open(session(1, shop.customer.id, 0)).await.unwrap();
    sessions.open(session(2, shop.customer.id, 0)).await.unwrap();
    sessions.open(session(3, shop.admin.id, 0)).await.unwrap();
    shop.delete_account(shop.customer.id).await;
    for number in [1, 2] {
        assert!(sessions.caller(session_id(number), timestamp(1)).await.unwrap().is_none());
        let (old, new) = (token_hash(number), token_hash(100 + number));
        for successor in [None, Some(new)] {
            let refreshed = sessions.refresh(&old, successor, LIFETIMES, timestamp(1)).await;
            assert!(matches!(refreshed, Err(RefreshError::Unknown)), "{refreshed:?}");
        }
    }
    assert!(sessions.caller(session_id(3), timestamp(1)).await.unwrap().is_some());
    let opened = sessions.open(session(4, shop.customer.id, 0)).await;
    assert!(matches!(opened, Err(OpenSessionError::AccountGone)), "{opened:?}");
}

pub async fn deleting_an_account_anonymizes_its_product_orders(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let own = builders::order(&shop.customer).with_line(product.id, 2).build();
    let own = shop.place(own).await;
    let other = shop.place(builders::order(&shop.admin).with_line(product.id, 1).build()).await;
    shop.delete_account(shop.customer.id).await;

    let kept = shop.order(own.id()).await.unwrap();
    assert_eq!(kept.customer(), &CustomerName::from(&PersonName::of_deleted_account()));
    assert_eq!((kept.content(), kept.placed_by()), (own.content(), own.placed_by()));
    assert_eq!((kept.status(), kept.version()), (OrderStatus::Pending, own.version()));
    assert_eq!(kept.revision(), own.revision().next(), "its customer name changed");
    let filter = OrderFilter { user: Some(shop.customer.id), ..OrderFilter::default() };
    assert_eq!(shop.orders(filter).await.items, std::slice::from_ref(&kept));
    assert_eq!(shop.order(other.id()).await, Some(other));
    assert_eq!(shop.stock(product.id).await, 2);

    let cancelled = shop.execute(kept.id(), OrderCommand::Cancel).await;
    assert_eq!(cancelled.customer(), kept.customer());
    assert_eq!(shop.stock(product.id).await, 4);
}

pub async fn a_deleted_accounts_free_form_orders_keep_their_customer_name(shop: ShopFixture) {
    let order = builders::free_form(&shop.customer, "A desk").with_customer("Grace Hopper").build();
    let order = shop.place(order).await;
    shop.delete_account(shop.customer.id).await;
    let kept = shop.order(order.id()).await.unwrap();
    assert_eq!(kept.customer(), &customer("Grace Hopper"));
    assert_eq!(kept, order);
}

pub async fn an_order_search_for_a_deleted_accounts_name_finds_nothing(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let order = shop.place(builders::order(&shop.customer).with_line(product.id, 2).build()).await;
    let search = async |raw| {
        let search = OrderSearch { term: Some(term(raw)), ..builders::search() };
        let found = shop.stores.orders.search(&search).await.unwrap();
        found.iter().map(domain::order::Order::id).collect::<Vec<_>>()
    };
    assert_eq!(search("ada").await, [order.id()]);
    shop.delete_account(shop.customer.id).await;
    assert_eq!(search("ada").await, []);
    assert_eq!(search("deleted USER").await, [order.id()]);
    assert_eq!(search("lamp").await, [order.id()], "product names still match");
}
