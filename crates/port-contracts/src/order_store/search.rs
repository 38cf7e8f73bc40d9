//! Order searches of the classic API: filters, a sort, a limit and an offset.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::cmp::Ordering;

use domain::order::{
    Order,
    port::{OrderSearch, OrderSort, SortDirection},
};

use crate::{
    ShopFixture,
    builders::{self, page_limit, term},
};

async fn search(shop: &ShopFixture, search: &OrderSearch) -> Vec<Order> {
    shop.stores.orders.search(search).await.expect("orders can be searched")
}

/// The titles of the orders that a term matches, oldest first.
async fn titles(shop: &ShopFixture, raw: &str) -> Vec<String> {
    let wanted = OrderSearch {
        term: Some(term(raw)),
        direction: SortDirection::Ascending,
        ..builders::search()
    };
    search(shop, &wanted).await.iter().map(|order| order.content().title()).collect()
}

/// Orders of two accounts, oldest first. Several have equal quantities and timestamps.
async fn mixed_orders(shop: &ShopFixture) -> Vec<Order> {
    let other = shop.register("other@example.com").await;
    let lamp = shop.product("Lamp", 99).await;
    let mut orders = Vec::new();
    for (number, (units, seconds)) in
        [(3, 5), (1, 5), (3, 2), (100_000, 9), (2, 2), (1, 9), (10, 1), (3, 5)].iter().enumerate()
    {
        let by = if number % 3 == 0 { &other } else { &shop.customer };
        let order = if number % 4 == 2 {
            let half = units / 2;
            builders::order(by).with_line(lamp.id, half).with_line(lamp.id, units - half)
        } else {
            builders::free_form(by, &format!("Item {number}")).with_quantity(*units)
        };
        orders.push(shop.place(order.with_timestamp(*seconds).build()).await);
    }
    orders
}

fn compare(sort: OrderSort, one: &Order, other: &Order) -> Ordering {
    let by_id = one.id().cmp(&other.id());
    match sort {
        OrderSort::Id => by_id,
        OrderSort::Quantity => one.quantity().cmp(&other.quantity()).then(by_id),
        OrderSort::CreatedAt => one.created_at().cmp(&other.created_at()).then(by_id),
    }
}

pub async fn a_search_sorts_in_both_directions_with_ties_by_id(shop: ShopFixture) {
    let orders = mixed_orders(&shop).await;
    for sort in [OrderSort::Id, OrderSort::Quantity, OrderSort::CreatedAt] {
        let mut expected = orders.clone();
        expected.sort_by(|one, other| compare(sort, one, other));
        let ascending =
            OrderSearch { sort, direction: SortDirection::Ascending, ..builders::search() };
        assert_eq!(search(&shop, &ascending).await, expected, "{sort:?}");
        expected.reverse();
        let descending =
            OrderSearch { sort, direction: SortDirection::Descending, ..builders::search() };
        assert_eq!(search(&shop, &descending).await, expected, "{sort:?}");

        expected.retain(|order| order.placed_by() == shop.customer.id);
        let own = OrderSearch { user: Some(shop.customer.id), ..descending };
        assert_eq!(search(&shop, &own).await, expected, "{sort:?}");
    }
}

pub async fn limit_and_offset_select_a_page_of_the_search(shop: ShopFixture) {
    let mut orders = mixed_orders(&shop).await;
    for sort in [OrderSort::Id, OrderSort::Quantity, OrderSort::CreatedAt] {
        orders.sort_by(|one, other| compare(sort, other, one));
        for limit in [1, 3, 8, 100] {
            for offset in [0, 1, 5, 8, 9] {
                let search_page = OrderSearch {
                    sort,
                    limit: page_limit(limit),
                    offset: i64::try_from(offset).unwrap(),
                    ..builders::search()
                };
                let expected: Vec<_> = orders
                    .iter()
                    .skip(offset)
                    .take(usize::try_from(limit).unwrap())
                    .cloned()
                    .collect();
                assert_eq!(search(&shop, &search_page).await, expected, "{search_page:?}");
            }
        }
    }
    let beyond = OrderSearch { offset: i64::MAX, ..builders::search() };
    assert_eq!(search(&shop, &beyond).await, []);
}

pub async fn quantity_filters_include_their_bounds(shop: ShopFixture) {
    let mut orders = mixed_orders(&shop).await;
    orders.reverse();
    let bounds =
        [None, Some(i64::MIN), Some(-1), Some(1), Some(2), Some(3), Some(4), Some(i64::MAX)];
    for min_quantity in bounds {
        for max_quantity in bounds {
            let wanted = OrderSearch { min_quantity, max_quantity, ..builders::search() };
            let fits = |order: &&Order| {
                let units = order.quantity().get();
                min_quantity.is_none_or(|min| units >= min)
                    && max_quantity.is_none_or(|max| units <= max)
            };
            let expected: Vec<_> = orders.iter().filter(fits).cloned().collect();
            assert_eq!(search(&shop, &wanted).await, expected, "{wanted:?}");
        }
    }
}

