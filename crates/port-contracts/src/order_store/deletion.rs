//! Deleting orders.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    OrderId,
    order::{
        OrderCommand, OrderStatus,
        port::{ExecuteOrderError, OrderFilter, OrderSearch},
    },
};

use crate::{
    ShopFixture,
    builders::{self, term, timestamp},
};

pub async fn a_deleted_order_is_hidden_from_all_reads(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
    let kept = shop.place(builders::order(&shop.customer).with_line(lamp.id, 1).build()).await;
    shop.change_status(order.id(), OrderStatus::Processing).await;
    shop.execute(order.id(), OrderCommand::Delete).await;

    assert_eq!(shop.order(order.id()).await, None);
    assert_eq!(shop.events(order.id()).await, []);
    let filters = [
        OrderFilter::default(),
        OrderFilter { user: Some(shop.customer.id), ..OrderFilter::default() },
        OrderFilter { product: Some(lamp.id), ..OrderFilter::default() },
        OrderFilter { created_from: Some(timestamp(0)), ..OrderFilter::default() },
    ];
    for filter in filters {
        let listed = shop.orders(filter.clone()).await;
        assert_eq!((listed.items, listed.total), (vec![kept.clone()], 1), "{filter:?}");
    }
    for status in [OrderStatus::Processing, OrderStatus::Cancelled] {
        let filter = OrderFilter { statuses: [status].into(), ..OrderFilter::default() };
        assert_eq!(shop.count_orders(filter).await, 0);
    }
    let search = OrderSearch { term: Some(term("lamp")), ..builders::search() };
    assert_eq!(shop.stores.orders.search(&search).await.unwrap(), [kept]);
}

pub async fn a_deleted_order_is_found_with_its_lines_where_deleted_ones_are_asked_for(
    shop: ShopFixture,
) {
    let lamp = shop.product("Lamp", 10).await;
    let placed = [
        shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await,
        shop.place(builders::free_form(&shop.customer, "Lamp").build()).await,
    ];
    let find = async |id| shop.stores.orders.find_with_deleted(id).await.unwrap();
    for order in placed {
        assert_eq!(find(order.id()).await.as_ref(), Some(&order), "an order that is not deleted");
        let deleted = shop.execute(order.id(), OrderCommand::Delete).await;
        assert_eq!(deleted.content(), order.content());
        assert_eq!(find(order.id()).await, Some(deleted));
    }
    assert_eq!(find(OrderId::new(i64::MAX)).await, None);
}

pub async fn a_deleted_order_cannot_be_changed(shop: ShopFixture) {
    let order = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
    shop.execute(order.id(), OrderCommand::Delete).await;
    for command in [
        OrderCommand::Cancel,
        OrderCommand::Delete,
        OrderCommand::ChangeStatus { to: OrderStatus::Processing },
    ] {
        let refused = shop.try_execute(order.id(), command, shop.admin.actor(), timestamp(1)).await;
        assert!(matches!(refused, Err(ExecuteOrderError::NotFound)), "{refused:?}");
    }
}

pub async fn deleting_an_open_order_cancels_it_and_restocks(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    for statuses in [&[][..], &[OrderStatus::Processing]] {
        let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
        let mut version = order.version();
        for status in statuses {
            version = shop.change_status(order.id(), *status).await.version();
        }
        let deleted = shop.execute(order.id(), OrderCommand::Delete).await;
        assert_eq!((deleted.status(), deleted.version()), (OrderStatus::Cancelled, version.next()));
        assert_eq!(shop.stock(lamp.id).await, 10);
    }
}

pub async fn deleting_a_shipped_or_delivered_order_does_not_restock(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    let paths = [&[OrderStatus::Shipped][..], &[OrderStatus::Shipped, OrderStatus::Delivered]];
    for (statuses, left) in paths.into_iter().zip([6, 2]) {
        let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
        for status in statuses {
            shop.change_status(order.id(), *status).await;
        }
        let deleted = shop.execute(order.id(), OrderCommand::Delete).await;
        assert_eq!(Some(&deleted.status()), statuses.last());
        assert_eq!(shop.stock(lamp.id).await, left);
    }
}
