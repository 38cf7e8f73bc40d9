//! Idempotency keys: a client that does not know whether an order was placed sends it again.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::json;

use crate::harness::{Client, PendingRequest, ids_of, server_with_customer, shop};

fn order_with_key(client: &Client, key: &str, product: i64, quantity: i64) -> PendingRequest {
    client.order_request(product, quantity).header("Idempotency-Key", key)
}

fn free_form_order_with_key(client: &Client, key: &str, item: &str) -> PendingRequest {
    let body = json!({"customer_name": "Ada", "item_name": item, "quantity": 1});
    client.post("/orders", body).header("Idempotency-Key", key)
}

#[tokio::test]
async fn the_same_order_with_the_same_key_is_placed_once() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let first = order_with_key(&ann, "key-1", lamp, 2).await;
    let order = first.created_at("/api/v1/orders/");
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = order_with_key(&ann, "key-1", lamp, 2).await;
    assert_eq!(again.created_at("/api/v1/orders/"), order);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json, first.json);
    assert_eq!(ann.stock(lamp).await, 3);
    assert_ne!(order_with_key(&ann, "key-2", lamp, 2).await.created_at("/api/v1/orders/"), order);

    let first = free_form_order_with_key(&ann, "key-3", "Chair").await;
    let again = free_form_order_with_key(&ann, "key-3", "Chair").await;
    assert_eq!(first.created_at("/orders/"), again.created_at("/orders/"));
    assert_eq!(ids_of(ann.get("/orders").await.assert_ok()).len(), 3);
}

#[tokio::test]
async fn a_key_matches_despite_other_white_space_and_unknown_members() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = order_with_key(&ann, "key", lamp, 1).await.id();
    let body = format!("{{ \"note\": 7, \"quantity\" : \"1\",\n \"product_id\": {lamp} }}");
    let again = ann
        .with_body(reqwest::Method::POST, "/api/v1/orders", None, body)
        .header("Idempotency-Key", "key")
        .await;
    assert_eq!(again.created_at("/api/v1/orders/"), order);
}

#[tokio::test]
async fn a_key_reused_for_another_body_is_refused() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    order_with_key(&ann, "key", lamp, 1).await.assert_status(201);
    order_with_key(&ann, "key", lamp, 2).await.assert_problem_code(422, "idempotency_key_reused");
    free_form_order_with_key(&ann, "key", "Lamp")
        .await
        .assert_problem_code(422, "idempotency_key_reused");
    assert_eq!(ann.stock(lamp).await, 4);
}

#[tokio::test]
async fn keys_are_separate_for_each_account() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let anns = order_with_key(&ann, "key", lamp, 1).await.id();
    let bobs = order_with_key(&bob, "key", lamp, 3).await.id();
    assert_ne!(anns, bobs);
    assert_eq!(ann.stock(lamp).await, 1);
}

#[tokio::test]
async fn a_refused_order_leaves_its_key_unused() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1).await;
    order_with_key(&ann, "key", lamp, 2).await.assert_status(409);
    admin.put(&format!("/api/v1/products/{lamp}"), json!({"stock": 2})).await.assert_ok();
    order_with_key(&ann, "key", lamp, 2).await.assert_status(201);
    order_with_key(&ann, "key", lamp, 2).await.assert_status(201);
    assert_eq!(ann.stock(lamp).await, 0);
}

#[tokio::test]
async fn a_replay_returns_the_order_as_it_is_now() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = order_with_key(&ann, "key", lamp, 1).await.id();
    admin.transition(order, &["processing"]).await;
    let again = order_with_key(&ann, "key", lamp, 1).await;
    assert_eq!(again.id(), order);
    assert_eq!(again.json["status"], "processing");
    admin.delete(&format!("/orders/{order}")).await.assert_status(204);
    let after = order_with_key(&ann, "key", lamp, 1).await;
    assert!((400..500).contains(&after.status), "a deleted order is not placed again: {after}");
    assert_eq!(ann.stock(lamp).await, 5);
}

#[tokio::test]
async fn a_key_has_1_to_255_printable_ascii_characters() {
    let (_server, ann) = server_with_customer().await;
    for key in [String::new(), "k".repeat(256), "ключ".to_owned()] {
        free_form_order_with_key(&ann, &key, "Chair")
            .await
            .assert_problem_code(422, "invalid_input");
    }
    free_form_order_with_key(&ann, &"k".repeat(255), "Chair").await.assert_status(201);
    assert_eq!(ids_of(ann.get("/orders").await.assert_ok()).len(), 1);
}

#[tokio::test]
async fn fifty_concurrent_requests_with_one_key_place_one_order() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    let ann = Arc::new(ann);
    let racing = (0..50).map(|_| {
        let ann = Arc::clone(&ann);
        tokio::spawn(async move { order_with_key(&ann, "key", lamp, 2).await })
    });
    let mut ids: Vec<_> = join_all(racing)
        .await
        .into_iter()
        .map(|response| response.expect("no panic").created_at("/api/v1/orders/"))
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(ann.stock(lamp).await, 98);
    assert_eq!(ann.get("/api/v1/orders/me").await.assert_ok()["total"], 1);
}
