//! Users: register, log in, look, change, delete. Sessions have a file of their own.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::harness::{ADMIN_EMAIL, Client, PASSWORD, Server, shape};

async fn register(
    client: &Client,
    name: &str,
    email: &str,
    password: &str,
) -> crate::harness::Reply {
    let body = json!({"name": name, "email": email, "password": password});
    client.post("/api/v1/users/register", body).await
}

#[tokio::test]
async fn anyone_can_register() {
    let server = Server::start();
    let reply = register(&server.anonymous(), "Ann Other", "Ann@Example.COM", PASSWORD).await;
    reply.created_at("/api/v1/users/");
    shape("v1_user", &reply.json);
    assert_eq!(reply.json["email"], "ann@example.com", "addresses compare without case: {reply}");
}

#[tokio::test]
async fn an_email_in_use_cannot_register_again_in_whatever_case() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, "Ann", "ann@example.com", PASSWORD).await.is(201);
    for email in ["ann@example.com", "ANN@EXAMPLE.com", ADMIN_EMAIL] {
        register(&anyone, "Another", email, PASSWORD).await.is_problem(
            409,
            "email_taken",
            "Email already registered",
        );
    }
}

#[tokio::test]
async fn a_registration_names_every_bad_field_at_once() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, "", "nobody", "short").await.is_invalid(&["/name", "/email", "/password"]);
    anyone.post("/api/v1/users/register", json!({})).await.is_invalid(&[
        "/name",
        "/email",
        "/password",
    ]);
    anyone
        .post("/api/v1/users/register", json!({"name": 7, "email": null, "password": ["x"]}))
        .await
        .is_invalid(&["/name", "/email", "/password"]);
}

#[tokio::test]
async fn a_registration_keeps_to_the_lengths_of_names_and_passwords() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, &"n".repeat(101), "a@example.com", PASSWORD).await.is_invalid(&["/name"]);
    register(&anyone, &"ñ".repeat(100), "b@example.com", PASSWORD).await.is(201);
    register(&anyone, "Ann", "c@example.com", "1234567").await.is_invalid(&["/password"]);
    register(&anyone, "Ann", "d@example.com", "12345678").await.is(201);
    register(&anyone, "Ann", "e@example.com", &"x".repeat(129)).await.is_invalid(&["/password"]);
}

#[tokio::test]
async fn a_password_of_more_than_72_bytes_is_refused_and_never_cut() {
    let server = Server::start();
    let anyone = server.anonymous();
    let longest = "é".repeat(36);
    let too_long = format!("{longest}x");
    register(&anyone, "Ann", "ann@example.com", &too_long).await.is_invalid(&["/password"]);
    register(&anyone, "Ann", "ann@example.com", &longest).await.is(201);
    let log_in = |password: &str| {
        anyone.post(
            "/api/v1/users/login",
            json!({"username": "ann@example.com", "password": password}),
        )
    };
    log_in(&longest).await.ok();
    log_in(&too_long).await.is_problem(401, "invalid_credentials", "Invalid credentials");
}

#[tokio::test]
async fn a_registration_sets_nothing_but_what_its_row_names() {
    let server = Server::start();
    let body = json!({
        "name": "Ann", "email": "ann@example.com", "password": PASSWORD,
        "role": "admin", "id": 4711, "is_admin": true, "created_at": "1999-01-01T00:00:00Z",
    });
    let reply = server.anonymous().post("/api/v1/users/register", body).await;
    assert_ne!(reply.created_at("/api/v1/users/"), 4711);
    assert_eq!(reply.json["role"], "user");
    assert!(!reply.text.contains("1999"), "{reply}");
    let ann = server.anonymous().signed_in("ann@example.com").await;
    ann.get("/api/v1/users").await.is_problem(403, "admin_required", "Admin access required");
}

#[tokio::test]
async fn a_login_is_an_oauth2_form_or_the_same_as_json() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, "Ann", "ann@example.com", PASSWORD).await.is(201);
    let path = "/api/v1/users/login";
    let form = [
        ("grant_type", "password"),
        ("username", "ann@example.com"),
        ("password", PASSWORD),
        ("scope", ""),
    ];
    let reply = anyone.request(Method::POST, path).form(&form).await;
    shape("v1_login", reply.ok());
    assert_eq!(reply.json["token_type"], "bearer");
    assert_eq!(reply.json["expires_in"], 3_600);
    for member in ["username", "email"] {
        let body = json!({member: "ANN@example.com", "password": PASSWORD});
        anyone.post(path, body).await.ok();
    }
    let by_email = [("email", "ann@example.com"), ("password", PASSWORD)];
    anyone.request(Method::POST, path).form(&by_email).await.ok();
    anyone.post(path, json!({})).await.is(422);
    anyone.post(path, json!({"username": "ann@example.com"})).await.is_invalid(&["/password"]);
    anyone.request(Method::POST, path).form(&[("password", PASSWORD)]).await.is(422);
}

