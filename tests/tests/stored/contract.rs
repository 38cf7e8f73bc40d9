//! Calls every operation of the OpenAPI document, with success and with an error. The harness
//! checks every response against the document (`harness/contract.rs`).

use reqwest::Method;
use serde_json::json;

use crate::harness::{
    CONFIRM_ADDRESS, Client, Contract, MailServer, PASSWORD, RESET_PASSWORD, Server, mail_to,
    token_in,
};

/// An id that does not exist.
const UNKNOWN_ID: i64 = 999_999;

async fn accounts(anyone: &Client, ann: &Client, admin: &Client) {
    anyone
        .post("/api/v1/users/register", json!({"name": "", "email": "?"}))
        .await
        .assert_status(422);
    anyone
        .post("/auth/register", json!({"email": "eve@example.com", "password": PASSWORD}))
        .await
        .assert_status(201);
    anyone
        .post("/auth/register", json!({"email": "eve@example.com", "password": PASSWORD}))
        .await
        .assert_status(409);
    for path in ["/api/v1/users/login", "/auth/login"] {
        anyone
            .post(path, json!({"email": ann.email(), "password": PASSWORD}))
            .await
            .assert_status(200);
        anyone
            .post(path, json!({"email": ann.email(), "password": "wrong-horse"}))
            .await
            .assert_status(401);
    }
    for (token, status) in [(ann.refresh_token(), 200), ("unknown", 401)] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let request = anyone.request(Method::POST, "/api/v1/users/token");
        request.form(&form).await.assert_status(status);
    }
    let refresh = json!({"refresh_token": ann.refresh_token()});
    anyone.post("/api/v1/users/refresh", refresh).await.assert_status(200);
    anyone
        .post("/api/v1/users/refresh", json!({"refresh_token": "unknown"}))
        .await
        .assert_status(401);

    let bob = anyone.register("bob").await;
    let own = format!("/api/v1/users/{}", bob.id());
    anyone.get("/api/v1/users/me").await.assert_status(401);
    bob.get("/api/v1/users").await.assert_status(403);
    admin.get("/api/v1/users").await.assert_status(200);
    bob.get(&own).await.assert_status(200);
    bob.get(&format!("/api/v1/users/{}", ann.id())).await.assert_status(403);
    bob.put(&own, json!({"name": "Robert"})).await.assert_status(200);
    bob.put(&own, json!({"email": "?"})).await.assert_status(422);
    admin.put_empty(&format!("{own}/role")).await.assert_status(200);
    admin.put(&format!("{own}/role"), json!({"role": "king"})).await.assert_status(422);
    bob.post("/api/v1/users/logout", json!({})).await.assert_status(200);
    bob.post("/api/v1/users/logout", json!({})).await.assert_status(401);
    admin.delete(&own).await.assert_status(200);
    admin.delete(&own).await.assert_status(404);
}

/// The operations that need the token of a mail.
async fn tokens_of_mails(anyone: &Client, mail: &MailServer) {
    let eva = anyone.register("eva").await;
    let verify = |token: String| anyone.post("/api/v1/users/verify", json!({"token": token}));
    let mail_path = "/api/v1/users/me/verification-mail";
    anyone.post(mail_path, json!({})).await.assert_status(401);
    eva.post(mail_path, json!({})).await.assert_status(202);
    let token = token_in(&mail_to(mail, eva.email(), CONFIRM_ADDRESS).await);
    verify(token.clone()).await.assert_status(200);
    verify(token).await.assert_status(422);

    let reset_path = "/api/v1/users/password-reset";
    let reset = |token: &str| {
        let body = json!({"token": token, "password": "staple-battery-horse"});
        anyone.post(&format!("{reset_path}/confirm"), body)
    };
    anyone.post(reset_path, json!({"email": "?"})).await.assert_status(422);
    anyone.post(reset_path, json!({"email": eva.email()})).await.assert_status(202);
    let token = token_in(&mail_to(mail, eva.email(), RESET_PASSWORD).await);
    reset(&token).await.assert_status(200);
    reset(&token).await.assert_status(422);

    let fay = anyone.register("fay").await;
    let body = json!({"current_password": PASSWORD, "new_password": "staple-battery-horse"});
    fay.post("/api/v1/users/me/password", body.clone()).await.assert_status(200);
    fay.post("/api/v1/users/me/password", body).await.assert_status(422);
}

async fn products(ann: &Client, admin: &Client) -> i64 {
    let id = admin.create_product("Teapot", "129.90", 9).await;
    let path = format!("/api/v1/products/{id}");
    admin
        .post("/api/v1/products", json!({"name": "Teapot", "price": 0, "stock": -1}))
        .await
        .assert_status(422);
    ann.get("/api/v1/products").await.assert_status(200);
    ann.get("/api/v1/products?limit=0").await.assert_status(422);
    ann.get(&path).await.assert_status(200);
    ann.get("/api/v1/products/x").await.assert_status(422);
    admin.put(&path, json!({"stock": 8})).await.assert_status(200);
    admin.put(&path, json!({"stock": 7})).header("If-Match", "\"1\"").await.assert_status(412);
    ann.delete(&path).await.assert_status(403);
    admin.delete(&path).await.assert_status(200);
    admin.put_empty(&format!("{path}/restore")).await.assert_status(200);
    admin.put_empty(&format!("{path}/restore")).await.assert_status(409);
    admin.get(&format!("{path}/movements")).await.assert_status(200);
    ann.get(&format!("{path}/movements")).await.assert_status(403);
    id
}

