//! An audit while orders are placed and changed.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::order::{OrderCommand, OrderStatus};
use tokio::task::JoinHandle;

use crate::{
    ShopFixture, StoreFixture,
    builders::{self, timestamp},
};

const BUYERS: usize = 8;
const ORDERS: usize = 40;

/// Places orders for two products. Some are cancelled, some shipped and deleted, some deleted.
async fn buy(shop: ShopFixture, buyer: usize, products: [domain::ProductId; 2]) {
    let account = shop.register(&format!("buyer{buyer}@example.com")).await;
    for number in 0..ORDERS {
        let order = builders::order(&account)
            .with_line(products[number % 2], 1)
            .with_line(products[(number + buyer) % 2], 2)
            .with_key(&format!("key {number}"));
        let order = shop.place(order.build()).await;
        match number % 4 {
            0 => {
                let cancel = OrderCommand::Cancel;
                shop.try_execute(order.id(), cancel, account.actor(), timestamp(1)).await.unwrap();
            }
            1 => {
                shop.change_status(order.id(), OrderStatus::Shipped).await;
                shop.execute(order.id(), OrderCommand::Delete).await;
            }
            2 => {
                shop.execute(order.id(), OrderCommand::Delete).await;
            }
            _ => {}
        }
    }
}

pub async fn an_audit_concurrent_with_orders_has_no_findings(fixture: impl StoreFixture) {
    let shop = ShopFixture::open(fixture.stores()).await;
    let products = [shop.product("Chair", 10_000).await.id, shop.product("Lamp", 10_000).await.id];
    let buyers: Vec<_> =
        (0..BUYERS).map(|buyer| tokio::spawn(buy(shop.clone(), buyer, products))).collect();
    let mut audits = 0;
    while !buyers.iter().all(JoinHandle::is_finished) {
        assert_eq!(fixture.findings().await, [], "in audit {audits}, while they buy");
        audits += 1;
    }
    for buyer in buyers {
        buyer.await.expect("a buyer does not panic");
    }
    assert!(audits > 0, "an audit ran while they bought");
    assert_eq!(fixture.findings().await, [], "after all of them");
}
