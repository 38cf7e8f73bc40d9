//! Logging in to v1. The tests of sessions are in `stored/sessions.rs`.

use reqwest::Method;
use serde_json::json;

use crate::harness::{PASSWORD, Server, assert_snapshot};

#[tokio::test]
async fn a_login_accepts_an_oauth2_form_or_json() {
    let server = Server::start();
    let anyone = server.anonymous();
    anyone.register("ann").await;
    let path = "/api/v1/users/login";
    let form = [
        ("grant_type", "password"),
        ("username", "ann@example.com"),
        ("password", PASSWORD),
        ("scope", ""),
    ];
    let response = anyone.request(Method::POST, path).form(&form).await;
    assert_snapshot("v1_login", response.assert_ok());
    assert_eq!(response.json["token_type"], "bearer");
    assert_eq!(response.json["expires_in"], 3_600);
    for member in ["username", "email"] {
        let body = json!({member: "ANN@example.com", "password": PASSWORD});
        anyone.post(path, body).await.assert_ok();
    }
    let by_email = [("email", "ann@example.com"), ("password", PASSWORD)];
    anyone.request(Method::POST, path).form(&by_email).await.assert_ok();
    anyone.post(path, json!({})).await.assert_status(422);
    anyone
        .post(path, json!({"username": "ann@example.com"}))
        .await
        .assert_invalid_fields(&["/password"]);
    anyone.request(Method::POST, path).form(&[("password", PASSWORD)]).await.assert_status(422);
}

#[tokio::test]
async fn a_nul_character_is_refused_in_a_form_as_in_json() {
    let server = Server::start();
    let anyone = server.anonymous();
    let path = "/api/v1/users/login";
    let form = [("username", "ann\0@example.com"), ("password", "correct\0horse")];
    let response = anyone.request(Method::POST, path).form(&form).await;
    response.assert_invalid_fields(&["/password", "/username"]);
    let json = json!({"username": "ann\0@example.com", "password": "correct\0horse"});
    anyone.post(path, json).await.assert_invalid_fields(&["/password", "/username"]);
}

#[tokio::test]
async fn an_unknown_email_and_a_wrong_password_get_the_same_error() {
    let server = Server::start();
    let anyone = server.anonymous();
    anyone.register("ann").await;
    let very_long = "x".repeat(5_000);
    for (email, password) in [
        ("ann@example.com", "wrong horse battery"),
        ("bob@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("ann@example.com", ""),
        ("ann@example.com", very_long.as_str()),
    ] {
        let body = json!({"username": email, "password": password});
        let response = anyone.post("/api/v1/users/login", body).await;
        response.assert_invalid_credentials();
    }
}
