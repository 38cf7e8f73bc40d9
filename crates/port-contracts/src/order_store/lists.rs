//! Listing orders, filtered and paged.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{cmp::Reverse, collections::BTreeSet};

use domain::{
    Cursor, PageRequest, ProductId, UserId,
    account::Account,
    order::{
        Order, OrderCommand, OrderListSort, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
    product::ProductCommand,
};

use crate::{
    FromStores, ShopFixture, Stores,
    builders::{self, page_limit, timestamp},
    paging::assert_lists,
};

/// The filter that every order matches.
pub(super) const ALL: OrderFilter = OrderFilter {
    statuses: BTreeSet::new(),
    user: None,
    product: None,
    created_from: None,
    created_to: None,
    updated_from: None,
    updated_to: None,
    search: None,
};

fn of_user(account: &Account) -> OrderFilter {
    OrderFilter { user: Some(account.id), ..ALL }
}

fn in_status(status: OrderStatus) -> OrderFilter {
    in_one_of(&[status])
}

fn in_one_of(statuses: &[OrderStatus]) -> OrderFilter {
    OrderFilter { statuses: statuses.iter().copied().collect(), ..ALL }
}

/// Whether an order matches the filter: the reference implementation.
fn matches(filter: &OrderFilter, order: &Order) -> bool {
    let OrderFilter { statuses, user, product, search, .. } = filter;
    let OrderFilter { created_from, created_to, updated_from, updated_to, .. } = filter;
    assert_eq!(*search, None, "`staff_search` has the cases of terms");
    (statuses.is_empty() || statuses.contains(&order.status()))
        && user.is_none_or(|user| order.placed_by() == user)
        && product.is_none_or(|product| order.product_ids().any(|id| id == product))
        && created_from.is_none_or(|from| order.created_at() >= from)
        && created_to.is_none_or(|to| order.created_at() <= to)
        && updated_from.is_none_or(|from| order.updated_at() >= from)
        && updated_to.is_none_or(|to| order.updated_at() <= to)
}

/// Checks the list of the orders that match a filter, by each sort key.
pub(super) async fn assert_filter_lists(
    shop: &ShopFixture,
    orders: &[Order],
    filter: &OrderFilter,
) {
    let mut expected: Vec<_> =
        orders.iter().filter(|order| matches(filter, order)).cloned().collect();
    for sort in OrderListSort::ALL {
        match sort {
            OrderListSort::Id => expected.sort_by_key(|order| Reverse(order.id())),
            OrderListSort::UpdatedAt => {
                expected.sort_by_key(|order| (order.updated_at(), order.id()));
            }
        }
        assert_lists(&expected, async |page| {
            let query = OrderQuery { filter: filter.clone(), sort, page };
            shop.stores.orders.list(&query).await.unwrap()
        })
        .await;
    }
}

/// A shop with orders of two customers in all statuses, for products and free-form.
pub struct MixedOrders {
    pub(super) shop: ShopFixture,
    /// Newest first.
    pub(super) orders: Vec<Order>,
    pub(super) users: [Option<UserId>; 4],
    pub(super) products: [Option<ProductId>; 4],
}

impl FromStores for MixedOrders {
    async fn from_stores(stores: Stores) -> Self {
        let shop = ShopFixture::open(stores).await;
        let other = shop.register("other@example.com").await;
        let (lamp, desk) = (shop.product("Lamp", 99).await, shop.product("Desk", 99).await);
        let mut ids = Vec::new();
        for number in 0..12_u8 {
            let by = if number % 3 == 0 { &other } else { &shop.customer };
            let order = match number % 4 {
                0 => builders::free_form(by, "Chair"),
                1 => builders::order(by).with_line(lamp.id, 1),
                2 => builders::order(by).with_line(desk.id, 1).with_line(lamp.id, 2),
                // A product in two lines is still one order.
                _ => builders::order(by).with_line(desk.id, 1).with_line(desk.id, 2),
            };
            // Timestamps go up and down, and some are equal.
            let seconds = i64::from(number * 5 % 8);
            let order = shop.place(order.with_timestamp(seconds).build()).await;
            let status = OrderStatus::ALL[usize::from(number) % 5];
            if status == OrderStatus::Delivered {
                shop.change_status(order.id(), OrderStatus::Shipped).await;
            }
            if status != OrderStatus::Pending {
                shop.change_status(order.id(), status).await;
            }
            ids.push(order.id());
        }
        let mut orders = Vec::new();
        for id in ids.into_iter().rev() {
            orders.push(shop.order(id).await.unwrap());
        }
        let users = [None, Some(shop.customer.id), Some(other.id), Some(UserId::new(9_999))];
        let products = [None, Some(lamp.id), Some(desk.id), Some(ProductId::new(9_999))];
        Self { shop, orders, users, products }
    }
}

pub async fn listing_an_empty_store_returns_no_orders(shop: ShopFixture) {
    for filter in [ALL, of_user(&shop.customer), in_status(OrderStatus::Pending)] {
        assert_filter_lists(&shop, &[], &filter).await;
    }
}

pub async fn the_list_contains_every_order_once_newest_first(
    MixedOrders { shop, orders, .. }: MixedOrders,
) {
    assert_filter_lists(&shop, &orders, &ALL).await;
}

pub async fn each_filter_lists_exactly_the_matching_orders(
    MixedOrders { shop, orders, users, products }: MixedOrders,
) {
    for user in users {
        assert_filter_lists(&shop, &orders, &OrderFilter { user, ..ALL }).await;
    }
    for product in products {
        assert_filter_lists(&shop, &orders, &OrderFilter { product, ..ALL }).await;
    }
}

pub async fn orders_in_any_of_several_statuses_are_listed(
    MixedOrders { shop, orders, users, products }: MixedOrders,
) {
    // Each subset of the statuses; the empty one and the whole one mean any.
    for subset in 0..1_u32 << OrderStatus::ALL.len() {
        let is_member = |index: &usize| subset & (1 << index) != 0;
        let chosen: Vec<_> = (0..OrderStatus::ALL.len()).filter(is_member).collect();
        let chosen: Vec<_> = chosen.into_iter().map(|index| OrderStatus::ALL[index]).collect();
        assert_filter_lists(&shop, &orders, &in_one_of(&chosen)).await;
    }
    let several = in_one_of(&[OrderStatus::Cancelled, OrderStatus::Pending]);
    for filter in [
        OrderFilter { user: users[1], ..several.clone() },
        OrderFilter { product: products[1], ..several.clone() },
        OrderFilter { created_from: Some(timestamp(2)), ..several.clone() },
        OrderFilter { user: users[1], created_to: Some(timestamp(5)), ..several },
    ] {
        assert_filter_lists(&shop, &orders, &filter).await;
    }
}

pub async fn creation_time_filters_include_their_bounds(
    MixedOrders { shop, orders, .. }: MixedOrders,
) {
    let microsecond = chrono::TimeDelta::microseconds(1);
    let bounds =
        [timestamp(3) - microsecond, timestamp(3), timestamp(3) + microsecond, timestamp(6)];
    for bound in bounds {
        let from = OrderFilter { created_from: Some(bound), ..ALL };
        assert_filter_lists(&shop, &orders, &from).await;
        let to = OrderFilter { created_to: Some(bound), ..ALL };
        assert_filter_lists(&shop, &orders, &to).await;
        let exactly = OrderFilter { created_from: Some(bound), created_to: Some(bound), ..ALL };
        assert_filter_lists(&shop, &orders, &exactly).await;
    }
    let empty_range =
        OrderFilter { created_from: Some(timestamp(6)), created_to: Some(timestamp(3)), ..ALL };
    assert_eq!(shop.count_orders(empty_range).await, 0);
}

pub async fn combined_filters_list_orders_that_match_all_of_them(
    MixedOrders { shop, orders, users, products }: MixedOrders,
) {
    let (pending, cancelled) = (OrderStatus::Pending, OrderStatus::Cancelled);
    for statuses in [vec![], vec![pending], vec![cancelled], vec![pending, cancelled]] {
        for user in users {
            for product in products {
                for (created_from, created_to) in [
                    (None, None),
                    (Some(timestamp(2)), None),
                    (Some(timestamp(2)), Some(timestamp(6))),
                ] {
                    let statuses = statuses.iter().copied().collect();
                    let filter =
                        OrderFilter { statuses, user, product, created_from, created_to, ..ALL };
                    let expected: Vec<_> =
                        orders.iter().filter(|order| matches(&filter, order)).cloned().collect();
                    let listed = shop.orders(filter.clone()).await;
                    assert_eq!(listed.total, u64::try_from(expected.len()).unwrap(), "{filter:?}");
                    assert_eq!(listed.items, expected, "{filter:?}");
                }
            }
        }
    }
}

pub async fn combined_filters_are_paged_like_a_single_one(
    MixedOrders { shop, orders, users, products }: MixedOrders,
) {
    let (user, product) = (users[1], products[2]);
    let filters = [
        OrderFilter { user, product, ..ALL },
        OrderFilter { user, ..in_status(OrderStatus::Cancelled) },
        OrderFilter { product, created_from: Some(timestamp(2)), ..ALL },
        OrderFilter {
            user,
            created_from: Some(timestamp(1)),
            created_to: Some(timestamp(6)),
            ..ALL
        },
    ];
    for filter in filters {
        assert_filter_lists(&shop, &orders, &filter).await;
    }
}

pub async fn a_cursor_at_a_deleted_order_still_works(
    MixedOrders { shop, orders, .. }: MixedOrders,
) {
    let deleted = orders[3].id();
    shop.execute(deleted, OrderCommand::Delete).await;
    let list = async |cursor| {
        let page = PageRequest::after(Cursor::after(cursor), page_limit(100));
        shop.stores.orders.list(&OrderQuery::newest_first(ALL, page)).await.unwrap()
    };
    let rest = list(deleted.get()).await;
    assert_eq!((rest.items.as_slice(), rest.total), (&orders[4..], 11));
    assert_eq!(rest.next, None);
    assert_eq!(list(i64::MAX).await.items.len(), 11);
    assert_eq!(list(i64::MIN).await.items, []);
}

pub async fn an_order_placed_between_pages_does_not_shift_a_cursor(
    MixedOrders { shop, orders, .. }: MixedOrders,
) {
    let page = builders::page(1, 5);
    let query = OrderQuery::newest_first(of_user(&shop.customer), page);
    let own: Vec<_> = orders.iter().filter(|order| matches(&query.filter, order)).collect();
    let first = shop.stores.orders.list(&query).await.unwrap();
    shop.place(builders::free_form(&shop.customer, "New").build()).await;
    let page = PageRequest::after(first.next.unwrap(), page_limit(100));
    let second = shop.stores.orders.list(&OrderQuery { page, ..query }).await.unwrap();
    assert!(first.items.iter().chain(&second.items).eq(own.iter().copied()));
    assert_eq!(second.total, first.total + 1);
}

pub async fn an_order_stays_listed_under_a_deleted_product(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 9).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 1).build()).await;
    shop.change_product(lamp.id, &ProductCommand::Delete).await;
    let filter = OrderFilter { product: Some(lamp.id), ..ALL };
    assert_eq!(shop.orders(filter).await.items, [order]);
}