#[tokio::test]
async fn an_unknown_email_and_a_wrong_password_are_told_alike() {
    let server = Server::start();
    let anyone = server.anonymous();
    register(&anyone, "Ann", "ann@example.com", PASSWORD).await.is(201);
    let endless = "x".repeat(5_000);
    for (email, password) in [
        ("ann@example.com", "wrong horse battery"),
        ("bob@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("ann@example.com", ""),
        ("ann@example.com", endless.as_str()),
    ] {
        let body = json!({"username": email, "password": password});
        let reply = anyone.post("/api/v1/users/login", body).await;
        reply.is_problem(401, "invalid_credentials", "Invalid credentials");
    }
}

#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password() {
    let server = Server::configure().var("BCRYPT_COST", 9).start();
    let anyone = server.anonymous();
    register(&anyone, "Ann", "ann@example.com", PASSWORD).await.is(201);
    // The quickest of several is what the work itself takes, without whatever else the machine does.
    let quickest = async |email: &str| {
        let mut best = Duration::MAX;
        for _ in 0..6 {
            let body = json!({"username": email, "password": "wrong horse battery"});
            let started = Instant::now();
            anyone.post("/api/v1/users/login", body).await.is(401);
            best = best.min(started.elapsed());
        }
        best
    };
    let (known, unknown) = (quickest("ann@example.com").await, quickest("bob@example.com").await);
    assert!(unknown > known / 2, "unknown: {unknown:?}, known: {known:?}");
    assert!(known > unknown / 2, "unknown: {unknown:?}, known: {known:?}");
}

#[tokio::test]
async fn everybody_sees_their_own_account() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    let me = ann.get("/api/v1/users/me").await;
    assert_eq!(me.ok()["email"], "ann@example.com");
    let by_id = ann.get(&format!("/api/v1/users/{}", ann.id())).await;
    assert_eq!(by_id.ok(), &me.json);
    server.anonymous().get("/api/v1/users/me").await.is_problem(
        401,
        "not_authenticated",
        "Not authenticated",
    );
}

#[tokio::test]
async fn another_account_is_for_admins_only() {
    let server = Server::start();
    let (ann, bob, admin) =
        (server.customer("ann").await, server.customer("bob").await, server.admin().await);
    let path = format!("/api/v1/users/{}", ann.id());
    bob.get(&path).await.is_problem(403, "not_authorized", "Not authorized");
    bob.put(&path, json!({"name": "Bob was here"})).await.is_problem(
        403,
        "not_authorized",
        "Not authorized",
    );
    bob.delete(&path).await.is_problem(403, "admin_required", "Admin access required");
    bob.put_empty(&format!("{path}/role")).await.is_problem(
        403,
        "admin_required",
        "Admin access required",
    );
    assert_eq!(admin.get(&path).await.ok()["name"], "ann");
    for caller in [&bob, &server.anonymous()] {
        let reply = caller.get("/api/v1/users/987654321").await;
        assert!([401, 403].contains(&reply.status), "nobody is told who exists: {reply}");
    }
    let nobody = "/api/v1/users/987654321";
    admin.get(nobody).await.is_problem(404, "user_not_found", "User not found");
    admin.put(nobody, json!({"name": "X"})).await.is_problem(
        404,
        "user_not_found",
        "User not found",
    );
    admin.put_empty(&format!("{nobody}/role")).await.is_problem(
        404,
        "user_not_found",
        "User not found",
    );
    admin.delete(nobody).await.is_problem(404, "user_not_found", "User not found");
}

#[tokio::test]
async fn the_list_of_users_is_for_admins() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    let admin = server.admin().await;
    ann.get("/api/v1/users/").await.is_problem(403, "admin_required", "Admin access required");
    server.anonymous().get("/api/v1/users/").await.is_problem(
        401,
        "not_authenticated",
        "Not authenticated",
    );
    let reply = admin.get("/api/v1/users/").await;
    shape("v1_users_page", reply.ok());
}

#[tokio::test]
async fn name_and_email_can_be_changed_by_their_owner_and_by_admins() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let path = format!("/api/v1/users/{}", ann.id());
    let reply = ann.put(&path, json!({"name": "Ann of Green Gables"})).await;
    assert_eq!(reply.ok()["name"], "Ann of Green Gables");
    assert_eq!(reply.json["email"], "ann@example.com");
    let reply = admin.put(&path, json!({"email": "Anne@example.com"})).await;
    assert_eq!(reply.ok()["email"], "anne@example.com");
    assert_eq!(reply.json["name"], "Ann of Green Gables");
    assert_eq!(ann.get("/api/v1/users/me").await.ok(), &reply.json);
    server.anonymous().signed_in("anne@example.com").await;
    // The address that was given up is free again.
    server.customer("ann").await;
}

