//! Request bodies: what is accepted, and the errors for what is not.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Client, Connection, Response, server_with_customer, shop};

const JSON: Option<&str> = Some("application/json");

async fn send(client: &Client, path: &str, content_type: Option<&str>, body: &str) -> Response {
    client.with_body(Method::POST, path, content_type, body.to_owned()).await
}

#[tokio::test]
async fn a_body_without_a_content_type_is_taken_for_json() {
    let (server, ann) = server_with_customer().await;
    let body = r#"{"customer_name": "Ada", "item_name": "Chair", "quantity": 1}"#;
    for content_type in [
        None,
        JSON,
        Some("application/json; charset=utf-8"),
        Some("Application/JSON"),
        Some("application/vnd.shop+json"),
    ] {
        send(&ann, "/orders", content_type, body).await.created_at("/orders/");
    }
    for content_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded"] {
        let response = send(&ann, "/orders", Some(content_type), body).await;
        response.assert_problem_code(415, "unsupported_media_type");
        let response = send(&server.anonymous(), "/auth/login", Some(content_type), body).await;
        response.assert_problem_code(415, "unsupported_media_type");
    }
    let response = send(&ann, "/api/v1/users/login", Some("text/plain"), body).await;
    response.assert_problem_code(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_compressed_body_is_refused_with_the_coding_that_is_accepted() {
    let (_server, ann) = server_with_customer().await;
    let body = r#"{"customer_name": "Ada", "item_name": "Chair", "quantity": 1}"#;
    let form = Some("application/x-www-form-urlencoded");
    let order = ann.place_free_form_order("Ada", "Chair", 1).await;
    let (own_account, cancel) =
        (format!("/api/v1/users/{}", ann.id()), format!("/api/v1/orders/{order}/cancel"));
    let requests = [
        (Method::POST, "/orders", JSON),
        (Method::POST, "/auth/login", JSON),
        (Method::POST, "/api/v1/orders", JSON),
        (Method::POST, "/api/v1/users/login", form),
        (Method::PUT, own_account.as_str(), JSON),
        (Method::PUT, cancel.as_str(), JSON),
    ];
    for (method, path, content_type) in requests {
        for coding in ["gzip", "br", "Identity, GZIP", "x-nonsense"] {
            let request = ann.with_body(method.clone(), path, content_type, body.to_owned());
            let response = request.header("Content-Encoding", coding).await;
            let problem = response.assert_problem_code(415, "unsupported_content_encoding");
            assert!(problem["detail"].as_str().unwrap().contains("Content-Encoding"), "{problem}");
            assert_eq!(response.header("accept-encoding"), Some("identity"), "{response}");
        }
    }
    let page = ann.with_body(Method::POST, "/account/verify", form, "token=x".to_owned());
    let page = page.header("Content-Encoding", "gzip").await;
    page.assert_status(415);
    assert_eq!(page.header("accept-encoding"), Some("identity"), "{page}");

    let other = ann.with_body(Method::POST, "/orders", Some("text/plain"), body.to_owned()).await;
    assert_eq!(other.header("accept-encoding"), None, "{other}");
    for coding in ["identity", "IDENTITY", ""] {
        let request = ann.with_body(Method::POST, "/orders", JSON, body.to_owned());
        request.header("Content-Encoding", coding).await.created_at("/orders/");
    }
    // Without a body there is nothing to decode.
    ann.put_empty(&cancel).header("Content-Encoding", "gzip").await.assert_ok();
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_refused() {
    let (_server, ann) = server_with_customer().await;
    let order = |padding: usize| {
        let padding = "x".repeat(padding);
        format!(r#"{{"customer_name":"Ada","item_name":"Chair","quantity":1,"note":"{padding}"}}"#)
    };
    let overhead = order(0).len();
    let mebibyte = 1024 * 1024;
    let largest = order(mebibyte - overhead);
    assert_eq!(largest.len(), mebibyte);
    send(&ann, "/orders", JSON, &largest).await.created_at("/orders/");
    for path in ["/orders", "/api/v1/orders", "/auth/login", "/api/v1/users/register"] {
        let response = send(&ann, path, JSON, &order(mebibyte + 1)).await;
        response.assert_problem_code(413, "body_too_large");
    }
    // The next request works, on the same connection or a new one.
    ann.get("/api/v1/users/me").await.assert_ok();
}

#[tokio::test]
async fn a_body_of_unknown_length_is_limited_too() {
    let (server, ann) = server_with_customer().await;
    let mut connection = Connection::open(&server).await.unwrap();
    let head = format!(
        "POST /orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        ann.access_token()
    );
    connection.send(head).await;
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
    for _ in 0..64 {
        connection.send(&chunk).await;
    }
    let response = connection.read_all().await;
    // The server may close the connection without reading the body, but must not accept it.
    assert!(response.is_empty() || response.starts_with("HTTP/1.1 413"), "{response}");
    assert_eq!(ann.get("/orders").await.assert_ok(), &json!([]));
}

#[tokio::test]
async fn a_body_that_is_not_valid_json_is_422() {
    let (_server, ann) = server_with_customer().await;
    let deep = "[".repeat(200_000);
    for body in [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"text\"",
        "{'a': 1}",
        "{\"quantity\": 1,}",
        "{}{}",
        deep.as_str(),
    ] {
        for path in ["/orders", "/api/v1/orders", "/api/v1/users/register", "/auth/login"] {
            send(&ann, path, JSON, body).await.assert_problem_code(422, "invalid_input");
        }
    }
    let not_utf8 = ann.with_body(Method::POST, "/orders", JSON, vec![b'{', b'"', 0xff, b'"', b'}']);
    not_utf8.await.assert_problem_code(422, "invalid_input");
}

#[tokio::test]
async fn a_whole_number_can_be_a_string_of_digits() {
    let (_server, ann, admin) = shop().await;
    let body = json!({"name": "Lamp", "price": "5", "stock": "40"});
    let response = admin.post("/api/v1/products", body).await;
    assert_eq!(response.assert_status(201)["stock"], 40);
    let lamp = response.id().to_string();
    let response = ann.post("/api/v1/orders", json!({"product_id": lamp, "quantity": "3"})).await;
    assert_eq!(response.assert_status(201)["quantity"], 3);
    let lines = json!([{"product_id": lamp, "quantity": "2"}]);
    assert_eq!(
        ann.post("/api/v1/orders", json!({"lines": lines})).await.assert_status(201)["quantity"],
        2
    );
    for quantity in ["", " ", "3.5", "three", "3 pieces", "0x3", "١"] {
        let body = json!({"product_id": lamp, "quantity": quantity});
        ann.post("/api/v1/orders", body).await.assert_invalid_fields(&["/quantity"]);
    }
    assert_eq!(ann.stock(lamp.parse().unwrap()).await, 35);
}

#[tokio::test]
async fn a_nul_character_in_any_text_is_refused() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1).await;
    let nul = "a\0b";
    let register = "/api/v1/users/register";
    ann.post(register, json!({"name": nul, "email": "a\0b@example.com", "password": "a\0bcdefgh"}))
        .await
        .assert_invalid_fields(&["/name", "/email", "/password"]);
    ann.post("/auth/register", json!({"email": "b@example.com", "password": "abc\0def"}))
        .await
        .assert_invalid_fields(&["/password"]);
    admin
        .post("/api/v1/products", json!({"name": nul, "description": nul, "price": 1, "stock": 1}))
        .await
        .assert_invalid_fields(&["/name", "/description"]);
    admin
        .put(&format!("/api/v1/products/{lamp}"), json!({"name": nul}))
        .await
        .assert_invalid_fields(&["/name"]);
    ann.post("/orders", json!({"customer_name": nul, "item_name": nul, "quantity": 1}))
        .await
        .assert_invalid_fields(&["/customer_name", "/item_name"]);
    ann.put(&format!("/api/v1/users/{}", ann.id()), json!({"name": nul}))
        .await
        .assert_invalid_fields(&["/name"]);
    ann.get("/api/v1/products?search=a%00b").await.assert_invalid_parameters(&["search"]);
    ann.get("/orders?search=a%00b").await.assert_invalid_parameters(&["search"]);
    for (user, password) in [("ann\0@example.com", "x"), ("ann@example.com", "x\0")] {
        let body = json!({"username": user, "password": password});
        let response = ann.post("/api/v1/users/login", body).await;
        assert!([401, 422].contains(&response.status), "{response}");
    }
}

#[tokio::test]
async fn text_of_any_script_is_returned_unchanged() {
    let (_server, ann) = server_with_customer().await;
    for text in [
        "Zoë 🪑",
        "ﷺ",
        "q\u{323}\u{307}",
        "<b>&amp;\"'\\",
        "日本語",
        "می\u{200c}خواهم",
        "  two  spaces",
    ] {
        let body = json!({"customer_name": text, "item_name": text, "quantity": 1});
        let response = ann.post("/orders", body).await;
        assert_eq!(response.assert_status(201)["item_name"], text);
        let again = ann.get(&format!("/orders/{}", response.id())).await;
        assert_eq!(again.assert_ok()["customer_name"], text);
    }
}
