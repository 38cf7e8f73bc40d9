//! Placing orders for products: lines, stock, and errors.

use serde_json::{Value, json};

use crate::harness::{assert_snapshot, server_with_customer, shop};

#[tokio::test]
async fn placing_an_order_reduces_stock_and_its_owner_can_read_it() {
    let (_server, ann, admin) = shop().await;
    let product = admin.create_product("Oak table", "129.90", 5).await;
    let response = ann.order_request(product, 3).await;
    let id = response.created_at("/api/v1/orders/");
    assert_snapshot("v1_order", &response.json);
    assert_eq!(response.json["user_id"], ann.id());
    assert_eq!(response.json["product_id"], product);
    assert_eq!(response.json["total"], "389.70");
    assert_eq!(ann.stock(product).await, 2);
    for reader in [&ann, &admin] {
        assert_eq!(reader.get(&format!("/api/v1/orders/{id}")).await.assert_ok(), &response.json);
    }
    assert_eq!(ann.get(&format!("/api/v1/orders/{id}/events")).await.assert_ok(), &json!([]));
}

#[tokio::test]
async fn an_order_beyond_the_stock_leaves_stock_unchanged() {
    let (_server, ann, admin) = shop().await;
    let product = admin.create_product("Lamp", "1.00", 5).await;
    let response = ann.order_request(product, 6).await;
    let problem = response.assert_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(problem["product_id"], product);
    assert_eq!(problem["requested"], 6);
    assert_eq!(problem["available"], 5);
    assert_snapshot("problem_insufficient_stock", problem);
    assert_eq!(ann.stock(product).await, 5);
    ann.place_order(product, 5).await;
    ann.order_request(product, 1).await.assert_problem(
        409,
        "insufficient_stock",
        "Not enough stock",
    );
    assert_eq!(ann.stock(product).await, 0);
}

#[tokio::test]
async fn an_order_can_have_several_lines() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    let table = admin.create_product("Table", "100.05", 5).await;
    let body = json!({"lines": [
        {"product_id": table, "quantity": 1},
        {"product_id": lamp, "quantity": "2"},
    ]});
    let response = ann.post("/api/v1/orders", body).await;
    let id = response.created_at("/api/v1/orders/");
    assert_snapshot("v1_order_of_several_lines", &response.json);
    assert_eq!(response.json["product_id"], Value::Null);
    assert_eq!(response.json["quantity"], 3);
    assert_eq!(response.json["total"], "139.85");
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (3, 4));
    assert_eq!(ann.get(&format!("/api/v1/orders/{id}")).await.assert_ok(), &response.json);
}

#[tokio::test]
async fn one_line_beyond_the_stock_refuses_the_whole_order() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let table = admin.create_product("Table", "1.00", 1).await;
    let place = |lines: Value| ann.post("/api/v1/orders", json!({"lines": lines}));
    let line = |product: i64, quantity: i64| json!({"product_id": product, "quantity": quantity});
    let response = place(json!([line(lamp, 1), line(table, 2)])).await;
    let problem = response.assert_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(problem["product_id"], table);
    place(json!([line(lamp, 1), line(4711, 1)])).await.assert_problem(
        404,
        "product_not_found",
        "Product not found",
    );
    // The quantities of a product in several lines are added up.
    let response = place(json!([line(lamp, 3), line(lamp, 3)])).await;
    assert_eq!(response.assert_problem_code(409, "insufficient_stock")["requested"], 6);
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (5, 1));
    assert_eq!(ann.get("/api/v1/orders/me").await.assert_ok()["total"], 0);
    place(json!([line(lamp, 3), line(lamp, 2)])).await.created_at("/api/v1/orders/");
    assert_eq!(ann.stock(lamp).await, 0);
}

#[tokio::test]
async fn an_order_has_1_to_100_lines_and_an_error_names_each_bad_one() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1_000).await;
    let lines = |count: usize| {
        let line = json!({"product_id": lamp, "quantity": 1});
        ann.post("/api/v1/orders", json!({"lines": vec![line; count]}))
    };
    lines(0).await.assert_invalid_fields(&["/lines"]);
    lines(101).await.assert_invalid_fields(&["/lines"]);
    let response = lines(100).await;
    response.created_at("/api/v1/orders/");
    assert_eq!(response.json["lines"].as_array().map(Vec::len), Some(100));
    let bad = json!({"lines": [
        {"product_id": lamp, "quantity": 1},
        {"product_id": "lamp", "quantity": 0},
        {"quantity": 1.5},
    ]});
    ann.post("/api/v1/orders", bad).await.assert_invalid_fields(&[
        "/lines/1/product_id",
        "/lines/1/quantity",
        "/lines/2/product_id",
        "/lines/2/quantity",
    ]);
    ann.post("/api/v1/orders", json!({"lines": "all"})).await.assert_invalid_fields(&["/lines"]);
}

#[tokio::test]
async fn an_invalid_order_names_every_bad_field_at_once() {
    let (_server, ann) = server_with_customer().await;
    for body in [
        json!({"product_id": "x", "quantity": 0}),
        json!({"product_id": null, "quantity": -3}),
        json!({"product_id": 1.5, "quantity": "three"}),
        json!({"product_id": [], "quantity": true}),
        json!({}),
    ] {
        ann.post("/api/v1/orders", body).await.assert_invalid_fields(&["/product_id", "/quantity"]);
    }
    let response = ann.post("/api/v1/orders", json!({"product_id": 1, "quantity": 0})).await;
    assert_eq!(
        response.assert_invalid_fields(&["/quantity"])["errors"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(response.error_detail("/quantity"), "must be greater than 0");
}

#[tokio::test]
async fn placing_an_order_ignores_unknown_and_protected_members() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "50.00", 5).await;
    let body = json!({
        "product_id": lamp, "quantity": 1, "price": "0.01", "unit_price": "0.01", "total": "0.01",
        "user_id": admin.id(), "status": "delivered", "id": 4711, "version": 9,
    });
    let response = ann.post("/api/v1/orders", body).await;
    assert_ne!(response.created_at("/api/v1/orders/"), 4711);
    assert_eq!(response.json["user_id"], ann.id());
    assert_eq!(response.json["status"], "pending");
    assert_eq!(response.json["total"], "50.00");
    assert_eq!(response.json["version"], 1);
}

#[tokio::test]
async fn a_line_keeps_the_name_and_price_at_the_time_of_the_order() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "50.00", 5).await;
    let order = ann.place_order(lamp, 2).await;
    let path = format!("/api/v1/orders/{order}");
    let before = ann.get(&path).await;
    admin
        .put(
            &format!("/api/v1/products/{lamp}"),
            json!({"name": "Expensive lamp", "price": "99.00"}),
        )
        .await
        .assert_ok();
    admin.delete(&format!("/api/v1/products/{lamp}")).await.assert_ok();
    let after = ann.get(&path).await;
    assert_eq!(after.assert_ok(), before.assert_ok());
    assert_eq!(after.json["lines"][0]["name"], "Lamp");
    assert_eq!(after.json["lines"][0]["unit_price"], "50.00");
}
