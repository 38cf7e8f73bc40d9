//! Finding orders as staff: by number, customer, address and the names of all lines.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::collections::BTreeSet;

use domain::{
    OrderId, UserId,
    account::{Account, AccountCommand},
    order::{
        Order, OrderCommand, OrderListSort, OrderSearchTerm, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
};

use crate::{
    FromStores, ShopFixture, Stores,
    builders::{self, email, timestamp},
    paging::assert_lists,
};

fn with_term(raw: &str) -> OrderFilter {
    let search = OrderSearchTerm::parse(raw).expect("a term");
    assert!(search.is_some(), "{raw:?} is a term");
    OrderFilter { search, ..OrderFilter::default() }
}

/// The ids of the orders that a filter matches, newest first.
async fn found(shop: &ShopFixture, filter: OrderFilter) -> Vec<OrderId> {
    let page = shop.orders(filter.clone()).await;
    let ids: Vec<_> = page.items.iter().map(Order::id).collect();
    assert_eq!(page.total, u64::try_from(ids.len()).unwrap(), "{filter:?}");
    ids
}

/// Orders of two customers, oldest first: Ada's teapot and cup, Grace's cup, Grace's free-form
/// order of a cake for Blaise.
pub struct Orders {
    shop: ShopFixture,
    grace: Account,
    placed: [OrderId; 3],
}

impl FromStores for Orders {
    async fn from_stores(stores: Stores) -> Self {
        let shop = ShopFixture::open(stores).await;
        let grace = builders::account("Hopper@navy.example").with_name("Grace");
        let grace = grace.create(shop.stores.accounts.as_ref()).await;
        let (teapot, cup) = (shop.product("Teapot", 99).await, shop.product("Cup", 99).await);
        let both = builders::order(&shop.customer).with_line(teapot.id, 1).with_line(cup.id, 1);
        let both = shop.place(both.build()).await.id();
        let one = shop.place(builders::order(&grace).with_line(cup.id, 1).build()).await.id();
        let cake = builders::free_form(&grace, "Cake 2000").with_customer("Blaise").build();
        let cake = shop.place(cake).await.id();
        Self { shop, grace, placed: [both, one, cake] }
    }
}

pub async fn an_order_is_found_by_the_name_of_any_line_and_of_its_customer(
    Orders { shop, placed: [both, one, cake], .. }: Orders,
) {
    for (raw, expected) in [
        ("teapot", vec![both]),
        ("CUP", vec![one, both]),
        ("up", vec![one, both]),
        ("cake", vec![cake]),
        ("blaise", vec![cake]),
        ("grace", vec![one]),
        ("ada", vec![both]),
        ("more", vec![]),
        ("+1", vec![]),
        ("teapot cup", vec![]),
        ("%", vec![]),
    ] {
        assert_eq!(found(&shop, with_term(raw)).await, expected, "{raw}");
    }
}

pub async fn an_order_is_found_by_its_number(
    Orders { shop, placed: [both, one, cake], .. }: Orders,
) {
    for order in [both, one, cake] {
        assert_eq!(found(&shop, with_term(&format!("#{order}"))).await, [order]);
        assert!(found(&shop, with_term(&format!(" {order} "))).await.contains(&order));
    }
    // A number is compared as a whole; as a text, a part of a name suffices.
    assert_eq!(found(&shop, with_term("200")).await, [cake]);
    for raw in ["#200", "987654321", "#9223372036854775807", "9223372036854775808"] {
        assert_eq!(found(&shop, with_term(raw)).await, [], "{raw}");
    }
}

pub async fn orders_are_found_by_their_accounts_current_address(
    Orders { shop, grace, placed: [both, one, cake] }: Orders,
) {
    for (raw, expected) in [
        ("hopper@navy.example", vec![cake, one]),
        ("HOPPER@", vec![cake, one]),
        ("navy", vec![cake, one]),
        ("ada@example.com", vec![both]),
        ("example", vec![cake, one, both]),
        ("grace@navy", vec![]),
        ("hopper@example.com", vec![]),
    ] {
        assert_eq!(found(&shop, with_term(raw)).await, expected, "{raw}");
    }
    let change = AccountCommand::update(None, Some(email("gh@sea.example")));
    shop.stores.accounts.execute(grace.id, &change, grace.actor(), timestamp(1)).await.unwrap();
    assert_eq!(found(&shop, with_term("navy")).await, []);
    assert_eq!(found(&shop, with_term("gh@sea")).await, [cake, one]);
    shop.delete_account(grace.id).await;
    for raw in ["gh@sea", "grace"] {
        assert_eq!(found(&shop, with_term(raw)).await, [], "{raw}");
    }
    assert_eq!(found(&shop, with_term("cup")).await, [one, both], "line names still match");
}

pub async fn a_term_is_combined_with_all_other_filters(
    Orders { shop, grace, placed: [both, one, cake] }: Orders,
) {
    shop.change_status(one, OrderStatus::Processing).await;
    let cup = shop.order(one).await.unwrap().product_ids().next();
    let navy = with_term("navy");
    let pending = BTreeSet::from([OrderStatus::Pending]);
    let [ada, grace] = [shop.customer.id, grace.id].map(Some);
    for (filter, expected) in [
        (OrderFilter { statuses: pending.clone(), ..navy.clone() }, vec![cake]),
        (OrderFilter { product: cup, ..navy.clone() }, vec![one]),
        (OrderFilter { user: ada, ..navy.clone() }, vec![]),
        (OrderFilter { user: grace, ..with_term("cup") }, vec![one]),
        (OrderFilter { user: ada, statuses: pending, ..with_term("cup") }, vec![both]),
        (OrderFilter { user: Some(UserId::new(9_999)), ..with_term("cup") }, vec![]),
        (OrderFilter { user: ada, ..with_term(&format!("#{one}")) }, vec![]),
        (OrderFilter { product: cup, ..with_term(&format!("#{both}")) }, vec![both]),
        (OrderFilter { created_from: Some(timestamp(1)), ..with_term("cup") }, vec![]),
        (OrderFilter { created_to: Some(timestamp(0)), ..with_term("cup") }, vec![one, both]),
    ] {
        assert_eq!(found(&shop, filter.clone()).await, expected, "{filter:?}");
    }
}

pub async fn orders_that_a_term_finds_are_paged_by_each_sort_key(
    Orders { shop, grace, placed: [both, one, cake] }: Orders,
) {
    let mut expected = vec![both, one, cake];
    for number in 0..9 {
        let by = if number % 2 == 0 { &grace } else { &shop.customer };
        // Found by the address, by the name, or by both.
        let item = if number % 3 == 0 { "Example" } else { "Chair" };
        expected.push(shop.place(builders::free_form(by, item).build()).await.id());
    }
    shop.execute(expected.remove(4), OrderCommand::Delete).await;
    expected.reverse();
    let mut orders = Vec::new();
    for id in expected {
        orders.push(shop.order(id).await.unwrap());
    }
    assert_lists(&orders, async |page| {
        let query = OrderQuery::newest_first(with_term("example"), page);
        shop.stores.orders.list(&query).await.unwrap()
    })
    .await;
    // Every third one is changed, and all of these at the same time.
    for order in orders.iter_mut().step_by(3) {
        *order = shop.change_status(order.id(), OrderStatus::Processing).await;
    }
    orders.sort_by_key(|order| (order.updated_at(), order.id()));
    let sort = OrderListSort::UpdatedAt;
    let changed = OrderFilter { updated_from: Some(timestamp(1)), ..with_term("example") };
    let first_changed = orders.partition_point(|order| order.updated_at() < timestamp(1));
    assert!(first_changed > 0 && first_changed < orders.len());
    for (filter, listed) in [(with_term("example"), 0), (changed, first_changed)] {
        assert_lists(&orders[listed..], async |page| {
            let query = OrderQuery { filter: filter.clone(), sort, page };
            shop.stores.orders.list(&query).await.unwrap()
        })
        .await;
    }
}