#[tokio::test]
async fn a_change_of_an_account_is_checked_like_a_registration() {
    let server = Server::start();
    let (ann, _bob) = (server.customer("ann").await, server.customer("bob").await);
    let path = format!("/api/v1/users/{}", ann.id());
    ann.put(&path, json!({"name": "", "email": "nobody"})).await.is_invalid(&["/name", "/email"]);
    ann.put(&path, json!({"email": "BOB@example.com"})).await.is_problem(
        409,
        "email_taken",
        "Email already registered",
    );
    // Keeping one's own address is no conflict.
    ann.put(&path, json!({"email": "ann@example.com"})).await.ok();
    let reply = ann.put(&path, json!({"role": "admin", "id": 1, "name": "Ann"})).await;
    assert_eq!(reply.ok()["role"], "user");
    assert_eq!(reply.json["id"], ann.id());
}

#[tokio::test]
async fn a_role_is_toggled_or_set_and_takes_effect_on_the_very_next_request() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let path = format!("/api/v1/users/{}/role", ann.id());
    admin.put_empty(&path).await.is(200);
    assert_eq!(ann.get("/api/v1/users/me").await.ok()["role"], "admin");
    ann.get("/api/v1/users").await.ok();
    admin.put_empty(&path).await.is(200);
    ann.get("/api/v1/users").await.is_problem(403, "admin_required", "Admin access required");
    for _ in 0..2 {
        admin.put(&path, json!({"role": "admin"})).await.is(200);
        ann.get("/api/v1/users").await.ok();
    }
    admin.put(&path, json!({"role": "user"})).await.is(200);
    ann.get("/api/v1/users").await.is(403);
    admin.put(&path, json!({"role": "emperor"})).await.is_invalid(&["/role"]);
    admin.put(&path, json!({})).await.is(200);
    ann.get("/api/v1/users").await.ok();
}

#[tokio::test]
async fn the_last_admin_can_neither_be_demoted_nor_deleted() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let own = format!("/api/v1/users/{}", admin.id());
    admin.put_empty(&format!("{own}/role")).await.is_refused(409, "last_admin");
    admin.put(&format!("{own}/role"), json!({"role": "user"})).await.is_refused(409, "last_admin");
    admin.delete(&own).await.is_refused(409, "last_admin");
    admin.get("/api/v1/users").await.ok();
    admin.put_empty(&format!("/api/v1/users/{}/role", ann.id())).await.is(200);
    admin.delete(&own).await.ok();
    admin.get("/api/v1/users").await.is_problem(
        401,
        "invalid_token",
        "Could not validate credentials",
    );
    let anns = format!("/api/v1/users/{}/role", ann.id());
    ann.put_empty(&anns).await.is_refused(409, "last_admin");
}

#[tokio::test]
async fn of_two_admins_who_demote_each_other_at_once_one_stays() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    admin.put_empty(&format!("/api/v1/users/{}/role", ann.id())).await.is(200);
    let demote = |who: &Client, whom: i64| {
        who.put(&format!("/api/v1/users/{whom}/role"), json!({"role": "user"})).into_future()
    };
    let (one, other) = tokio::join!(demote(&ann, admin.id()), demote(&admin, ann.id()));
    let done = [one.status, other.status].into_iter().filter(|status| *status == 200).count();
    assert_eq!(done, 1, "{one}\n{other}");
    let mut admins = 0;
    for caller in [&ann, &admin] {
        admins += u32::from(caller.get("/api/v1/users/me").await.ok()["role"] == "admin");
    }
    assert_eq!(admins, 1);
}

#[tokio::test]
async fn a_deleted_account_stops_at_once_and_its_personal_data_goes_but_its_orders_stay() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let product = admin.product("Lamp", "19.90", 5).await;
    let order = ann.order(product, 2).await;
    let path = format!("/api/v1/users/{}", ann.id());
    let reply = admin.delete(&path).await;
    assert_eq!(reply.ok(), &json!({"message": "User deleted successfully"}));

    ann.get("/api/v1/users/me").await.is_problem(
        401,
        "invalid_token",
        "Could not validate credentials",
    );
    let anyone = server.anonymous();
    anyone
        .post("/api/v1/users/refresh", json!({"refresh_token": ann.refresh_token()}))
        .await
        .is_problem(401, "invalid_refresh_token", "Invalid or expired refresh token");
    anyone
        .post("/api/v1/users/login", json!({"username": ann.email(), "password": PASSWORD}))
        .await
        .is_problem(401, "invalid_credentials", "Invalid credentials");
    admin.get(&path).await.is_problem(404, "user_not_found", "User not found");
    admin.delete(&path).await.is_problem(404, "user_not_found", "User not found");
    let users = admin.get("/api/v1/users").await;
    assert!(!users.text.contains("ann"), "{users}");

    let kept = admin.get(&format!("/api/v1/orders/{order}")).await;
    assert_eq!(kept.ok()["user_id"], ann.id(), "for the books: {kept}");
    assert_eq!(kept.json["total"], "39.80");
    assert_eq!(kept.json["customer_name"], "Deleted user", "{kept}");
    // The address is free, and whoever takes it is somebody else.
    let successor = server.customer("ann").await;
    assert_ne!(successor.id(), ann.id());
    assert_eq!(successor.get("/api/v1/orders/me").await.ok()["total"], 0);
}
