//! Making products and changing them.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use crate::{Shop, Stores};

pub async fn a_new_product_is_found(stores: Stores) {
    let shop = Shop::open(stores).await;
    let product = shop.product("Lamp", 7).await;
    assert_eq!(shop.look_up(product.id).await, *product);
}
