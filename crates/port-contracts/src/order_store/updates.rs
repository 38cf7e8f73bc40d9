//! Listing orders by the time of their last change, as a client that keeps a copy reads them.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use chrono::TimeDelta;
use domain::{
    Cursor, Page, PageRequest,
    order::{
        Order, OrderCommand, OrderId, OrderListSort, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
};

use super::lists::{ALL, MixedOrders, assert_filter_lists};
use crate::{
    ShopFixture,
    builders::{self, page_limit, timestamp},
};

async fn list(shop: &ShopFixture, filter: &OrderFilter, page: PageRequest) -> Page<Order> {
    let query = OrderQuery { filter: filter.clone(), sort: OrderListSort::UpdatedAt, page };
    shop.stores.orders.list(&query).await.unwrap()
}

/// Changes the status of an order as the admin, at this time.
async fn ship(shop: &ShopFixture, order: OrderId, seconds: i64) -> Order {
    let to = OrderStatus::Shipped;
    let (command, actor) = (OrderCommand::ChangeStatus { to }, shop.admin.actor());
    shop.try_execute(order, command, actor, timestamp(seconds)).await.unwrap()
}

pub async fn update_time_filters_include_their_bounds(
    MixedOrders { shop, orders, .. }: MixedOrders,
) {
    let microsecond = TimeDelta::microseconds(1);
    // Between these, orders are placed; all changes are at the last one.
    for bound in [timestamp(3), timestamp(6), timestamp(600)] {
        for bound in [bound - microsecond, bound, bound + microsecond] {
            let (updated_from, updated_to) = (Some(bound), Some(bound));
            for filter in [
                OrderFilter { updated_from, ..ALL },
                OrderFilter { updated_to, ..ALL },
                OrderFilter { updated_from, updated_to, ..ALL },
            ] {
                assert_filter_lists(&shop, &orders, &filter).await;
            }
        }
    }
    let nanosecond = TimeDelta::nanoseconds(1);
    for updated_from in [timestamp(600) - nanosecond, timestamp(600) + nanosecond] {
        let filter = OrderFilter { updated_from: Some(updated_from), ..ALL };
        assert_filter_lists(&shop, &orders, &filter).await;
    }
}

pub async fn update_time_filters_are_combined_with_all_others(
    MixedOrders { shop, orders, users, products }: MixedOrders,
) {
    let updated_to = Some(timestamp(600));
    for updated_from in [timestamp(2), timestamp(600)] {
        let changed = OrderFilter { updated_from: Some(updated_from), updated_to, ..ALL };
        for filter in [
            OrderFilter { user: users[1], ..changed.clone() },
            OrderFilter { product: products[2], ..changed.clone() },
            OrderFilter { user: users[2], product: products[1], ..changed.clone() },
            OrderFilter { statuses: [OrderStatus::Cancelled].into(), ..changed.clone() },
            OrderFilter {
                statuses: [OrderStatus::Pending, OrderStatus::Shipped].into(),
                user: users[1],
                ..changed.clone()
            },
            OrderFilter {
                statuses: [OrderStatus::Pending, OrderStatus::Delivered].into(),
                created_from: Some(timestamp(1)),
                created_to: Some(timestamp(6)),
                ..changed.clone()
            },
        ] {
            assert_filter_lists(&shop, &orders, &filter).await;
        }
    }
}

pub async fn an_order_that_is_changed_between_pages_moves_to_the_end(shop: ShopFixture) {
    let mut placed = Vec::new();
    for seconds in 0..4 {
        let order = builders::free_form(&shop.customer, "Chair").with_timestamp(seconds);
        placed.push(shop.place(order.build()).await);
    }
    let first = list(&shop, &ALL, builders::page(1, 2)).await;
    assert_eq!(first.items, placed[..2]);
    // One that is listed already, and one that is not.
    let changed = [ship(&shop, placed[2].id(), 10).await, ship(&shop, placed[0].id(), 10).await];
    let rest = PageRequest::after(first.next.unwrap(), page_limit(100));
    let rest = list(&shop, &ALL, rest).await;
    let [unlisted, listed] = changed;
    // They changed at the same time, so the smaller id comes first.
    assert_eq!(rest.items, [placed[3].clone(), listed.clone(), unlisted.clone()]);
    assert_eq!(rest.total, 4);

    // A client continues with the time of the last change that it has seen, which it sees again.
    let filter = OrderFilter { updated_from: Some(unlisted.updated_at()), ..ALL };
    let again = list(&shop, &filter, builders::page(1, 100)).await;
    assert_eq!((again.items.as_slice(), again.total), ([listed, unlisted].as_slice(), 2));
}

pub async fn a_cursor_by_time_works_where_no_order_is(
    MixedOrders { shop, mut orders, .. }: MixedOrders,
) {
    orders.sort_by_key(|order| (order.updated_at(), order.id()));
    let after = async |cursor: Cursor, filter: &OrderFilter| {
        list(&shop, filter, PageRequest::after(cursor, page_limit(100))).await
    };
    let position = |order: &Order| OrderListSort::UpdatedAt.cursor(order);
    let gone = orders.remove(3);
    shop.execute(gone.id(), OrderCommand::Delete).await;
    let rest = after(position(&gone), &ALL).await;
    assert_eq!((rest.items.as_slice(), rest.total, rest.next), (&orders[3..], 11, None));
    for (cursor, expected) in [
        (Cursor::after_timestamp(timestamp(-1), i64::MAX), &orders[..]),
        (Cursor::after_timestamp(orders[0].updated_at(), i64::MIN), &orders[..]),
        (Cursor::after_timestamp(timestamp(600), i64::MAX), &[]),
        (Cursor::after_timestamp(timestamp(601), i64::MIN), &[]),
    ] {
        assert_eq!(after(cursor, &ALL).await.items, expected, "{cursor:?}");
    }
    // The filter counts behind the cursor as well.
    let from = orders[6].updated_at();
    let first = orders.iter().position(|order| order.updated_at() >= from).unwrap();
    let filter = OrderFilter { updated_from: Some(from), ..ALL };
    assert_eq!(after(position(&orders[0]), &filter).await.items, &orders[first..]);
}
