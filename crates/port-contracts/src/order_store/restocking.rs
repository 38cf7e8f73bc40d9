//! Restocking the units of cancelled and deleted orders.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    order::{OrderCommand, OrderStatus},
    product::ProductCommand,
};

use crate::{
    ShopFixture,
    builders::{self, timestamp},
    revision, version,
};

pub async fn cancelling_an_order_restocks_every_line(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 10).await, shop.product("Desk", 10).await);
    let untouched = shop.product("Chair", 10).await;
    let order = builders::order(&shop.customer)
        .with_line(desk.id, 2)
        .with_line(lamp.id, 1)
        .with_line(desk.id, 3);
    let order = shop.place(order.build()).await;
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (9, 5));
    shop.execute(order.id(), OrderCommand::Cancel).await;
    for product in [lamp, desk] {
        let restocked = shop.live_product(product.id).await;
        assert_eq!((restocked.stock, restocked.revision), (product.stock, revision(2)));
        assert_eq!(restocked.version, product.version, "staff changed nothing");
    }
    assert_eq!(shop.live_product(untouched.id).await, *untouched);
}

pub async fn a_transition_to_cancelled_restocks_like_a_cancellation(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
    shop.change_status(order.id(), OrderStatus::Processing).await;
    assert_eq!(shop.stock(lamp.id).await, 6);
    shop.change_status(order.id(), OrderStatus::Cancelled).await;
    assert_eq!(shop.stock(lamp.id).await, 10);
}

pub async fn a_cancelled_order_is_restocked_once(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
    shop.execute(order.id(), OrderCommand::Cancel).await;
    for command in [
        OrderCommand::Cancel,
        OrderCommand::ChangeStatus { to: OrderStatus::Cancelled },
        OrderCommand::ChangeStatus { to: OrderStatus::Pending },
    ] {
        let again = shop.try_execute(order.id(), command, shop.admin.actor(), timestamp(700)).await;
        assert!(again.is_err(), "{again:?}");
    }
    assert_eq!(shop.stock(lamp.id).await, 10);
    shop.execute(order.id(), OrderCommand::Delete).await;
    assert_eq!(shop.stock(lamp.id).await, 10, "deleting a cancelled order restocks nothing");
}

pub async fn a_shipped_or_delivered_order_is_not_restocked(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
    for status in [OrderStatus::Shipped, OrderStatus::Delivered] {
        shop.change_status(order.id(), status).await;
        let cancel = OrderCommand::Cancel;
        let refused = shop.try_execute(order.id(), cancel, shop.admin.actor(), timestamp(1)).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(shop.stock(lamp.id).await, 6);
    }
}

pub async fn cancelling_restocks_a_product_deleted_since_the_order(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 10).await, shop.product("Desk", 10).await);
    let order = builders::order(&shop.customer).with_line(lamp.id, 4).with_line(desk.id, 1);
    let order = shop.place(order.build()).await;
    shop.change_product(lamp.id, &ProductCommand::Delete).await;
    let cancelled = shop.execute(order.id(), OrderCommand::Cancel).await;
    assert_eq!(cancelled.status(), OrderStatus::Cancelled);
    assert_eq!(shop.stores.products.find(lamp.id).await.unwrap(), None, "it stays deleted");
    assert_eq!(shop.stock(desk.id).await, 10);
    let restored = shop.change_product(lamp.id, &ProductCommand::Restore).await;
    assert_eq!(restored.stock.get(), 10);
    // One each for the order, the deletion, the restock and the restoration; staff made two.
    assert_eq!((restored.revision, restored.version), (revision(4), version(2)));
}

pub async fn restocked_units_can_be_ordered_again(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 4).await;
    for _ in 0..3 {
        let order = builders::order(&shop.customer).with_line(lamp.id, 4).build();
        let order = shop.place(order).await;
        assert_eq!(shop.stock(lamp.id).await, 0);
        shop.execute(order.id(), OrderCommand::Cancel).await;
        assert_eq!(shop.stock(lamp.id).await, 4);
    }
}

pub async fn cancelling_a_free_form_order_restocks_nothing(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 4).await;
    let order = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
    let cancelled = shop.execute(order.id(), OrderCommand::Cancel).await;
    assert_eq!(cancelled.status(), OrderStatus::Cancelled);
    assert_eq!(shop.live_product(lamp.id).await, *lamp);
}
