//! Accounts on the classic surface.

use serde_json::json;

use crate::harness::{ADMIN_EMAIL, PASSWORD, Server, assert_snapshot};

#[tokio::test]
async fn registration_needs_only_an_email_address_and_a_password() {
    let server = Server::start();
    let anyone = server.anonymous();
    let body = json!({"email": "ann@example.com", "password": "secret", "role": "ADMIN", "id": 7});
    let response = anyone.post("/auth/register", body).await;
    assert_eq!(response.assert_status(201), &json!({"message": "registered"}));
    let location = response.header("location").expect("a Location").to_owned();
    let login =
        anyone.post("/auth/login", json!({"email": "Ann@example.com", "password": "secret"})).await;
    assert_snapshot("classic_login", login.assert_ok());
    assert_eq!(login.json["role"], "USER", "{login}");
    let ann = anyone.with_token(login.json["access_token"].as_str().unwrap());
    let me = ann.get("/api/v1/users/me").await;
    assert_eq!(me.assert_ok()["name"], "ann", "the part before the @: {me}");
    assert_eq!(me.json["role"], "user");
    assert_eq!(ann.get(&location).await.assert_ok(), &me.json, "{response}");
}

#[tokio::test]
async fn an_admin_logs_in_as_admin() {
    let server = Server::start();
    let body = json!({"email": ADMIN_EMAIL, "password": PASSWORD});
    let response = server.anonymous().post("/auth/login", body).await;
    assert_eq!(response.assert_ok()["role"], "ADMIN");
    assert_eq!(response.json["token_type"], "bearer");
}

#[tokio::test]
async fn an_email_address_in_use_cannot_be_registered_again() {
    let server = Server::start();
    server.customer("ann").await;
    let body = json!({"email": "ANN@example.com", "password": "secret"});
    server.anonymous().post("/auth/register", body).await.assert_email_taken();
}

#[tokio::test]
async fn an_invalid_registration_names_every_bad_field_at_once() {
    let server = Server::start();
    let anyone = server.anonymous();
    let register = |email: &str, password: &str| {
        anyone.post("/auth/register", json!({"email": email, "password": password}))
    };
    register("no-address", "12345").await.assert_invalid_fields(&["/email", "/password"]);
    anyone.post("/auth/register", json!({})).await.assert_invalid_fields(&["/email", "/password"]);
    register("a@example.com", "12345").await.assert_invalid_fields(&["/password"]);
    register("a@example.com", &"x".repeat(201)).await.assert_invalid_fields(&["/password"]);
    register("a@example.com", &"x".repeat(73)).await.assert_invalid_fields(&["/password"]);
    register("a@example.com", &"x".repeat(72)).await.assert_status(201);
    register("b@example.com", "123456").await.assert_status(201);
}

#[tokio::test]
async fn an_unknown_email_and_a_wrong_password_get_the_same_error() {
    let server = Server::start();
    server.customer("ann").await;
    for (email, password) in
        [("ann@example.com", "wrong"), ("bob@example.com", PASSWORD), ("no-address", "")]
    {
        let body = json!({"email": email, "password": password});
        server.anonymous().post("/auth/login", body).await.assert_invalid_credentials();
    }
    server
        .anonymous()
        .post("/auth/login", json!({}))
        .await
        .assert_invalid_fields(&["/email", "/password"]);
}
