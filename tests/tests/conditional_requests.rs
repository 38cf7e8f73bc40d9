//! Conditional requests: a change with `If-Match` applies to that version or fails.

use serde_json::json;

use crate::harness::{PendingRequest, shop};

#[tokio::test]
async fn a_product_has_an_entity_tag_that_changes_with_it() {
    let (_server, ann, admin) = shop().await;
    let body = json!({"name": "Lamp", "price": 1, "stock": 5});
    let made = admin.post("/api/v1/products", body).await;
    let lamp = made.created_at("/api/v1/products/");
    assert_eq!(made.etag(), "\"1\"");
    let path = format!("/api/v1/products/{lamp}");
    assert_eq!(ann.get(&path).await.etag(), "\"1\"");
    assert_eq!(admin.put(&path, json!({"price": 2})).await.etag(), "\"2\"");
    ann.place_order(lamp, 1).await;
    let now = ann.get(&path).await;
    assert_eq!(now.etag(), "\"3\"", "stock counts as a change");
    assert_eq!(now.json["version"], 3);
}

#[tokio::test]
async fn an_order_has_an_entity_tag_on_both_surfaces() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let placed = ann.order_request(lamp, 1).await;
    assert_eq!(placed.etag(), "\"1\"");
    let order = placed.id();
    let (v1, classic) = (format!("/api/v1/orders/{order}"), format!("/orders/{order}"));
    assert_eq!(admin.put(&v1, json!({"status": "processing"})).await.etag(), "\"2\"");
    assert_eq!(admin.patch(&classic, json!({"status": "SHIPPED"})).await.etag(), "\"3\"");
    assert_eq!(ann.get(&v1).await.etag(), "\"3\"");
    assert_eq!(ann.get(&classic).await.etag(), "\"3\"");
    let body = json!({"customer_name": "Ada", "item_name": "Chair", "quantity": 1});
    assert_eq!(ann.post("/orders", body).await.etag(), "\"1\"");
}

fn if_match(request: PendingRequest, tag: &str) -> PendingRequest {
    request.header("If-Match", tag)
}

#[tokio::test]
async fn a_stale_if_match_changes_nothing() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let product = format!("/api/v1/products/{lamp}");
    admin.put(&product, json!({"name": "Brass lamp"})).await.assert_ok();
    let order = ann.place_order(lamp, 1).await;
    admin.transition(order, &["processing"]).await;
    let (v1, classic) = (format!("/api/v1/orders/{order}"), format!("/orders/{order}"));
    let before = (ann.get(&product).await.json, ann.get(&v1).await.json);
    for stale in ["\"1\"", "\"99\"", "\"\"", "W/\"2\"", "W/\"3\"", "\"2 \"", "\"1\", \"99\""] {
        for request in [
            admin.put(&product, json!({"name": "Steel lamp"})),
            admin.delete(&product),
            admin.put(&v1, json!({"status": "shipped"})),
            admin.patch(&classic, json!({"status": "SHIPPED"})),
            admin.delete(&classic),
            ann.put_empty(&format!("{v1}/cancel")),
        ] {
            if_match(request, stale).await.assert_problem_code(412, "version_mismatch");
        }
    }
    assert_eq!((ann.get(&product).await.json, ann.get(&v1).await.json), before);
}

#[tokio::test]
async fn if_match_accepts_the_current_tag_a_list_with_it_and_a_star() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let product = format!("/api/v1/products/{lamp}");
    for tag in ["\"1\"", "*", "\"2\", \"3\"", "W/\"4\", \"4\""] {
        let response = if_match(admin.put(&product, json!({"name": tag})), tag).await;
        assert_eq!(response.assert_ok()["name"], tag);
    }
    let order = ann.place_order(lamp, 1).await;
    let (v1, classic) = (format!("/api/v1/orders/{order}"), format!("/orders/{order}"));
    if_match(admin.put(&v1, json!({"status": "processing"})), "\"1\"").await.assert_ok();
    if_match(admin.patch(&classic, json!({"status": "SHIPPED"})), "\"2\"").await.assert_ok();
    if_match(admin.delete(&classic), "\"3\"").await.assert_status(204);
    let other = ann.place_order(lamp, 1).await;
    if_match(ann.put_empty(&format!("/api/v1/orders/{other}/cancel")), "\"1\"").await.assert_ok();
    let current = ann.get(&product).await.etag().to_owned();
    if_match(admin.delete(&product), &current).await.assert_ok();
}

#[tokio::test]
async fn access_is_checked_before_if_match() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = ann.place_order(lamp, 1).await;
    if_match(bob.put_empty(&format!("/api/v1/orders/{order}/cancel")), "\"9\"")
        .await
        .assert_status(403);
    if_match(bob.delete(&format!("/api/v1/products/{lamp}")), "\"9\"").await.assert_status(403);
    if_match(admin.delete("/api/v1/products/4711"), "\"9\"").await.assert_status(404);
    if_match(admin.delete("/orders/4711"), "\"9\"").await.assert_status(404);
}
