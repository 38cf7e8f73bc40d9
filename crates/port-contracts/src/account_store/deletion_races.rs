//! Deletions of accounts that race with changes of their orders.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    OrderId, UserId,
    account::{Account, port::ChangeAccountError},
    order::{
        OrderCommand, OrderRefusal, OrderStatus, PlaceRefusal,
        port::{ExecuteOrderError, OrderFilter, PlaceError},
    },
};

use crate::{
    ShopFixture,
    builders::{self, timestamp},
    race,
};

/// How often a race is repeated, as a single run may miss an interleaving.
const REPETITIONS: usize = 8;

/// Deletes an account and cancels its open orders.
async fn delete(shop: &ShopFixture, account: UserId) -> Result<(), ChangeAccountError> {
    let (accounts, admin) = (&shop.stores.accounts, shop.admin.actor());
    accounts.execute(account, &builders::DELETE, admin, timestamp(1_000)).await.map(|_deleted| ())
}

/// A customer who has one open order.
async fn customer_with_order(
    shop: &ShopFixture,
    round: usize,
    lamp: domain::ProductId,
) -> (Account, OrderId) {
    let customer = shop.register(&format!("user{round}@example.com")).await;
    let order = shop.place(builders::order(&customer).with_line(lamp, 4).build()).await;
    (customer, order.id())
}

/// Deletes the customer while this command is executed on their order. Returns its result.
async fn race_with_command(
    shop: &ShopFixture,
    customer: &Account,
    order: OrderId,
    command: OrderCommand,
) -> Result<(), ExecuteOrderError> {
    let mut results = race(2, |racer| {
        let (shop, customer) = (shop.clone(), customer.id);
        async move {
            if racer == 0 {
                delete(&shop, customer).await.expect("the account is deleted");
                return Ok(());
            }
            let admin = shop.admin.actor();
            shop.try_execute(order, command, admin, timestamp(900)).await.map(|_changed| ())
        }
    })
    .await;
    results.remove(1)
}

pub async fn an_order_of_a_deleted_account_is_refused(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let keyed = builders::order(&shop.customer).with_line(lamp.id, 1).with_key("one").build();
    shop.place(keyed.clone()).await;
    shop.delete_account(shop.customer.id).await;
    let late = builders::order(&shop.customer).with_line(lamp.id, 1).build();
    let free_form = builders::free_form(&shop.customer, "A desk").build();
    for order in [late, free_form, keyed] {
        assert_eq!(shop.place_refused(order).await, PlaceRefusal::AccountGone);
    }
    assert_eq!(shop.stock(lamp.id).await, 10);
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1);
    // Orders of other accounts in the same batch are placed.
    let batch = vec![
        builders::order(&shop.customer).with_line(lamp.id, 1).build(),
        builders::order(&shop.admin).with_line(lamp.id, 1).build(),
    ];
    let results = shop.stores.orders.place(batch).await;
    assert!(matches!(&results[0], Err(PlaceError::Refused(PlaceRefusal::AccountGone))));
    assert!(results[1].is_ok(), "{results:?}");
}

pub async fn a_deletion_that_races_orders_leaves_none_open_and_no_stock_taken(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10_000).await.id;
    for round in 0..REPETITIONS {
        let customer = shop.register(&format!("user{round}@example.com")).await;
        race(5, |racer| {
            let (shop, customer) = (shop.clone(), customer.clone());
            async move {
                if racer == 0 {
                    return delete(&shop, customer.id).await.expect("the account is deleted");
                }
                for _ in 0..5 {
                    let order = builders::order(&customer).with_line(lamp, 1).build();
                    match shop.try_place(order).await {
                        Ok(_) | Err(PlaceError::Refused(PlaceRefusal::AccountGone)) => {}
                        Err(error) => panic!("the order is placed or refused: {error:?}"),
                    }
                }
            }
        })
        .await;
        let of_account = OrderFilter { user: Some(customer.id), ..OrderFilter::default() };
        for order in shop.orders(of_account).await.items {
            assert_eq!(order.status(), OrderStatus::Cancelled);
            assert_eq!(order.customer().as_str(), "Deleted user");
        }
        assert_eq!(shop.stock(lamp).await, 10_000);
    }
}

pub async fn a_deletion_that_races_a_cancellation_restocks_once(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await.id;
    for round in 0..REPETITIONS {
        let (customer, order) = customer_with_order(&shop, round, lamp).await;
        let cancelled = race_with_command(&shop, &customer, order, OrderCommand::Cancel).await;
        let late = matches!(
            cancelled,
            Ok(()) | Err(ExecuteOrderError::Refused(OrderRefusal::IllegalTransition { .. }))
        );
        assert!(late, "{cancelled:?}");
        assert_eq!(shop.order(order).await.unwrap().status(), OrderStatus::Cancelled);
        assert_eq!(shop.events(order).await.len(), 1);
        assert_eq!(shop.stock(lamp).await, 10);
    }
}

pub async fn a_deletion_and_a_shipment_exclude_each_other(shop: ShopFixture) {
    let mut taken = 0;
    let lamp = shop.product("Lamp", 1_000).await.id;
    for round in 0..REPETITIONS {
        let (customer, order) = customer_with_order(&shop, round, lamp).await;
        let shipment = OrderCommand::ChangeStatus { to: OrderStatus::Shipped };
        let shipped = race_with_command(&shop, &customer, order, shipment).await;
        let status = shop.order(order).await.unwrap().status();
        match shipped {
            Ok(()) => {
                assert_eq!(status, OrderStatus::Shipped);
                taken += 4;
            }
            Err(ExecuteOrderError::Refused(OrderRefusal::IllegalTransition { .. })) => {
                assert_eq!(status, OrderStatus::Cancelled);
            }
            Err(error) => panic!("the order is shipped or cancelled: {error:?}"),
        }
        assert_eq!(shop.stock(lamp).await, 1_000 - taken);
        assert_eq!(shop.events(order).await.len(), 1);
    }
}

pub async fn of_concurrent_deletions_of_one_account_one_succeeds(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await.id;
    for round in 0..REPETITIONS {
        let (customer, order) = customer_with_order(&shop, round, lamp).await;
        let results = race(4, |_racer| {
            let (shop, customer) = (shop.clone(), customer.id);
            async move { delete(&shop, customer).await }
        })
        .await;
        let gone = |result: &&Result<_, _>| matches!(result, Err(ChangeAccountError::NotFound));
        assert_eq!(results.iter().filter(gone).count(), 3, "{results:?}");
        assert_eq!(shop.events(order).await.len(), 1);
        assert_eq!(shop.stock(lamp).await, 10);
    }
}

pub async fn deletions_and_orders_with_the_same_products_do_not_deadlock(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 500).await.id, shop.product("Desk", 500).await.id);
    race(6, |racer| {
        let shop = shop.clone();
        async move {
            for round in 0..3 {
                let customer = shop.register(&format!("user{racer}-{round}@example.com")).await;
                for (first, second) in [(lamp, desk), (desk, lamp), (lamp, desk)] {
                    let order = builders::order(&customer).with_line(first, 1);
                    shop.place(order.with_line(second, 1).build()).await;
                }
                delete(&shop, customer.id).await.expect("the account is deleted");
            }
        }
    })
    .await;
    assert_eq!((shop.stock(lamp).await, shop.stock(desk).await), (500, 500));
}
