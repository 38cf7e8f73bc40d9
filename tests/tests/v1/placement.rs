//! Placing orders for products: lines, stock, and what is refused.

use serde_json::{Value, json};

use crate::harness::{server_of_ann, shape, shop};

#[tokio::test]
async fn an_order_takes_its_stock_and_can_be_read_by_its_owner() {
    let (_server, ann, admin) = shop().await;
    let product = admin.product("Oak table", "129.90", 5).await;
    let reply = ann.ask_for(product, 3).await;
    let id = reply.created_at("/api/v1/orders/");
    shape("v1_order", &reply.json);
    assert_eq!(reply.json["user_id"], ann.id());
    assert_eq!(reply.json["product_id"], product);
    assert_eq!(reply.json["total"], "389.70");
    assert_eq!(ann.stock(product).await, 2);
    for reader in [&ann, &admin] {
        assert_eq!(reader.get(&format!("/api/v1/orders/{id}")).await.ok(), &reply.json);
    }
    assert_eq!(ann.get(&format!("/api/v1/orders/{id}/events")).await.ok(), &json!([]));
}

#[tokio::test]
async fn an_order_of_more_than_there_is_takes_nothing() {
    let (_server, ann, admin) = shop().await;
    let product = admin.product("Lamp", "1.00", 5).await;
    let reply = ann.ask_for(product, 6).await;
    let problem = reply.is_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(problem["product_id"], product);
    assert_eq!(problem["requested"], 6);
    assert_eq!(problem["available"], 5);
    shape("problem_insufficient_stock", problem);
    assert_eq!(ann.stock(product).await, 5);
    ann.order(product, 5).await;
    ann.ask_for(product, 1).await.is_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(ann.stock(product).await, 0);
}

#[tokio::test]
async fn an_order_can_have_several_lines() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.product("Lamp", "19.90", 5).await;
    let table = admin.product("Table", "100.05", 5).await;
    let body = json!({"lines": [
        {"product_id": table, "quantity": 1},
        {"product_id": lamp, "quantity": "2"},
    ]});
    let reply = ann.post("/api/v1/orders", body).await;
    let id = reply.created_at("/api/v1/orders/");
    shape("v1_order_of_several_lines", &reply.json);
    assert_eq!(reply.json["product_id"], Value::Null);
    assert_eq!(reply.json["quantity"], 3);
    assert_eq!(reply.json["total"], "139.85");
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (3, 4));
    assert_eq!(ann.get(&format!("/api/v1/orders/{id}")).await.ok(), &reply.json);
}

#[tokio::test]
async fn one_line_that_cannot_be_served_stops_the_whole_order() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.product("Lamp", "1.00", 5).await;
    let table = admin.product("Table", "1.00", 1).await;
    let place = |lines: Value| ann.post("/api/v1/orders", json!({"lines": lines}));
    let line = |product: i64, quantity: i64| json!({"product_id": product, "quantity": quantity});
    let reply = place(json!([line(lamp, 1), line(table, 2)])).await;
    let problem = reply.is_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(problem["product_id"], table);
    place(json!([line(lamp, 1), line(4711, 1)])).await.is_problem(
        404,
        "product_not_found",
        "Product not found",
    );
    // The same product in several lines is counted together.
    let reply = place(json!([line(lamp, 3), line(lamp, 3)])).await;
    assert_eq!(reply.is_refused(409, "insufficient_stock")["requested"], 6);
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (5, 1));
    assert_eq!(ann.get("/api/v1/orders/me").await.ok()["total"], 0);
    place(json!([line(lamp, 3), line(lamp, 2)])).await.created_at("/api/v1/orders/");
    assert_eq!(ann.stock(lamp).await, 0);
}

#[tokio::test]
async fn an_order_has_from_1_to_100_lines_and_each_bad_one_is_named() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.product("Lamp", "1.00", 1_000).await;
    let lines = |count: usize| {
        let line = json!({"product_id": lamp, "quantity": 1});
        ann.post("/api/v1/orders", json!({"lines": vec![line; count]}))
    };
    lines(0).await.is_invalid(&["/lines"]);
    lines(101).await.is_invalid(&["/lines"]);
    let reply = lines(100).await;
    reply.created_at("/api/v1/orders/");
    assert_eq!(reply.json["lines"].as_array().map(Vec::len), Some(100));
    let bad = json!({"lines": [
        {"product_id": lamp, "quantity": 1},
        {"product_id": "lamp", "quantity": 0},
        {"quantity": 1.5},
    ]});
    ann.post("/api/v1/orders", bad).await.is_invalid(&[
        "/lines/1/product_id",
        "/lines/1/quantity",
        "/lines/2/product_id",
        "/lines/2/quantity",
    ]);
    ann.post("/api/v1/orders", json!({"lines": "all"})).await.is_invalid(&["/lines"]);
}

#[tokio::test]
async fn an_order_names_every_bad_field_at_once() {
    let (_server, ann) = server_of_ann().await;
    for body in [
        json!({"product_id": "x", "quantity": 0}),
        json!({"product_id": null, "quantity": -3}),
        json!({"product_id": 1.5, "quantity": "three"}),
        json!({"product_id": [], "quantity": true}),
        json!({}),
    ] {
        ann.post("/api/v1/orders", body).await.is_invalid(&["/product_id", "/quantity"]);
    }
    let reply = ann.post("/api/v1/orders", json!({"product_id": 1, "quantity": 0})).await;
    assert_eq!(reply.is_invalid(&["/quantity"])["errors"].as_array().map(Vec::len), Some(1));
    assert_eq!(reply.reason("/quantity"), "must be greater than 0");
}

#[tokio::test]
async fn an_order_sets_nothing_but_what_its_row_names() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.product("Lamp", "50.00", 5).await;
    let body = json!({
        "product_id": lamp, "quantity": 1, "price": "0.01", "unit_price": "0.01", "total": "0.01",
        "user_id": admin.id(), "status": "delivered", "id": 4711, "version": 9,
    });
    let reply = ann.post("/api/v1/orders", body).await;
    assert_ne!(reply.created_at("/api/v1/orders/"), 4711);
    assert_eq!(reply.json["user_id"], ann.id());
    assert_eq!(reply.json["status"], "pending");
    assert_eq!(reply.json["total"], "50.00");
    assert_eq!(reply.json["version"], 1);
}

#[tokio::test]
async fn a_line_keeps_the_name_and_the_price_of_its_day() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.product("Lamp", "50.00", 5).await;
    let order = ann.order(lamp, 2).await;
    let path = format!("/api/v1/orders/{order}");
    let before = ann.get(&path).await;
    admin
        .put(&format!("/api/v1/products/{lamp}"), json!({"name": "Dear lamp", "price": "99.00"}))
        .await
        .ok();
    admin.delete(&format!("/api/v1/products/{lamp}")).await.ok();
    let after = ann.get(&path).await;
    assert_eq!(after.ok(), before.ok());
    assert_eq!(after.json["lines"][0]["name"], "Lamp");
    assert_eq!(after.json["lines"][0]["unit_price"], "50.00");
}