pub async fn the_list_totals_follow_every_change(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 9).await;
    let (customer, admin) = (shop.customer.clone(), shop.admin.clone());
    let totals = async || {
        let mut totals = Vec::new();
        let of_both = OrderFilter { user: Some(customer.id), ..in_status(OrderStatus::Pending) };
        let of_lamp = OrderFilter { product: Some(lamp.id), ..ALL };
        for filter in [ALL, of_user(&customer), of_user(&admin), of_both, of_lamp] {
            totals.push(shop.count_orders(filter).await);
        }
        for status in OrderStatus::ALL {
            totals.push(shop.count_orders(in_status(status)).await);
        }
        totals
    };
    // All, the customer's, the admin's, the customer's pending, the lamp's; then one for each
    // status.
    assert_eq!(totals().await, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let new = builders::order(&customer).with_line(lamp.id, 2).with_key("key").build();
    let first = shop.place(new.clone()).await.id();
    assert_eq!(totals().await, [1, 1, 0, 1, 1, 1, 0, 0, 0, 0]);
    shop.try_place(new).await.unwrap();
    assert_eq!(totals().await, [1, 1, 0, 1, 1, 1, 0, 0, 0, 0], "a replay is no new order");
    let second = shop.place(builders::free_form(&admin, "Desk").build()).await.id();
    assert_eq!(totals().await, [2, 1, 1, 1, 1, 2, 0, 0, 0, 0]);
    shop.change_status(first, OrderStatus::Processing).await;
    assert_eq!(totals().await, [2, 1, 1, 0, 1, 1, 1, 0, 0, 0]);
    shop.execute(first, OrderCommand::Cancel).await;
    assert_eq!(totals().await, [2, 1, 1, 0, 1, 1, 0, 0, 0, 1]);
    shop.change_status(second, OrderStatus::Shipped).await;
    assert_eq!(totals().await, [2, 1, 1, 0, 1, 0, 0, 1, 0, 1]);
    shop.place_refused(builders::order(&customer).with_line(lamp.id, 10).build()).await;
    assert_eq!(totals().await, [2, 1, 1, 0, 1, 0, 0, 1, 0, 1], "a refusal is no order");
    shop.execute(second, OrderCommand::Delete).await;
    assert_eq!(totals().await, [1, 1, 0, 0, 1, 0, 0, 0, 0, 1]);
    let third = shop.place(builders::order(&customer).with_line(lamp.id, 1).build()).await.id();
    assert_eq!(totals().await, [2, 2, 0, 1, 2, 1, 0, 0, 0, 1]);
    shop.execute(third, OrderCommand::Delete).await;
    assert_eq!(
        totals().await,
        [1, 1, 0, 0, 1, 0, 0, 0, 0, 1],
        "a deleted pending order is not counted as cancelled"
    );
    shop.delete_account(customer.id).await;
    assert_eq!(totals().await, [1, 1, 0, 0, 1, 0, 0, 0, 0, 1], "orders outlive their account");
    shop.execute(first, OrderCommand::Delete).await;
    assert_eq!(totals().await, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}
