//! The greatest number of units on hand: in stock, or held by open orders.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    ProductId, Stock,
    order::{Order, OrderCommand, OrderStatus},
    product::{ProductCommand, ProductRefusal, ProductUpdate, port::ChangeProductError},
};

use crate::{
    ShopFixture,
    builders::{self, stock},
};

fn set_stock(units: i64) -> ProductCommand {
    let stock = Some(stock(units));
    ProductCommand::Update(ProductUpdate { stock, ..ProductUpdate::default() })
}

/// A product whose maximum is on hand, and an order that holds all of it but `left`.
async fn shop_with_all_but(shop: &ShopFixture, left: i64) -> (ProductId, Order) {
    let sand = shop.product("Sand", Stock::MAX).await;
    let order = builders::order(&shop.customer).with_line(sand.id, Stock::MAX - left);
    let order = shop.place(order.build()).await;
    assert_eq!(shop.stock(sand.id).await, left);
    (sand.id, order)
}

pub async fn a_stock_cannot_be_raised_beyond_the_maximum_less_what_open_orders_hold(
    shop: ShopFixture,
) {
    let (sand, order) = shop_with_all_but(&shop, 10).await;
    let held = stock(Stock::MAX - 10);
    for status in [OrderStatus::Pending, OrderStatus::Processing] {
        if status != OrderStatus::Pending {
            shop.change_status(order.id(), status).await;
        }
        for units in [11, Stock::MAX] {
            let refused = shop.try_change_product(sand, &set_stock(units), 500).await;
            let expected = ProductRefusal::TooManyOnHand { max: 10, held };
            assert!(
                matches!(&refused, Err(ChangeProductError::Refused(refusal)) if *refusal == expected),
                "{refused:?}"
            );
        }
        assert_eq!(shop.stock(sand).await, 10);
    }
    shop.set_stock(sand, 4).await;
    shop.set_stock(sand, 10).await;
    // Units that have left are not on hand.
    shop.change_status(order.id(), OrderStatus::Shipped).await;
    assert_eq!(shop.set_stock(sand, Stock::MAX).await.stock.get(), Stock::MAX);
}

pub async fn units_that_other_products_and_final_orders_hold_do_not_count(shop: ShopFixture) {
    let (sand, order) = shop_with_all_but(&shop, 0).await;
    let other = shop.product("Gravel", 1).await;
    assert_eq!(shop.set_stock(other.id, Stock::MAX).await.stock.get(), Stock::MAX);
    shop.execute(order.id(), OrderCommand::Cancel).await;
    shop.set_stock(sand, 0).await;
    assert_eq!(shop.set_stock(sand, Stock::MAX).await.stock.get(), Stock::MAX);
}

pub async fn an_order_of_the_maximum_can_be_cancelled_or_deleted(shop: ShopFixture) {
    for command in [
        OrderCommand::Cancel,
        OrderCommand::ChangeStatus { to: OrderStatus::Cancelled },
        OrderCommand::Delete,
    ] {
        let (sand, order) = shop_with_all_but(&shop, 0).await;
        let refused = shop.try_change_product(sand, &set_stock(1), 500).await;
        assert!(refused.is_err(), "{refused:?}");
        shop.execute(order.id(), command).await;
        assert_eq!(shop.stock(sand).await, Stock::MAX);
    }
}

pub async fn an_account_with_an_order_of_the_maximum_can_be_deleted(shop: ShopFixture) {
    let (sand, _order) = shop_with_all_but(&shop, 3).await;
    shop.delete_account(shop.customer.id).await;
    assert_eq!(shop.stock(sand).await, Stock::MAX);
}
