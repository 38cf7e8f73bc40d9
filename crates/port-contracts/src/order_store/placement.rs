//! Placing single orders.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    Currency, CustomerName, ItemName, Money, OrderId, Price, ProductId, Quantity, Revision, Stock,
    Version,
    order::{LineRequests, OrderStatus, PlaceRefusal, port::OrderFilter},
    product::{ProductCommand, ProductUpdate},
};

use crate::{
    ShopFixture,
    builders::{self, customer, item, price, product_name, quantity, stock, timestamp},
    revision, version,
};

pub async fn placing_an_order_takes_its_quantity_from_stock(shop: ShopFixture) {
    let lamp = builders::product("Lamp").with_stock(7).with_price("129.90");
    let lamp = lamp.create(shop.stores.products.as_ref(), shop.admin.actor()).await;
    let order = builders::order(&shop.customer).with_line(lamp.id, 3).with_timestamp(20).build();
    let order = shop.place(order).await;

    assert_eq!(order.placed_by(), shop.customer.id);
    assert_eq!(order.customer(), &CustomerName::from(&shop.customer.name));
    assert_eq!(order.status(), OrderStatus::Pending);
    assert_eq!((order.version(), order.revision()), (Version::FIRST, Revision::FIRST));
    assert_eq!((order.created_at(), order.updated_at()), (timestamp(20), timestamp(20)));
    assert_eq!((order.currency(), order.total()), (Currency::EUR, Money::from_minor(38_970)));
    let [line] = order.content().lines() else { panic!("one line: {order:?}") };
    assert_eq!((line.product, &line.name), (lamp.id, &lamp.name));
    assert_eq!((line.unit_price, line.quantity), (lamp.price, quantity(3)));

    assert_eq!(shop.order(order.id()).await, Some(order));
    assert_eq!(shop.stock(lamp.id).await, 4);
}

pub async fn a_new_order_has_no_history(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 3).build()).await;
    assert_eq!(shop.events(order.id()).await, []);
}

pub async fn a_free_form_order_does_not_touch_stock(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let order = builders::free_form(&shop.customer, "Lamp").with_quantity(100_000);
    let order = shop.place(order.with_customer("Grace Hopper").build()).await;
    assert_eq!(order.customer(), &customer("Grace Hopper"));
    let requested = order.content().free_form_item().expect("a free-form item");
    assert_eq!((&requested.name, requested.quantity), (&item("Lamp"), quantity(100_000)));
    assert_eq!((order.total(), order.content().lines().len()), (Money::ZERO, 0));
    assert_eq!(shop.order(order.id()).await, Some(order));
    assert_eq!(shop.live_product(lamp.id).await, *lamp);
}

pub async fn an_order_keeps_its_lines_as_requested(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 10).await, shop.product("Desk", 10).await);
    let lines = [(desk.id, 2), (lamp.id, 1), (desk.id, 3), (lamp.id, 4)];
    let mut order = builders::order(&shop.customer);
    for (product, units) in lines {
        order = order.with_line(product, units);
    }
    let order = shop.place(order.build()).await;
    let found = shop.order(order.id()).await.unwrap();
    assert_eq!(found, order);
    let kept: Vec<_> =
        found.content().lines().iter().map(|line| (line.product, line.quantity.get())).collect();
    assert_eq!(kept, lines);
    assert_eq!(found.quantity(), quantity(10));
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (5, 5));
}

pub async fn an_order_keeps_the_product_names_and_prices_of_its_placement(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 3).build()).await;
    let update = ProductUpdate {
        name: Some(product_name("Torch")),
        price: Some(price("99.00")),
        ..ProductUpdate::default()
    };
    shop.change_product(lamp.id, &ProductCommand::Update(update)).await;
    assert_eq!(shop.order(order.id()).await, Some(order));
    let later = shop.place(builders::order(&shop.customer).with_line(lamp.id, 1).build()).await;
    assert_eq!(later.total(), Money::from_minor(9_900));
    assert_eq!(later.content().title(), "Torch");
}

pub async fn the_whole_stock_can_be_ordered_and_no_more(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let order = |units| builders::order(&shop.customer).with_line(lamp.id, units).build();
    let insufficient = |requested, available| PlaceRefusal::InsufficientStock {
        product: lamp.id,
        requested: quantity(requested),
        available: stock(available),
    };
    assert_eq!(shop.place_refused(order(8)).await, insufficient(8, 7));
    shop.place(order(7)).await;
    assert_eq!(shop.stock(lamp.id).await, 0);
    assert_eq!(shop.place_refused(order(1)).await, insufficient(1, 0));
}

pub async fn insufficient_stock_counts_all_lines_of_a_product(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let order = builders::order(&shop.customer).with_line(lamp.id, 4).with_line(lamp.id, 4);
    let refused = shop.place_refused(order.build()).await;
    let (requested, available) = (quantity(8), stock(7));
    let expected = PlaceRefusal::InsufficientStock { product: lamp.id, requested, available };
    assert_eq!(refused, expected);
    assert_eq!(shop.live_product(lamp.id).await, *lamp);
}

