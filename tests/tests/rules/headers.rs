//! Trailing slashes, request ids, and CORS.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, eventually, shop};

#[tokio::test]
async fn a_trailing_slash_makes_no_difference_and_never_redirects() {
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
async fn a_valid_request_id_is_returned_and_any_other_is_replaced() {
    let server = Server::start();
    let anyone = server.anonymous();
    for valid in ["7b1c9f2e-8a55-4d3b-9a60-0f1d2e3c4b5a", "order-42", "abc123"] {
        let response = anyone.get("/health").header("X-Request-Id", valid).await;
        assert_eq!(response.header("x-request-id"), Some(valid));
    }
    let very_long = "x".repeat(1_000);
    for invalid in [very_long.as_str(), "<script>alert(1)</script>", "a b\tc", "", "é"] {
        let response = anyone.get("/health").header("X-Request-Id", invalid).await;
        let generated = response.header("x-request-id").expect("a generated id");
        assert_ne!(generated, invalid);
        assert!(!generated.is_empty() && generated.len() < 100, "{response}");
    }
    let generated = async || {
        let response = anyone.get("/nowhere").await;
        response.header("x-request-id").expect("a generated id").to_owned()
    };
    assert_ne!(generated().await, generated().await, "each request has its own");
}

#[tokio::test]
async fn cors_allows_configured_origins_and_refuses_others() {
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
        // Scripts must be able to read errors as well.
        let refused = anyone.get("/orders").header("Origin", origin).await;
        refused.assert_status(401);
        assert_eq!(refused.header("access-control-allow-origin"), Some(origin), "{refused}");
    }
    preflight("https://shop.example", "PURGE")
        .await
        .assert_problem_code(403, "cross_origin_refused");
    for foreign in ["https://evil.example", "https://shop.example.evil.example", "null"] {
        let response = preflight(foreign, "POST").await;
        response.assert_problem_code(403, "cross_origin_refused");
        assert_eq!(response.header("access-control-allow-origin"), None, "{response}");
        let response = anyone.get("/api/v1/products").header("Origin", foreign).await;
        assert_eq!(response.header("access-control-allow-origin"), None, "{response}");
    }
}

#[tokio::test]
async fn pages_from_localhost_may_call_a_server_on_a_loopback_address_unless_origins_are_named() {
    let preflight = async |server: &Server, origin: &str| {
        let anyone = server.anonymous();
        let request = anyone.request(Method::OPTIONS, "/auth/login").header("Origin", origin);
        let request = request.header("Access-Control-Request-Method", "POST");
        let response = request.header("Access-Control-Request-Headers", "content-type").await;
        let read = anyone.get("/api/v1/products").header("Origin", origin).await;
        let allowed = response.header("access-control-allow-origin").map(str::to_owned);
        assert_eq!(read.header("access-control-allow-origin"), allowed.as_deref(), "{read}");
        assert_eq!(response.status < 300, allowed.is_some(), "{response}");
        allowed.is_some_and(|allowed| allowed == origin)
    };
    let local = [
        "http://localhost:5173",
        "https://localhost",
        "http://127.0.0.1:3000",
        "http://[::1]:8080",
    ];
    let foreign =
        ["https://shop.example", "http://localhost.evil.example", "null", "http://192.0.2.7"];
    let server = Server::start();
    for origin in local {
        assert!(preflight(&server, origin).await, "{origin}");
    }
    for origin in foreign {
        assert!(!preflight(&server, origin).await, "{origin}");
    }
    // The operators' data stays closed to pages.
    let metrics = server.anonymous().get("/metrics").header("Origin", local[0]).await;
    assert_eq!(metrics.status, 401, "{metrics}");
    for elsewhere in [("HOST", "0.0.0.0"), ("ALLOWED_ORIGINS", "https://shop.example")] {
        let server = Server::configure().var(elsewhere.0, elsewhere.1).start();
        assert!(!preflight(&server, local[0]).await, "{elsewhere:?}");
    }
}

#[tokio::test]
async fn a_refused_origin_is_logged_once_with_the_setting_that_allows_it() {
    let server = Server::configure().var("ALLOWED_ORIGINS", "https://shop.example").start();
    let anyone = server.anonymous();
    let own = server.base_url().to_owned();
    for origin in ["http://localhost:5173", "https://shop.example", &own, "null", "not an origin"] {
        for _ in 0..3 {
            anyone.get("/health").header("Origin", origin).await.assert_ok();
        }
    }
    anyone.get("/health").header("Origin", "https://last.example").await.assert_ok();
    let lines = || {
        let printed = server.printed();
        printed
            .lines()
            .filter(|line| line.contains("ALLOWED_ORIGINS"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    eventually("the last is logged", async || lines().iter().any(|line| line.contains("last")))
        .await;
    let lines = lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("WARN") && lines[0].contains("http://localhost:5173"), "{lines:?}");
}

#[tokio::test]
async fn a_star_allows_every_origin_and_an_empty_setting_none() {
    for (allowed, expected) in [("*", true), ("", false)] {
        let server = Server::configure().var("ALLOWED_ORIGINS", allowed).start();
        let request =
            server.anonymous().get("/api/v1/products").header("Origin", "https://any.example");
        let response = request.await;
        let origin = response.header("access-control-allow-origin");
        let open = origin.is_some_and(|origin| ["*", "https://any.example"].contains(&origin));
        assert_eq!(open, expected, "{response}");
        assert_eq!(
            response.header("access-control-allow-credentials"),
            None,
            "tokens come in a header, never in a cookie: {response}"
        );
    }
}