pub async fn a_term_matches_customer_names_and_titles_case_insensitively(shop: ShopFixture) {
    let texts = [
        ("Grace Hopper", "Desk lamp"),
        ("JÜRGEN ÄÖ", "Straße"),
        ("Zoë", "CAFÉ au lait"),
        ("Łukasz", "ΟΔΟΣ"),
        ("lamplighter", "Chair"),
    ];
    for (customer, item) in texts {
        let order = builders::free_form(&shop.customer, item).with_customer(customer);
        shop.place(order.build()).await;
    }
    let cases: [(&str, &[&str]); 13] = [
        ("LAMP", &["Desk lamp", "Chair"]),
        ("hopper", &["Desk lamp"]),
        ("e H", &["Desk lamp"]),
        ("jürgen äö", &["Straße"]),
        ("ÄÖ", &["Straße"]),
        ("STRAßE", &["Straße"]),
        ("ß", &["Straße"]),
        ("FÉ", &["CAFÉ au lait"]),
        ("cafe", &["CAFÉ au lait"]),
        ("ZOË", &["CAFÉ au lait"]),
        ("łu", &["ΟΔΟΣ"]),
        ("οδος", &["ΟΔΟΣ"]),
        ("hopper desk", &[]),
    ];
    for (raw, expected) in cases {
        assert_eq!(titles(&shop, raw).await, expected, "{raw}");
    }
}

pub async fn a_term_finds_what_a_reader_takes_for_the_same_text(shop: ShopFixture) {
    let texts = [
        ("Gökçe Yıldız", "İstanbul"),
        ("Жанна Йовович", "Straße"),
        ("李 小龍", "Cafe\u{301}"),
        ("Nguye\u{302}\u{303}n", "Café"),
        ("O’Brien", "Green\u{a0} tea"),
    ];
    for (customer, item) in texts {
        let order = builders::free_form(&shop.customer, item).with_customer(customer);
        shop.place(order.build()).await;
    }
    let cafe = shop.product("Ein Café", 9).await;
    shop.place(builders::order(&shop.customer).with_line(cafe.id, 1).build()).await;
    let cases: [(&str, &[&str]); 15] = [
        ("ISTANBUL", &["İstanbul"]),
        ("gokce yildiz", &["İstanbul"]),
        ("жанна иовович", &["Straße"]),
        ("ЙО", &["Straße"]),
        ("strasse", &["Straße"]),
        ("小龍", &["Café"]),
        ("李 小", &["Café"]),
        ("nguyen", &["Café"]),
        ("Nguyễn", &["Café"]),
        ("cafe", &["Café", "Café", "Ein Café"]),
        ("café", &["Café", "Café", "Ein Café"]),
        ("CAFE\u{301}", &["Café", "Café", "Ein Café"]),
        ("o'brien", &["Green\u{a0} tea"]),
        ("green tea", &["Green\u{a0} tea"]),
        ("brien green", &[]),
    ];
    for (raw, expected) in cases {
        assert_eq!(titles(&shop, raw).await, expected, "{raw}");
    }
}

pub async fn wildcards_and_quotes_in_a_term_match_literally(shop: ShopFixture) {
    for item in ["100% wool", "a_b", "axb", "O'Neil", "C:\\new", "[a-z]*", "50\\%"] {
        shop.place(builders::free_form(&shop.customer, item).build()).await;
    }
    let order = builders::free_form(&shop.customer, "Plain").with_customer("5_0% \\'");
    shop.place(order.build()).await;
    let cases: [(&str, &[&str]); 9] = [
        ("%", &["100% wool", "50\\%", "Plain"]),
        ("_", &["a_b", "Plain"]),
        ("a_b", &["a_b"]),
        ("'", &["O'Neil", "Plain"]),
        ("''", &[]),
        ("\\", &["C:\\new", "50\\%", "Plain"]),
        ("\\%", &["50\\%"]),
        ("[a-z]", &["[a-z]*"]),
        ("' OR '1'='1", &[]),
    ];
    for (raw, expected) in cases {
        assert_eq!(titles(&shop, raw).await, expected, "{raw}");
    }
}

pub async fn a_product_order_is_found_by_every_line_name_and_its_account_name(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 99).await, shop.product("Desk", 99).await);
    let both = builders::order(&shop.customer).with_line(lamp.id, 1).with_line(desk.id, 1);
    shop.place(both.build()).await;
    shop.place(builders::order(&shop.customer).with_line(desk.id, 1).build()).await;
    assert_eq!(titles(&shop, "LAMP").await, ["Lamp (+1 more)"]);
    assert_eq!(titles(&shop, "desk").await, ["Lamp (+1 more)", "Desk"]);
    // The title that a list composes of several lines is not searched.
    for unmatched in ["more", "+1", "(", "lamp desk"] {
        assert_eq!(titles(&shop, unmatched).await, [""; 0], "{unmatched}");
    }
    assert_eq!(titles(&shop, "ada").await, ["Lamp (+1 more)", "Desk"]);
}

pub async fn a_search_applies_all_filters_together(shop: ShopFixture) {
    let other = shop.register("other@example.com").await;
    let wanted = builders::free_form(&shop.customer, "Desk lamp").with_quantity(5).build();
    let wanted = shop.place(wanted).await;
    let missed = [
        builders::free_form(&other, "Desk lamp").with_quantity(5),
        builders::free_form(&shop.customer, "Desk").with_quantity(5),
        builders::free_form(&shop.customer, "Desk lamp").with_quantity(4),
        builders::free_form(&shop.customer, "Desk lamp").with_quantity(6),
    ];
    for order in missed {
        shop.place(order.build()).await;
    }
    let all = OrderSearch {
        user: Some(shop.customer.id),
        term: Some(term("lamp")),
        min_quantity: Some(5),
        max_quantity: Some(5),
        ..builders::search()
    };
    assert_eq!(search(&shop, &all).await, [wanted]);
    // A matching customer name does not override the other filters.
    let by_customer = OrderSearch { term: Some(term("grace")), ..all };
    assert_eq!(search(&shop, &by_customer).await.len(), 2);
}
