//! The two surfaces share their data: orders, accounts and tokens of one surface are valid on the
//! other.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Server, assert_snapshot, ids_of, shop};

#[tokio::test]
async fn a_product_order_shows_on_the_classic_surface_with_its_product_name() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Brass lamp", "1.00", 5).await;
    let table = admin.create_product("Oak table", "1.00", 5).await;
    let order = ann.place_order(lamp, 2).await;
    let response = ann.get(&format!("/orders/{order}")).await;
    assert_eq!(response.assert_ok()["item_name"], "Brass lamp");
    assert_eq!(response.json["customer_name"], "ann");
    assert_eq!(response.json["quantity"], 2);
    assert_eq!(response.json["status"], "PENDING");
    let lines = json!([
        {"product_id": table, "quantity": 1}, {"product_id": lamp, "quantity": 1},
    ]);
    let several = ann.post("/api/v1/orders", json!({"lines": lines})).await.id();
    let response = ann.get(&format!("/orders/{several}")).await;
    assert_eq!(response.assert_ok()["item_name"], "Oak table (+1 more)");
    assert_eq!(ids_of(ann.get("/orders").await.assert_ok()), [several, order]);
    assert_eq!(ids_of(ann.get("/orders?search=brass").await.assert_ok()), [several, order]);
    assert_eq!(ids_of(ann.get("/orders?search=more").await.assert_ok()), [0_i64; 0]);
    assert_eq!(ids_of(ann.get("/orders?search=ANN&max_qty=2").await.assert_ok()), [several, order]);
}

#[tokio::test]
async fn a_free_form_order_shows_in_v1_without_a_product() {
    let (_server, ann, admin) = shop().await;
    let order = ann.place_free_form_order("Ada Lovelace", "Blue chair", 3).await;
    let response = ann.get(&format!("/api/v1/orders/{order}")).await;
    assert_snapshot("v1_free_form_order", response.assert_ok());
    assert_eq!(response.json["product_id"], Value::Null);
    assert_eq!(response.json["lines"], json!([]));
    assert_eq!(response.json["total"], "0.00");
    assert_eq!(response.json["customer_name"], "Ada Lovelace");
    assert_eq!(response.json["item_name"], "Blue chair");
    assert_eq!(response.json["status"], "pending");
    assert_eq!(ids_of(&ann.get("/api/v1/orders/me").await.assert_ok()["data"]), [order]);
    assert_eq!(ids_of(&admin.get("/api/v1/orders").await.assert_ok()["data"]), [order]);
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    assert_eq!(ann.get(&format!("/orders/{order}")).await.assert_ok()["status"], "CANCELLED");
}

#[tokio::test]
async fn a_transition_on_one_surface_is_in_the_history_of_the_other() {
    let (_server, ann, admin) = shop().await;
    let order = ann.place_free_form_order("Ada", "Chair", 1).await;
    admin.patch(&format!("/orders/{order}"), json!({"status": "PROCESSING"})).await.assert_ok();
    admin.transition(order, &["shipped"]).await;
    let v1 = ann.get(&format!("/api/v1/orders/{order}/events")).await;
    let classic = ann.get(&format!("/orders/{order}/events")).await;
    let values = |response: &Value, member: &str| -> Vec<String> {
        let events = response.as_array().unwrap();
        events.iter().map(|event| event[member].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(values(v1.assert_ok(), "new_status"), ["shipped", "processing"]);
    assert_eq!(values(classic.assert_ok(), "new_status"), ["SHIPPED", "PROCESSING"]);
    for member in ["note", "created_at"] {
        assert_eq!(values(&v1.json, member), values(&classic.json, member));
    }
}

#[tokio::test]
async fn a_token_of_one_surface_works_on_the_other() {
    let server = Server::start();
    let anyone = server.anonymous();
    let credentials = json!({"email": "ann@example.com", "password": PASSWORD});
    anyone.post("/auth/register", credentials.clone()).await.assert_status(201);
    let classic = anyone.post("/auth/login", credentials.clone()).await;
    let v1 = anyone.post("/api/v1/users/login", credentials).await;
    for login in [&classic, &v1] {
        let ann = anyone.with_token(login.assert_ok()["access_token"].as_str().unwrap());
        assert_eq!(ann.get("/api/v1/users/me").await.assert_ok()["email"], "ann@example.com");
        ann.get("/orders").await.assert_ok();
        ann.get("/api/v1/orders/me").await.assert_ok();
    }
    let ann = anyone.with_token(classic.json["access_token"].as_str().unwrap());
    let message = json!({"message": "Logged out successfully"});
    let logged_out = ann.request(reqwest::Method::POST, "/api/v1/users/logout").await;
    assert_eq!(logged_out.assert_ok(), &message);
    ann.get("/orders").await.assert_problem(401, "invalid_token", "Invalid or expired token");
    // The other session stays valid.
    anyone.with_token(v1.json["access_token"].as_str().unwrap()).get("/orders").await.assert_ok();
}