pub async fn an_order_takes_stock_for_all_lines_or_for_none(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 10).await, shop.product("Desk", 1).await);
    let deleted = shop.product("Deleted", 10).await;
    shop.change_product(deleted.id, &ProductCommand::Delete).await;
    let unknown = ProductId::new(deleted.id.get() + 1_000);
    let order = |product, units| {
        builders::order(&shop.customer).with_line(lamp.id, 1).with_line(product, units).build()
    };
    let (requested, available) = (quantity(2), stock(1));
    let short = PlaceRefusal::InsufficientStock { product: desk.id, requested, available };
    assert_eq!(shop.place_refused(order(desk.id, 2)).await, short);
    let not_found = PlaceRefusal::ProductNotFound { product: deleted.id };
    assert_eq!(shop.place_refused(order(deleted.id, 1)).await, not_found);
    let not_found = PlaceRefusal::ProductNotFound { product: unknown };
    assert_eq!(shop.place_refused(order(unknown, 1)).await, not_found);

    assert_eq!(shop.live_product(lamp.id).await, *lamp, "not even its revision has changed");
    assert_eq!(shop.live_product(desk.id).await, *desk);
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 0, "no refused order is kept");
}

pub async fn refused_orders_use_up_no_order_ids(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 5).await;
    let order = |units| builders::order(&shop.customer).with_line(lamp.id, units).build();
    let first = shop.place(order(1)).await.id().get();
    for _ in 0..50 {
        shop.place_refused(order(9)).await;
    }
    assert_eq!(shop.place(order(1)).await.id().get(), first + 1);
    let batch = [9, 1, 9, 9, 2, 9].map(order).to_vec();
    let placed: Vec<_> = shop.stores.orders.place(batch).await.into_iter().flatten().collect();
    let ids: Vec<_> = placed.iter().map(|placement| placement.order.id().get()).collect();
    assert_eq!(ids, [first + 2, first + 3]);
}

pub async fn a_restored_product_can_be_ordered_again(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    shop.change_product(lamp.id, &ProductCommand::Delete).await;
    let order = builders::order(&shop.customer).with_line(lamp.id, 2).build();
    let not_found = PlaceRefusal::ProductNotFound { product: lamp.id };
    assert_eq!(shop.place_refused(order.clone()).await, not_found);
    shop.change_product(lamp.id, &ProductCommand::Restore).await;
    shop.place(order).await;
    let left = shop.live_product(lamp.id).await;
    assert_eq!((left.stock, left.version, left.revision), (stock(5), version(2), revision(3)));
}

pub async fn an_unknown_order_is_not_found(shop: ShopFixture) {
    let order = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
    for id in [order.id().get() + 1, 0, -1, i64::MAX, i64::MIN] {
        assert_eq!(shop.order(OrderId::new(id)).await, None);
        assert_eq!(shop.events(OrderId::new(id)).await, []);
    }
}

pub async fn an_order_may_have_a_hundred_lines(shop: ShopFixture) {
    let mut order = builders::order(&shop.customer);
    let mut products = Vec::new();
    for number in 0..LineRequests::MAX_LINES {
        let product = shop.product(&format!("Product {number}"), 5).await;
        order = order.with_line(product.id, 2);
        products.push(product.id);
    }
    let order = shop.place(order.build()).await;
    assert_eq!(shop.order(order.id()).await.as_ref(), Some(&order));
    assert!(order.product_ids().eq(products.iter().copied()), "in the requested sequence");
    assert_eq!((order.quantity(), order.total()), (quantity(200), Money::from_minor(200_000)));
    for product in products {
        assert_eq!(shop.stock(product).await, 3);
    }
}

pub async fn a_quantity_far_above_stock_is_refused_without_overflow(shop: ShopFixture) {
    let sand = shop.product("Sand", Stock::MAX).await;
    let order = builders::order(&shop.customer).with_line(sand.id, i64::MAX).build();
    let (requested, available) = (quantity(i64::MAX), stock(Stock::MAX));
    let short = PlaceRefusal::InsufficientStock { product: sand.id, requested, available };
    assert_eq!(shop.place_refused(order).await, short);
    assert_eq!(shop.live_product(sand.id).await, *sand);
}

pub async fn boundary_values_are_stored_unchanged(shop: ShopFixture) {
    let longest_name = "𝄞".repeat(ItemName::MAX_CHARS);
    let customer_name = "🪔".repeat(CustomerName::MAX_CHARS);
    let mut longest = builders::free_form(&shop.customer, &longest_name)
        .with_customer(&customer_name)
        .with_quantity(Quantity::MAX_FREE_FORM)
        .build();
    longest.currency = Currency::parse("USD").unwrap();
    let longest = shop.place(longest).await;
    assert_eq!(longest.customer().as_str(), customer_name);
    assert_eq!(longest.content().title(), longest_name);
    assert_eq!(longest.currency().code(), "USD");
    assert_eq!(shop.order(longest.id()).await, Some(longest));

    let greatest = Price::from_minor(Price::MAX_MINOR).unwrap().to_string();
    let sand = builders::product(&"𝄞".repeat(255)).with_stock(Stock::MAX).with_price(&greatest);
    let sand = sand.create(shop.stores.products.as_ref(), shop.admin.actor()).await;
    let all = builders::order(&shop.customer).with_line(sand.id, Stock::MAX);
    let all = shop.place(all.with_timestamp(250_000_000_000).build()).await;
    let total = i128::from(Price::MAX_MINOR) * i128::from(Stock::MAX);
    assert_eq!((all.quantity(), all.total()), (quantity(Stock::MAX), Money::from_minor(total)));
    assert_eq!(all.created_at(), timestamp(250_000_000_000));
    assert_eq!(shop.order(all.id()).await, Some(all));
    assert_eq!(shop.stock(sand.id).await, 0);
}
