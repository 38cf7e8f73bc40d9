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
async fn the_token_endpoint_refreshes_a_session_as_oauth2_libraries_do() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    let path = "/api/v1/users/token";
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", ann.refresh_token())];
    for _ in 0..2 {
        let refreshed = server.anonymous().request(Method::POST, path).form(&refresh).await;
        let tokens = refreshed.assert_ok();
        assert_eq!(tokens["token_type"], "bearer");
        assert_eq!(tokens["refresh_token"], ann.refresh_token(), "it is not rotated");
        let renewed = ann.with_token(tokens["access_token"].as_str().unwrap());
        renewed.get("/api/v1/users/me").await.assert_ok();
    }
}

#[tokio::test]
async fn the_token_endpoint_returns_the_next_token_if_the_shop_rotates_them() {
    let server = Server::configure().var("REFRESH_ROTATION", "on").start();
    let ann = server.customer("ann").await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", ann.refresh_token())];
    let request = server.anonymous().request(Method::POST, "/api/v1/users/token");
    let refreshed = request.form(&refresh).await;
    assert_ne!(refreshed.assert_ok()["refresh_token"], ann.refresh_token());
}

#[tokio::test]
async fn an_error_of_the_token_endpoint_is_one_of_oauth2() {
    let server = Server::start();
    let anyone = server.anonymous();
    anyone.register("ann").await;
    let wrong = [("username", "ann@example.com"), ("password", "wrong horse battery")];
    let unknown = [("grant_type", "refresh_token"), ("refresh_token", "unknown")];
    let other = [("grant_type", "client_credentials")];
    let missing = [("grant_type", "password"), ("username", "ann@example.com")];
    let no_token = [("grant_type", "refresh_token")];
    for (form, status, code, error) in [
        (&wrong[..], 401, "invalid_credentials", "invalid_grant"),
        (&unknown, 401, "invalid_refresh_token", "invalid_grant"),
        (&other, 422, "invalid_input", "unsupported_grant_type"),
        (&missing, 422, "invalid_input", "invalid_request"),
        (&no_token, 422, "invalid_input", "invalid_request"),
    ] {
        let request = anyone.request(Method::POST, "/api/v1/users/token");
        let response = request.form(form).await;
        let problem = response.assert_problem_code(status, code);
        assert_eq!(problem["error"], error, "{form:?}");
        assert_eq!(problem["error_description"], problem["detail"], "{form:?}");
    }
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
