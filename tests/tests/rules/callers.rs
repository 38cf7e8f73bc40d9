//! Authentication and authorization precede validation.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, server_with_customer};

#[tokio::test]
async fn without_credentials_every_body_gets_401() {
    let server = Server::start();
    let anonymous = server.anonymous();
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
            anonymous
                .with_body(method.clone(), path, content_type, body)
                .await
                .assert_not_authenticated();
        }
    }
    // The server may close the connection without reading the body, but must not accept it.
    let request = anonymous.with_body(Method::POST, "/orders", Some("application/json"), huge);
    if let Ok(response) = request.try_send().await {
        response.assert_not_authenticated();
    }
}

#[tokio::test]
async fn without_permission_every_body_gets_403() {
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
async fn the_bearer_scheme_is_case_insensitive() {
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
async fn another_scheme_counts_as_no_token_and_each_surface_words_a_bad_token_as_before() {
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
async fn public_resources_need_no_credentials() {
    let server = Server::start();
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 1).await;
    let one = format!("/api/v1/products/{lamp}");
    for path in ["/api/v1/products", one.as_str(), "/health", "/app", "/openapi.json"] {
        server.anonymous().get(path).await.assert_status(200);
    }
    server.anonymous().post("/orders", json!({})).await.assert_status(401);
}
