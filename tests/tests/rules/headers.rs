//! Headers that every answer has, and those that browsers ask for.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, shop};

#[tokio::test]
async fn a_trailing_slash_never_matters_and_never_redirects() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 50).await;
    let order = ann.place_order(lamp, 1).await;
    for path in [
        "/api/v1/products".to_owned(),
        format!("/api/v1/products/{lamp}"),
        "/api/v1/users".to_owned(),
        "/api/v1/users/me".to_owned(),
        format!("/api/v1/users/{}", ann.id()),
        "/api/v1/orders".to_owned(),
        "/api/v1/orders/me".to_owned(),
        format!("/api/v1/orders/{order}"),
        format!("/api/v1/orders/{order}/events"),
        "/orders".to_owned(),
        format!("/orders/{order}"),
        format!("/orders/{order}/events"),
        "/health".to_owned(),
        "/app".to_owned(),
        "/openapi.json".to_owned(),
    ] {
        let (without, with) = (admin.get(&path).await, admin.get(&format!("{path}/")).await);
        assert_eq!(without.assert_ok(), with.assert_ok(), "{path}");
    }
    admin.get("/api/v1/products/?page=1").await.assert_ok();
    for path in ["/api/v1/orders", "/api/v1/orders/"] {
        ann.post(path, json!({"product_id": lamp, "quantity": 1})).await.assert_status(201);
    }
    for path in ["/orders", "/orders/"] {
        let body = json!({"customer_name": "Ada", "item_name": "Chair", "quantity": 1});
        ann.post(path, body).await.assert_status(201);
    }
    for path in ["/auth/login", "/auth/login/", "/api/v1/users/login/"] {
        let body = json!({"email": ann.email(), "password": crate::harness::PASSWORD});
        ann.post(path, body).await.assert_ok();
    }
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel/")).await.assert_ok();
    admin.put(&format!("/api/v1/products/{lamp}/"), json!({"stock": 1})).await.assert_ok();
    admin.delete(&format!("/orders/{order}/")).await.assert_status(204);
}

#[tokio::test]
async fn a_sane_request_id_comes_back_and_any_other_is_replaced() {
    let server = Server::start();
    let anyone = server.anonymous();
    for sane in ["7b1c9f2e-8a55-4d3b-9a60-0f1d2e3c4b5a", "order-42", "abc123"] {
        let response = anyone.get("/health").header("X-Request-Id", sane).await;
        assert_eq!(response.header("x-request-id"), Some(sane));
    }
    let endless = "x".repeat(1_000);
    for insane in [endless.as_str(), "<script>alert(1)</script>", "a b\tc", "", "é"] {
        let response = anyone.get("/health").header("X-Request-Id", insane).await;
        let made = response.header("x-request-id").expect("one is made");
        assert_ne!(made, insane);
        assert!(!made.is_empty() && made.len() < 100, "{response}");
    }
    let made = async || {
        let response = anyone.get("/nowhere").await;
        response.header("x-request-id").expect("one is made").to_owned()
    };
    assert_ne!(made().await, made().await, "each request has its own");
}

#[tokio::test]
async fn an_origin_that_is_allowed_may_call_and_another_may_not() {
    let server = Server::configure()
        .var("ALLOWED_ORIGINS", "https://shop.example, http://localhost:5173")
        .start();
    let anyone = server.anonymous();
    let preflight = |origin: &str, method: &str| {
        anyone
            .request(Method::OPTIONS, "/api/v1/orders")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method)
            .header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
    };
    for origin in ["https://shop.example", "http://localhost:5173"] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let response = preflight(origin, method).await;
            assert!([200, 204].contains(&response.status), "{response}");
            assert_eq!(response.header("access-control-allow-origin"), Some(origin), "{response}");
            let methods = response.header("access-control-allow-methods").unwrap_or_default();
            assert!(methods.contains(method), "{response}");
            let headers =
                response.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
            for header in ["authorization", "content-type", "idempotency-key"] {
                assert!(headers.contains(header), "{response}");
            }
        }
        let response = anyone.get("/api/v1/products").header("Origin", origin).await;
        assert_eq!(response.header("access-control-allow-origin"), Some(origin), "{response}");
        let exposed =
            response.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
        for header in ["x-request-id", "etag", "location", "retry-after"] {
            assert!(exposed.contains(header), "scripts can read {header}: {response}");
        }
        // A page must be able to read why it was refused.
        let refused = anyone.get("/orders").header("Origin", origin).await;
        refused.assert_status(401);
        assert_eq!(refused.header("access-control-allow-origin"), Some(origin), "{refused}");
    }
    preflight("https://shop.example", "PURGE")
        .await
        .assert_problem_code(403, "cross_origin_refused");
    for stranger in ["https://evil.example", "https://shop.example.evil.example", "null"] {
        let response = preflight(stranger, "POST").await;
        response.assert_problem_code(403, "cross_origin_refused");
        assert_eq!(response.header("access-control-allow-origin"), None, "{response}");
        let response = anyone.get("/api/v1/products").header("Origin", stranger).await;
        assert_eq!(response.header("access-control-allow-origin"), None, "{response}");
    }
}

#[tokio::test]
async fn every_origin_may_call_if_that_is_configured_and_none_if_nothing_is() {
    for (allowed, answered) in [("*", true), ("", false)] {
        let server = Server::configure().var("ALLOWED_ORIGINS", allowed).start();
        let request =
            server.anonymous().get("/api/v1/products").header("Origin", "https://any.example");
        let response = request.await;
        let origin = response.header("access-control-allow-origin");
        let open = origin.is_some_and(|origin| ["*", "https://any.example"].contains(&origin));
        assert_eq!(open, answered, "{response}");
        assert_eq!(
            response.header("access-control-allow-credentials"),
            None,
            "tokens come in a header, never in a cookie: {response}"
        );
    }
}
