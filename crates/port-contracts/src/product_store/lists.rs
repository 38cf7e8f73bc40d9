//! Listing products, searching them by name, and listing their stock movements.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    Cursor, Page, PageRequest, ProductId,
    order::OrderCommand,
    product::{
        MovementKind, Product, ProductCommand, ProductUpdate, StockMovement, port::ProductQuery,
    },
};

use crate::{
    ShopFixture,
    builders::{self, page, page_limit, product_name, term},
    paging::assert_lists,
};

async fn list(shop: &ShopFixture, search: Option<&str>, page: PageRequest) -> Page<Product> {
    let query = ProductQuery { search: search.map(term), page };
    let found = shop.stores.products.list(&query).await.expect("products can be listed");
    let Page { items, total, next } = found.as_ref().clone();
    Page { items: items.iter().map(|item| item.as_ref().clone()).collect(), total, next }
}

async fn names(shop: &ShopFixture, search: &str) -> Vec<String> {
    let found = list(shop, Some(search), page(1, 100)).await;
    assert_eq!(found.total, u64::try_from(found.items.len()).unwrap(), "the total of {search:?}");
    found.items.iter().map(|product| product.name.to_string()).collect()
}

pub async fn listing_an_empty_store_returns_no_products(shop: ShopFixture) {
    assert_lists(&[], async |page| list(&shop, None, page).await).await;
    assert_lists(&[], async |page| list(&shop, Some("lamp"), page).await).await;
}

pub async fn the_list_contains_every_live_product_once_newest_first(shop: ShopFixture) {
    let mut products = Vec::new();
    for number in 0..11 {
        let described = builders::product(&format!("Lamp {number}")).with_description("Bright");
        let actor = shop.admin.actor();
        // The clock may go backwards; newest means created last.
        let product =
            described.with_timestamp(-number).create(shop.stores.products.as_ref(), actor);
        products.push(product.await.as_ref().clone());
    }
    shop.change_product(products.remove(4).id, &ProductCommand::Delete).await;
    products.sort_by_key(|product| std::cmp::Reverse(product.id));
    assert_lists(&products, async |page| list(&shop, None, page).await).await;
}

pub async fn a_search_is_paged_like_the_list(shop: ShopFixture) {
    let mut lamps = Vec::new();
    for number in 0..14 {
        let name = if number % 2 == 0 { "Desk LAMP" } else { "Chair" };
        let product = shop.product(name, number).await;
        if number % 2 == 0 {
            lamps.push(product.as_ref().clone());
        }
    }
    lamps.reverse();
    assert_lists(&lamps, async |page| list(&shop, Some("lamp"), page).await).await;
}

pub async fn a_cursor_at_a_deleted_product_still_works(shop: ShopFixture) {
    let mut products = Vec::new();
    for number in 0..5 {
        products.push(shop.product(&format!("Lamp {number}"), 1).await);
    }
    let first = list(&shop, None, page(1, 2)).await;
    shop.change_product(products[3].id, &ProductCommand::Delete).await;
    let request = PageRequest::after(first.next.unwrap(), page_limit(2));
    let second = list(&shop, None, request).await;
    let ids: Vec<_> = second.items.iter().map(|product| product.id).collect();
    assert_eq!(ids, [products[2].id, products[1].id]);
    assert_eq!(second.total, 4);
    for (cursor, entries) in [(i64::MAX, 4), (i64::MIN, 0), (0, 0)] {
        let request = PageRequest::after(Cursor::after(cursor), page_limit(10));
        assert_eq!(list(&shop, None, request).await.items.len(), entries, "after {cursor}");
    }
}

pub async fn a_product_created_between_pages_does_not_shift_a_cursor(shop: ShopFixture) {
    let old: Vec<_> = [shop.product("A", 1).await.id, shop.product("B", 1).await.id].into();
    let first = list(&shop, None, page(1, 1)).await;
    shop.product("C", 1).await;
    let request = PageRequest::after(first.next.unwrap(), page_limit(10));
    let second = list(&shop, None, request).await;
    assert_eq!(second.items.iter().map(|product| product.id).collect::<Vec<_>>(), [old[0]]);
    assert_eq!(second.total, 3);
}

