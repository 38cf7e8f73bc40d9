//! Who is calling comes first, and how a caller says so.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, server_with_customer};

#[tokio::test]
async fn without_credentials_the_answer_is_401_whatever_the_body_says() {
    let server = Server::start();
    let nobody = server.anonymous();
    let huge = "x".repeat(2 * 1024 * 1024);
    for (method, path) in [
        (Method::POST, "/api/v1/orders"),
        (Method::POST, "/api/v1/products"),
        (Method::PUT, "/api/v1/products/1"),
        (Method::PUT, "/api/v1/orders/x"),
        (Method::POST, "/orders"),
        (Method::PATCH, "/orders/1"),
        (Method::PUT, "/api/v1/users/1"),
    ] {
        for (content_type, body) in [
            (Some("application/json"), "{"),
            (Some("application/json"), "{\"quantity\": -1}"),
            (Some("text/plain"), "hello"),
            (None, ""),
        ] {
            nobody
                .with_body(method.clone(), path, content_type, body)
                .await
                .assert_not_authenticated();
        }
    }
    // The server may hang up on a body that it will not read, but never take it.
    let request = nobody.with_body(Method::POST, "/orders", Some("application/json"), huge);
    if let Ok(response) = request.try_send().await {
        response.assert_not_authenticated();
    }
}

#[tokio::test]
async fn without_the_right_the_answer_is_403_whatever_the_body_says() {
    let (_server, ann) = server_with_customer().await;
    for (method, path) in [
        (Method::POST, "/api/v1/products"),
        (Method::PUT, "/api/v1/products/1"),
        (Method::PUT, "/api/v1/orders/1"),
        (Method::PATCH, "/orders/1"),
    ] {
        ann.with_body(method, path, Some("application/json"), "{").await.assert_admin_required();
    }
}

#[tokio::test]
async fn the_bearer_scheme_is_matched_without_case() {
    let (server, ann) = server_with_customer().await;
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let credentials = format!("{scheme} {}", ann.access_token());
        for path in ["/api/v1/users/me", "/orders"] {
            let request = server.anonymous().get(path).header("Authorization", &credentials);
            request.await.assert_ok();
        }
    }
}

#[tokio::test]
async fn another_scheme_is_no_token_and_a_bad_token_is_told_in_each_surfaces_words() {
    let (server, ann) = server_with_customer().await;
    let anyone = server.anonymous();
    for credentials in ["Basic YTpi", "", "Digest x"] {
        for path in ["/api/v1/users/me", "/orders"] {
            anyone.get(path).header("Authorization", credentials).await.assert_not_authenticated();
        }
    }
    let twice = format!("Bearer {0} {0}", ann.access_token());
    for credentials in ["Bearer x", "Bearer a.b.c", "Bearer ....", twice.as_str()] {
        anyone
            .get("/api/v1/users/me")
            .header("Authorization", credentials)
            .await
            .assert_invalid_token();
        anyone.get("/orders").header("Authorization", credentials).await.assert_problem(
            401,
            "invalid_token",
            "Invalid or expired token",
        );
    }
}

#[tokio::test]
async fn what_anyone_may_read_is_read_by_anyone() {
    let server = Server::start();
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 1).await;
    let one = format!("/api/v1/products/{lamp}");
    for path in ["/api/v1/products", one.as_str(), "/health", "/app", "/openapi.json"] {
        server.anonymous().get(path).await.assert_status(200);
    }
    server.anonymous().post("/orders", json!({})).await.assert_status(401);
}
