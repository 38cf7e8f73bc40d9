//! Registering an account in v1.

use serde_json::json;

use crate::harness::{ADMIN_EMAIL, Client, PASSWORD, Response, Server, assert_snapshot};

async fn register(client: &Client, name: &str, email: &str, password: &str) -> Response {
    let body = json!({"name": name, "email": email, "password": password});
    client.post("/api/v1/users/register", body).await
}

#[tokio::test]
async fn anyone_can_register() {
    let server = Server::start();
    let response = register(&server.anonymous(), "Ann Other", "Ann@Example.COM", PASSWORD).await;
    response.created_at("/api/v1/users/");
    assert_snapshot("v1_user", &response.json);
    assert_eq!(
        response.json["email"], "ann@example.com",
        "addresses compare without case: {response}"
    );
}

#[tokio::test]
async fn an_email_in_use_cannot_be_registered_again_in_any_case() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, "Ann", "ann@example.com", PASSWORD).await.assert_status(201);
    for email in ["ann@example.com", "ANN@EXAMPLE.com", ADMIN_EMAIL] {
        register(&anyone, "Another", email, PASSWORD).await.assert_email_taken();
    }
}

#[tokio::test]
async fn an_invalid_registration_names_every_bad_field_at_once() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, "", "no-address", "short").await.assert_invalid_fields(&[
        "/name",
        "/email",
        "/password",
    ]);
    anyone.post("/api/v1/users/register", json!({})).await.assert_invalid_fields(&[
        "/name",
        "/email",
        "/password",
    ]);
    anyone
        .post("/api/v1/users/register", json!({"name": 7, "email": null, "password": ["x"]}))
        .await
        .assert_invalid_fields(&["/name", "/email", "/password"]);
}

#[tokio::test]
async fn names_and_passwords_have_length_limits() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, &"n".repeat(101), "a@example.com", PASSWORD)
        .await
        .assert_invalid_fields(&["/name"]);
    register(&anyone, &"ñ".repeat(100), "b@example.com", PASSWORD).await.assert_status(201);
    register(&anyone, "Ann", "c@example.com", "1234567")
        .await
        .assert_invalid_fields(&["/password"]);
    register(&anyone, "Ann", "d@example.com", "12345678").await.assert_status(201);
    register(&anyone, "Ann", "e@example.com", &"x".repeat(129))
        .await
        .assert_invalid_fields(&["/password"]);
}

#[tokio::test]
async fn a_password_of_more_than_72_bytes_is_refused_and_never_truncated() {
    let server = Server::start();
    let anyone = server.anonymous();
    let longest = "é".repeat(36);
    let too_long = format!("{longest}x");
    register(&anyone, "Ann", "ann@example.com", &too_long)
        .await
        .assert_invalid_fields(&["/password"]);
    register(&anyone, "Ann", "ann@example.com", &longest).await.assert_status(201);
    let log_in = |password: &str| {
        anyone.post(
            "/api/v1/users/login",
            json!({"username": "ann@example.com", "password": password}),
        )
    };
    log_in(&longest).await.assert_ok();
    log_in(&too_long).await.assert_invalid_credentials();
}

#[tokio::test]
async fn the_list_of_users_works_with_every_address_that_can_be_registered() {
    let server = Server::start();
    let (anyone, admin) = (server.anonymous(), server.admin().await);
    // Lower-casing changes these addresses and makes some of them too long or invalid.
    let locals = ["İ".to_owned(), "İ".repeat(32), "Ⱥ".repeat(21), "Ⱥ".repeat(32), "ẞΣ".to_owned()];
    let on_example = locals.iter().map(|local| format!("{local}@example.com"));
    for email in on_example.chain(["ada@example.İ".to_owned()]) {
        let response = register(&anyone, "Ada", &email, PASSWORD).await;
        assert!([201, 422].contains(&response.status), "{response}");
        if response.status == 201 {
            anyone.log_in(&email).await;
        }
        admin.get("/api/v1/users").await.assert_ok();
    }
}

#[tokio::test]
async fn a_registration_ignores_unknown_and_protected_members() {
    let server = Server::start();
    let body = json!({
        "name": "Ann", "email": "ann@example.com", "password": PASSWORD,
        "role": "admin", "id": 4711, "is_admin": true, "created_at": "1999-01-01T00:00:00Z",
    });
    let response = server.anonymous().post("/api/v1/users/register", body).await;
    assert_ne!(response.created_at("/api/v1/users/"), 4711);
    assert_eq!(response.json["role"], "user");
    assert!(!response.text.contains("1999"), "{response}");
    let ann = server.anonymous().log_in("ann@example.com").await;
    ann.get("/api/v1/users").await.assert_admin_required();
}