pub async fn a_search_matches_parts_of_names_case_insensitively(shop: ShopFixture) {
    for name in
        ["Desk lamp", "LAMPSHADE", "Chair", "Äpfel ÖL", "GRÜẞE", "Straße", "CAFÉ", "Łódź", "ΟΔΟΣ"]
    {
        shop.product(name, 1).await;
    }
    let cases: [(&str, &[&str]); 14] = [
        ("lamp", &["LAMPSHADE", "Desk lamp"]),
        ("LaMp", &["LAMPSHADE", "Desk lamp"]),
        ("sk la", &["Desk lamp"]),
        ("äPFEL ö", &["Äpfel ÖL"]),
        ("ÄP", &["Äpfel ÖL"]),
        ("grüße", &["GRÜẞE"]),
        ("STRAßE", &["Straße"]),
        ("afé", &["CAFÉ"]),
        ("cafÉ", &["CAFÉ"]),
        ("ŁÓDŹ", &["Łódź"]),
        ("οδος", &["ΟΔΟΣ"]),
        ("cafe", &["CAFÉ"]),
        ("lodz", &["Łódź"]),
        ("caffe", &[]),
    ];
    for (search, expected) in cases {
        assert_eq!(names(&shop, search).await, expected, "{search}");
    }
}

pub async fn a_search_finds_what_a_reader_takes_for_the_same_text(shop: ShopFixture) {
    let decomposed = "Cafe\u{301}";
    for name in [
        "İstanbul",
        "Straße",
        "Café",
        decomposed,
        "Чайник «Ёлка»",
        "緑茶",
        "한국 인삼차",
        "हिन्दी",
        "ｶﾞﾗｽ",
        "Green\u{a0} tea",
        "Tea\u{ad}pot – 1½ l",
        "O’Neil’s",
        "ﬁne ﷺ",
        "ｗｉｄｅ",
    ] {
        shop.product(name, 1).await;
    }
    let cases: [(&str, &[&str]); 31] = [
        ("istanbul", &["İstanbul"]),
        ("ISTANBUL", &["İstanbul"]),
        ("ıstanbul", &["İstanbul"]),
        ("I\u{307}stanbul", &["İstanbul"]),
        ("strasse", &["Straße"]),
        ("STRASSE", &["Straße"]),
        ("straẞe", &["Straße"]),
        ("cafe", &["Café", "Café"]),
        ("café", &["Café", "Café"]),
        (decomposed, &["Café", "Café"]),
        ("\u{200b}CAFÉ\u{feff}", &["Café", "Café"]),
        ("елка", &["Чайник «Ёлка»"]),
        ("чайник \"ёл", &["Чайник «Ёлка»"]),
        ("ЧА", &["Чайник «Ёлка»"]),
        ("緑茶", &["緑茶"]),
        ("茶", &["緑茶"]),
        ("인삼", &["한국 인삼차"]),
        ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}", &["한국 인삼차"]),
        ("हिन्दी", &["हिन्दी"]),
        ("ガラス", &["ｶﾞﾗｽ"]),
        ("カラス", &[]),
        ("green tea", &["Green\u{a0} tea"]),
        ("n\u{3000}t", &["Green\u{a0} tea"]),
        ("teapot - 1 1/2", &[]),
        ("TEAPOT - 11/2 L", &["Tea\u{ad}pot – 1½ l"]),
        ("pot—1", &[]),
        ("pot — 1", &["Tea\u{ad}pot – 1½ l"]),
        ("o'neil's", &["O’Neil’s"]),
        ("O‘NEIL´S", &["O’Neil’s"]),
        ("fine", &["ﬁne ﷺ"]),
        ("WIDE", &["ｗｉｄｅ"]),
    ];
    for (search, expected) in cases {
        assert_eq!(names(&shop, search).await, expected, "{search}");
    }
}

pub async fn the_longest_names_and_terms_are_searched(shop: ShopFixture) {
    let names_of = |unit: &str, count: usize| unit.repeat(count);
    for (unit, term_chars) in [("\u{fdfa}", 14), ("ß", 127), ("😀", 255), ("한", 255), ("x", 255)]
    {
        let name = names_of(unit, 255);
        shop.product(&name, 1).await;
        assert_eq!(names(&shop, &names_of(unit, term_chars)).await, [name], "{unit}");
    }
    assert_eq!(names(&shop, &"y".repeat(255)).await, [""; 0]);
}

pub async fn wildcards_and_quotes_in_a_search_match_literally(shop: ShopFixture) {
    let odd = ["100% wool", "a_b", "axb", "O'Neil", "C:\\new", "[a-z]*", "50\\%", "\"q\"", "a  b"];
    for name in odd {
        shop.product(name, 1).await;
    }
    let cases: [(&str, &[&str]); 14] = [
        ("%", &["50\\%", "100% wool"]),
        ("_", &["a_b"]),
        ("a_b", &["a_b"]),
        ("'", &["O'Neil"]),
        ("o'n", &["O'Neil"]),
        ("''", &[]),
        ("\\", &["50\\%", "C:\\new"]),
        ("\\%", &["50\\%"]),
        ("\\n", &["C:\\new"]),
        ("[a-z]", &["[a-z]*"]),
        ("*", &["[a-z]*"]),
        ("\"", &["\"q\""]),
        ("a  b", &["a  b"]),
        ("' OR 1=1 --", &[]),
    ];
    for (search, expected) in cases {
        assert_eq!(names(&shop, search).await, expected, "{search}");
    }
}

