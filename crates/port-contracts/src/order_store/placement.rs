//! Placing orders.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use crate::{Shop, Stores, builders};

pub async fn an_order_takes_its_stock_off_the_shelf(stores: Stores) {
    let shop = Shop::open(stores).await;
    let product = shop.product("Lamp", 7).await;
    let order = shop.place(builders::order(&shop.customer).with_line(product.id, 3).build()).await;
    assert_eq!(shop.order(order.id()).await, Some(order));
    assert_eq!(shop.stock(product.id).await, 4);
}
