//! Numbers at the limits of 64 bits, and invalid ids.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Client, Server, shop};

/// The operations with an id in their path, and the code of the error for an unknown id.
const WITH_ID: [(Method, &str, &str); 15] = [
    (Method::GET, "/api/v1/users/{id}", "user_not_found"),
    (Method::PUT, "/api/v1/users/{id}", "user_not_found"),
    (Method::PUT, "/api/v1/users/{id}/role", "user_not_found"),
    (Method::DELETE, "/api/v1/users/{id}", "user_not_found"),
    (Method::GET, "/api/v1/products/{id}", "product_not_found"),
    (Method::PUT, "/api/v1/products/{id}", "product_not_found"),
    (Method::DELETE, "/api/v1/products/{id}", "product_not_found"),
    (Method::PUT, "/api/v1/products/{id}/restore", "product_not_found"),
    (Method::GET, "/api/v1/orders/{id}", "order_not_found"),
    (Method::GET, "/api/v1/orders/{id}/events", "order_not_found"),
    (Method::PUT, "/api/v1/orders/{id}/cancel", "order_not_found"),
    (Method::GET, "/orders/{id}", "order_not_found"),
    (Method::GET, "/orders/{id}/events", "order_not_found"),
    (Method::DELETE, "/orders/{id}", "order_not_found"),
    (Method::PATCH, "/orders/{id}", "order_not_found"),
];

#[tokio::test]
async fn an_id_that_is_no_64_bit_integer_is_422() {
    let server = Server::start();
    let admin = server.admin().await;
    for (method, path, _) in WITH_ID {
        for id in ["abc", "1.5", "9223372036854775808", "1e3", "0x1", "%00", "1%20", "%C3%A9"] {
            let path = path.replace("{id}", id);
            let body = r#"{"status": "SHIPPED"}"#;
            let request = admin.with_body(method.clone(), &path, Some("application/json"), body);
            request.await.assert_invalid_parameters(&["id"]);
        }
    }
}

#[tokio::test]
async fn an_unknown_id_is_404() {
    let server = Server::start();
    let admin = server.admin().await;
    for (method, path, code) in WITH_ID {
        for id in ["9223372036854775807", "-9223372036854775808", "-1", "0", "4711"] {
            // A body that the operation accepts, since it is checked before the id is looked up.
            let body = match path {
                "/api/v1/users/{id}/role" => r#"{"role": "user"}"#,
                _ if path.contains("orders") => r#"{"status": "SHIPPED"}"#,
                _ => "{}",
            };
            let path = path.replace("{id}", id);
            let request = admin.with_body(method.clone(), &path, Some("application/json"), body);
            request.await.assert_problem_code(404, code);
        }
    }
}

