//! Accounts on the classic surface.

use serde_json::json;

use crate::harness::{ADMIN_EMAIL, PASSWORD, Server, shape};

#[tokio::test]
async fn anyone_can_register_with_an_address_and_a_password_alone() {
    let server = Server::start();
    let anyone = server.anonymous();
    let body = json!({"email": "ann@example.com", "password": "secret", "role": "ADMIN", "id": 7});
    let reply = anyone.post("/auth/register", body).await;
    assert_eq!(reply.is(201), &json!({"message": "registered"}));
    let location = reply.header("location").expect("a Location").to_owned();
    let login =
        anyone.post("/auth/login", json!({"email": "Ann@example.com", "password": "secret"})).await;
    shape("classic_login", login.ok());
    assert_eq!(login.json["role"], "USER", "{login}");
    let ann = anyone.with_token(login.json["access_token"].as_str().unwrap());
    let me = ann.get("/api/v1/users/me").await;
    assert_eq!(me.ok()["name"], "ann", "the part before the @: {me}");
    assert_eq!(me.json["role"], "user");
    assert_eq!(ann.get(&location).await.ok(), &me.json, "{reply}");
}

#[tokio::test]
async fn an_admin_logs_in_as_admin() {
    let server = Server::start();
    let body = json!({"email": ADMIN_EMAIL, "password": PASSWORD});
    let reply = server.anonymous().post("/auth/login", body).await;
    assert_eq!(reply.ok()["role"], "ADMIN");
    assert_eq!(reply.json["token_type"], "bearer");
}

#[tokio::test]
async fn an_address_in_use_cannot_register_again() {
    let server = Server::start();
    server.customer("ann").await;
    let body = json!({"email": "ANN@example.com", "password": "secret"});
    server.anonymous().post("/auth/register", body).await.is_email_taken();
}

#[tokio::test]
async fn a_registration_is_checked_and_names_every_bad_field_at_once() {
    let server = Server::start();
    let anyone = server.anonymous();
    let register = |email: &str, password: &str| {
        anyone.post("/auth/register", json!({"email": email, "password": password}))
    };
    register("nobody", "12345").await.is_invalid(&["/email", "/password"]);
    anyone.post("/auth/register", json!({})).await.is_invalid(&["/email", "/password"]);
    register("a@example.com", "12345").await.is_invalid(&["/password"]);
    register("a@example.com", &"x".repeat(201)).await.is_invalid(&["/password"]);
    register("a@example.com", &"x".repeat(73)).await.is_invalid(&["/password"]);
    register("a@example.com", &"x".repeat(72)).await.is(201);
    register("b@example.com", "123456").await.is(201);
}

#[tokio::test]
async fn wrong_credentials_are_told_alike() {
    let server = Server::start();
    server.customer("ann").await;
    for (email, password) in
        [("ann@example.com", "wrong"), ("bob@example.com", PASSWORD), ("nobody", "")]
    {
        let body = json!({"email": email, "password": password});
        server.anonymous().post("/auth/login", body).await.is_invalid_credentials();
    }
    server.anonymous().post("/auth/login", json!({})).await.is_invalid(&["/email", "/password"]);
}