pub async fn a_search_matches_current_names_only(shop: ShopFixture) {
    let store = shop.stores.products.as_ref();
    let lamp = builders::product("Lamp").with_description("A torch");
    let lamp = lamp.create(store, shop.admin.actor()).await;
    assert_eq!(names(&shop, "torch").await, [""; 0], "descriptions are not searched");
    let rename = ProductUpdate { name: Some(product_name("TORCH")), ..ProductUpdate::default() };
    shop.change_product(lamp.id, &ProductCommand::Update(rename)).await;
    assert_eq!(names(&shop, "torch").await, ["TORCH"]);
    assert_eq!(names(&shop, "lamp").await, [""; 0]);
}

pub async fn the_list_totals_follow_every_change(shop: ShopFixture) {
    let totals = async || {
        let all = list(&shop, None, page(1, 1)).await.total;
        (all, list(&shop, Some("lamp"), page(1, 1)).await.total)
    };
    assert_eq!(totals().await, (0, 0));
    let lamp = shop.product("Lamp", 5).await;
    shop.product("Chair", 5).await;
    assert_eq!(totals().await, (2, 1));
    shop.set_stock(lamp.id, 0).await;
    assert_eq!(totals().await, (2, 1));
    shop.change_product(lamp.id, &ProductCommand::Delete).await;
    assert_eq!(totals().await, (1, 0));
    assert!(shop.try_change_product(lamp.id, &ProductCommand::Delete, 9).await.is_err());
    assert_eq!(totals().await, (1, 0));
    shop.change_product(lamp.id, &ProductCommand::Restore).await;
    assert_eq!(totals().await, (2, 1));
    assert!(shop.try_change_product(lamp.id, &ProductCommand::Restore, 9).await.is_err());
    assert_eq!(totals().await, (2, 1));
}

pub async fn the_list_shows_the_stock_after_orders(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    shop.place(builders::order(&shop.customer).with_line(product.id, 2).build()).await;
    let listed = list(&shop, None, page(1, 10)).await;
    assert_eq!(listed.items, [shop.live_product(product.id).await]);
    assert_eq!(listed.items[0].stock.get(), 3);
}

async fn movements(
    shop: &ShopFixture,
    product: ProductId,
    page: PageRequest,
) -> Page<StockMovement> {
    let found = shop.stores.products.movements(product, page).await;
    found.expect("movements can be listed").expect("the product exists")
}

pub async fn stock_movements_record_kind_delta_balance_and_actor(shop: ShopFixture) {
    let (lamp, chair) = (shop.product("Lamp", 5).await, shop.product("Chair", 9).await);
    let order = builders::order(&shop.customer).with_line(lamp.id, 2).with_line(chair.id, 1);
    let order = shop.place(order.build()).await;
    shop.execute(order.id(), OrderCommand::Cancel).await;
    shop.set_stock(lamp.id, 7).await;
    let listed = movements(&shop, lamp.id, page(1, 10)).await;
    let recorded =
        listed.items.iter().map(|movement| (movement.kind, movement.delta, movement.balance.get()));
    assert_eq!(
        recorded.collect::<Vec<_>>(),
        [
            (MovementKind::Correction, 2, 7),
            (MovementKind::OrderCancelled(order.id()), 2, 5),
            (MovementKind::OrderPlaced(order.id()), -2, 3),
            (MovementKind::Received, 5, 5),
        ]
    );
    let by = listed.items.iter().map(|movement| movement.moved_by);
    let (admin, customer) = (shop.admin.id, shop.customer.id);
    assert_eq!(by.collect::<Vec<_>>(), [admin, admin, customer, admin]);
}

pub async fn stock_movements_are_paged_newest_first_and_outlive_their_product(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 1).await;
    for units in 2..8 {
        shop.set_stock(lamp.id, units).await;
    }
    shop.change_product(lamp.id, &ProductCommand::Delete).await;
    let all = movements(&shop, lamp.id, page(1, 100)).await.items;
    assert_eq!(
        all.iter().map(|movement| movement.balance.get()).collect::<Vec<_>>(),
        [7, 6, 5, 4, 3, 2, 1]
    );
    assert_lists(&all, async |page| movements(&shop, lamp.id, page).await).await;
}

pub async fn a_product_without_stock_has_no_movements_and_an_unknown_one_has_no_list(
    shop: ShopFixture,
) {
    let lamp = shop.product("Lamp", 0).await;
    assert_lists(&[], async |page| movements(&shop, lamp.id, page).await).await;
    let unknown = ProductId::new(lamp.id.get() + 1);
    assert_eq!(shop.stores.products.movements(unknown, page(1, 10)).await.unwrap(), None);
}