#[tokio::test]
async fn a_number_beyond_64_bits_in_a_body_is_422() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let huge = "9".repeat(400);
    for number in [
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "1e30",
        huge.as_str(),
        "\"9223372036854775808\"",
    ] {
        let order = |body: String| ann.with_body(Method::POST, "/api/v1/orders", None, body);
        order(format!(r#"{{"product_id": {lamp}, "quantity": {number}}}"#))
            .await
            .assert_invalid_fields(&["/quantity"]);
        order(format!(r#"{{"product_id": {number}, "quantity": 1}}"#))
            .await
            .assert_invalid_fields(&["/product_id"]);
        let body = format!(r#"{{"customer_name": "A", "item_name": "B", "quantity": {number}}}"#);
        ann.with_body(Method::POST, "/orders", None, body)
            .await
            .assert_invalid_fields(&["/quantity"]);
        let body = format!(r#"{{"name": "Lamp", "price": 1, "stock": {number}}}"#);
        admin
            .with_body(Method::POST, "/api/v1/products", None, body)
            .await
            .assert_invalid_fields(&["/stock"]);
    }
    assert_eq!(ann.stock(lamp).await, 5);
}

#[tokio::test]
async fn the_greatest_64_bit_integer_is_handled_like_any_other_number() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "99999999.99", 5).await;
    ann.order_request(lamp, i64::MAX).await.assert_problem(
        409,
        "insufficient_stock",
        "Not enough stock",
    );
    ann.order_request(i64::MAX, 1).await.assert_problem(
        404,
        "product_not_found",
        "Product not found",
    );
    let line = json!({"product_id": lamp, "quantity": i64::MAX});
    let response = ann.post("/api/v1/orders", json!({"lines": [line, line]})).await;
    response.assert_problem_code(422, "invalid_input");
    let max_stock = 1_000_000_000_000_000_i64;
    let sand = admin.create_product("Sand", "99999999.99", max_stock).await;
    let response = ann.order_request(sand, max_stock).await;
    assert_eq!(response.assert_status(201)["total"], "99999999990000000000000.00");
    assert_eq!(ann.stock(sand).await, 0);
    let list = ann.get("/orders").await;
    assert_eq!(list.assert_ok()[0]["quantity"], max_stock);
}

#[tokio::test]
async fn the_value_of_a_number_counts_and_not_its_spelling() {
    let (_server, ann, admin) = shop().await;
    let post = |client: &Client, path: &str, body: String| {
        client.with_body(Method::POST, path, Some("application/json"), body)
    };
    for (price, stock) in [
        ("12.5", "1000"),
        (r#""12.500""#, "1E3"),
        ("1.25e1", "1e3"),
        ("125e-1", r#""1000.0""#),
        (r#""0012.50""#, "100000e-2"),
    ] {
        let body = format!(r#"{{"name": "Lamp", "price": {price}, "stock": {stock}}}"#);
        let created = post(&admin, "/api/v1/products", body).await;
        assert_eq!(created.assert_status(201)["price"], "12.50", "{price}");
        assert_eq!(created.json["stock"], 1_000, "{stock}");
    }
    let lamp = admin.create_product("Lamp", "1.00", 1_000).await;
    for three in ["3", r#""3""#, "3.0", "3e0", "0.3e1", r#""30e-1""#] {
        let body = format!(r#"{{"product_id": {lamp}.0, "quantity": {three}}}"#);
        let placed = post(&ann, "/api/v1/orders", body).await;
        assert_eq!(placed.assert_status(201)["quantity"], 3, "{three}");
        let body = format!(r#"{{"lines": [{{"product_id": "{lamp}e0", "quantity": {three}}}]}}"#);
        let placed = post(&ann, "/api/v1/orders", body).await;
        assert_eq!(placed.assert_status(201)["quantity"], 3, "{three}");
        let body = format!(r#"{{"customer_name": "A", "item_name": "B", "quantity": {three}}}"#);
        let placed = post(&ann, "/orders", body).await;
        assert_eq!(placed.assert_status(201)["quantity"], 3, "{three}");
    }
    for none in ["1e-1", "3.5", "1e999999999", r#""1e99999999999999999999""#, r#""3,0""#, "1e19"] {
        let body = format!(r#"{{"product_id": {lamp}, "quantity": {none}}}"#);
        post(&ann, "/api/v1/orders", body).await.assert_invalid_fields(&["/quantity"]);
        let body = format!(r#"{{"name": "Lamp", "price": 1, "stock": {none}}}"#);
        post(&admin, "/api/v1/products", body).await.assert_invalid_fields(&["/stock"]);
    }
    for price in ["12.345", "1e-3", "1e999999999", r#""1e-999999999""#] {
        let body = format!(r#"{{"name": "Lamp", "price": {price}, "stock": 1}}"#);
        post(&admin, "/api/v1/products", body).await.assert_invalid_fields(&["/price"]);
    }
    let page = ann.get("/api/v1/products?page=2.0&limit=1e0").await;
    assert_eq!((&page.assert_ok()["page"], &page.json["limit"]), (&json!(2), &json!(1)));
    let orders = ann.get("/orders?min_qty=0.3e1&max_qty=30e-1&limit=1e2").await;
    assert_eq!(orders.assert_ok().as_array().unwrap().len(), 18);
    ann.get("/api/v1/products?page=1.5").await.assert_invalid_parameters(&["page"]);
}
