//! The valid values of a product's fields, above all of its price.

use serde_json::{Value, json};

use crate::harness::{Server, assert_snapshot};

#[tokio::test]
async fn a_price_is_exact_as_a_string_and_as_a_number() {
    let server = Server::start();
    let admin = server.admin().await;
    for (sent, expected) in [
        (r#""129.90""#, "129.90"),
        (r#""129.9""#, "129.90"),
        ("129.9", "129.90"),
        ("0.01", "0.01"),
        ("0.1", "0.10"),
        ("1.15", "1.15"),
        ("7", "7.00"),
        ("1e2", "100.00"),
        ("1.299E2", "129.90"),
        ("99999999.99", "99999999.99"),
        (r#""99999999.99""#, "99999999.99"),
        ("4503599.63", "4503599.63"),
    ] {
        let body = format!(r#"{{"name":"Lamp","price":{sent},"stock":1}}"#);
        let response = admin
            .with_body(reqwest::Method::POST, "/api/v1/products", Some("application/json"), body)
            .await;
        response.created_at("/api/v1/products/");
        assert_eq!(response.json["price"], expected, "{sent}: {response}");
    }
}

#[tokio::test]
async fn an_invalid_price_is_refused() {
    let server = Server::start();
    let admin = server.admin().await;
    for sent in [
        "0",
        "0.00",
        "-1",
        "12.345",
        "0.001",
        "100000000",
        "1e999",
        "1e-3",
        "true",
        "null",
        "[]",
        r#""""#,
        r#""free""#,
        r#""1,50""#,
        r#""NaN""#,
        r#""Infinity""#,
    ] {
        let body = format!(r#"{{"name":"Lamp","price":{sent},"stock":1}}"#);
        let response = admin
            .with_body(reqwest::Method::POST, "/api/v1/products", Some("application/json"), body)
            .await;
        response.assert_invalid_fields(&["/price"]);
    }
}

#[tokio::test]
async fn an_invalid_product_names_every_bad_field_at_once() {
    let server = Server::start();
    let admin = server.admin().await;
    let everything = ["/name", "/description", "/price", "/stock"];
    admin
        .post(
            "/api/v1/products",
            json!({"name": " ", "description": "d".repeat(1001), "price": "-1", "stock": -1}),
        )
        .await
        .assert_invalid_fields(&everything);
    admin
        .post(
            "/api/v1/products",
            json!({"name": 1, "description": [], "price": {}, "stock": "many"}),
        )
        .await
        .assert_invalid_fields(&everything);
    admin
        .post("/api/v1/products", json!({}))
        .await
        .assert_invalid_fields(&["/name", "/price", "/stock"]);
    let response =
        admin.post("/api/v1/products", json!({"name": "Lamp", "price": 0, "stock": 1})).await;
    response.assert_invalid_fields(&["/price"]);
    assert_eq!(response.error_detail("/price"), "must be greater than 0");
    assert_snapshot("problem_invalid_input", &response.json);
}

#[tokio::test]
async fn name_and_description_have_maximum_lengths() {
    let server = Server::start();
    let admin = server.admin().await;
    let create = |name: &str, description: Value| {
        admin.post(
            "/api/v1/products",
            json!({"name": name, "description": description, "price": 1, "stock": 0}),
        )
    };
    create(&"ä".repeat(255), json!("ö".repeat(1000))).await.assert_status(201);
    create(&"ä".repeat(256), Value::Null).await.assert_invalid_fields(&["/name"]);
    create("", Value::Null).await.assert_invalid_fields(&["/name"]);
    let response = create("Lamp", Value::Null).await;
    assert_eq!(response.assert_status(201)["description"], Value::Null);
    assert_eq!(response.json["stock"], 0);
}

#[tokio::test]
async fn creating_a_product_ignores_unknown_and_protected_members() {
    let server = Server::start();
    let admin = server.admin().await;
    let extra = json!({
        "name": "Lamp", "price": 1, "stock": 1, "colour": "red",
        "id": 4711, "version": 99, "created_at": "1999-01-01T00:00:00Z", "deleted_at": null,
    });
    let response = admin.post("/api/v1/products", extra.clone()).await;
    let id = response.created_at("/api/v1/products/");
    assert_ne!(id, 4711);
    assert_eq!(response.json["version"], 1);
    let path = format!("/api/v1/products/{id}");
    admin.put(&path, extra.clone()).await.assert_invalid_fields(&["/colour", "/deleted_at"]);
    let mut known = extra;
    known
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !["colour", "deleted_at"].contains(&name.as_str()));
    let response = admin.put(&path, known).await;
    assert_eq!(response.assert_ok()["id"], id);
    assert!(!response.text.contains("1999"), "{response}");
}