async fn orders(anyone: &Client, ann: &Client, admin: &Client, product: i64) {
    let id = ann.place_order(product, 2).await;
    let path = format!("/api/v1/orders/{id}");
    ann.order_request(product, 100).await.assert_status(409);
    admin.get("/api/v1/orders").await.assert_status(200);
    ann.get("/api/v1/orders").await.assert_status(403);
    ann.get("/api/v1/orders/me").await.assert_status(200);
    anyone.get("/api/v1/orders/me").await.assert_status(401);
    ann.get(&path).await.assert_status(200);
    ann.get(&format!("/api/v1/orders/{UNKNOWN_ID}")).await.assert_status(404);
    admin.put(&path, json!({"status": "processing"})).await.assert_status(200);
    admin.put(&path, json!({"status": "pending"})).await.assert_status(409);
    ann.get(&format!("{path}/events")).await.assert_status(200);
    anyone.get(&format!("{path}/events")).await.assert_status(401);
    ann.put_empty(&format!("{path}/cancel")).await.assert_status(200);
    ann.put_empty(&format!("{path}/cancel")).await.assert_status(409);
}

async fn classic_orders(anyone: &Client, ann: &Client, admin: &Client) {
    let id = ann.place_free_form_order("Ada", "Tea, loose", 3).await;
    let path = format!("/orders/{id}");
    ann.post("/orders", json!({"quantity": 0})).await.assert_status(422);
    ann.get("/orders").await.assert_status(200);
    ann.get("/orders?min_qty=few").await.assert_status(422);
    ann.get(&path).await.assert_status(200);
    ann.get(&format!("/orders/{UNKNOWN_ID}")).await.assert_status(404);
    admin.patch(&path, json!({"status": "DELIVERED"})).await.assert_status(409);
    admin.patch(&path, json!({"status": "PROCESSING"})).await.assert_status(200);
    ann.get(&format!("{path}/events")).await.assert_status(200);
    anyone.get(&format!("{path}/events")).await.assert_status(401);
    ann.delete(&path).await.assert_status(403);
    admin.delete(&path).await.assert_status(204);
}

/// Calls the operations that need no credentials, as the document lists them.
async fn events(ann: &Client, admin: &Client) {
    admin.get("/api/v1/events?type=order.*&limit=3").await.assert_ok();
    for path in ["/api/v1/events", "/api/v1/events/stream"] {
        ann.get(path).await.assert_status(403);
        admin.get(&format!("{path}?type=x")).await.assert_status(422);
    }
}

async fn pages(anyone: &Client) {
    for (method, path, operation) in Contract::get().operations() {
        if method == "GET" && operation["security"] == json!([]) && !path.contains('{') {
            anyone.get(path).await;
            anyone.request(Method::HEAD, path).await;
        }
    }
    anyone.get("/problems/insufficient_stock").await.assert_status(200);
    anyone.get("/problems/bad_weather").await.assert_status(404);
}

#[tokio::test]
async fn every_operation_responds_as_the_document_describes() {
    // With a metrics token, callers on this machine need credentials as well.
    let mail = MailServer::start().await;
    let server = Server::configure()
        .with_mail(&mail)
        .var("REQUIRE_VERIFIED_EMAIL", "off")
        .var("METRICS_TOKEN", "metrics-token-of-this-test")
        .start();
    let (anyone, admin) = (server.anonymous(), server.admin().await);
    let ann = server.customer("ann").await;
    accounts(&anyone, &ann, &admin).await;
    tokens_of_mails(&anyone, &mail).await;
    let product = products(&ann, &admin).await;
    orders(&anyone, &ann, &admin, product).await;
    classic_orders(&anyone, &ann, &admin).await;
    pages(&anyone).await;
    events(&ann, &admin).await;
    admin.get("/metrics").await.assert_status(200);
    anyone.get("/metrics").await.assert_status(401);

    let contract = Contract::get();
    for (method, path, operation) in contract.operations() {
        let received = contract.received_statuses(&method, path);
        // The clients here read whole responses, and a stream of events has no end.
        let is_stream = path.ends_with("/stream");
        assert!(
            is_stream || received.iter().any(|status| status / 100 == 2),
            "{method} {path}: {received:?}"
        );
        let described = operation["responses"].as_object().expect("responses");
        let describes_errors = described.keys().any(|status| status.starts_with('4'));
        let received_errors = received.iter().any(|status| status / 100 == 4);
        assert_eq!(received_errors, describes_errors, "{method} {path}: {received:?}");
    }
}
