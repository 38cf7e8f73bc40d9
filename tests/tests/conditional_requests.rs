//! Conditional requests: a change with `If-Match` applies to that version or fails.

use reqwest::Method;
use serde_json::json;

use crate::harness::{PendingRequest, shop};

#[tokio::test]
async fn a_product_has_an_entity_tag_that_changes_with_it() {
    let (_server, ann, admin) = shop().await;
    let body = json!({"name": "Lamp", "price": 1, "stock": 5});
    let made = admin.post("/api/v1/products", body).await;
    let lamp = made.created_at("/api/v1/products/");
    assert_eq!(made.etag(), "\"1-1\"");
    let path = format!("/api/v1/products/{lamp}");
    assert_eq!(ann.get(&path).await.etag(), "\"1-1\"");
    assert_eq!(admin.put(&path, json!({"price": 2})).await.etag(), "\"2-2\"");
    let order = ann.place_order(lamp, 1).await;
    let now = ann.get(&path).await;
    assert_eq!(now.etag(), "\"2-3\"", "a sale changes the revision alone");
    assert_eq!(now.json["version"], 2);
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    assert_eq!(ann.get(&path).await.etag(), "\"2-4\"", "and so does a restock");
    assert_eq!(admin.put(&path, json!({"stock": 9})).await.etag(), "\"3-5\"");
    assert_eq!(admin.put(&path, json!({"stock": 9})).await.etag(), "\"3-5\"", "nothing changed");
    admin.delete(&path).await.assert_ok();
    assert_eq!(admin.put_empty(&format!("{path}/restore")).await.etag(), "\"5-7\"");
}

#[tokio::test]
async fn an_order_has_an_entity_tag_on_both_surfaces() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let placed = ann.order_request(lamp, 1).await;
    assert_eq!(placed.etag(), "\"1-1\"");
    let order = placed.id();
    let (v1, classic) = (format!("/api/v1/orders/{order}"), format!("/orders/{order}"));
    assert_eq!(admin.put(&v1, json!({"status": "processing"})).await.etag(), "\"2-2\"");
    assert_eq!(admin.patch(&classic, json!({"status": "SHIPPED"})).await.etag(), "\"3-3\"");
    assert_eq!(ann.get(&v1).await.etag(), "\"3-3\"");
    assert_eq!(ann.get(&classic).await.etag(), "\"3-3\"");
    let body = json!({"customer_name": "Ada", "item_name": "Chair", "quantity": 1});
    assert_eq!(ann.post("/orders", body).await.etag(), "\"1-1\"");
}

#[tokio::test]
async fn a_read_of_what_the_client_has_is_not_modified_until_it_changes() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = ann.place_order(lamp, 1).await;
    for path in [
        format!("/api/v1/products/{lamp}"),
        format!("/api/v1/orders/{order}"),
        format!("/orders/{order}"),
    ] {
        let read = |tag: &str| ann.get(&path).header("If-None-Match", tag);
        let first = ann.get(&path).await;
        let tag = first.etag();
        for same in [tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"] {
            let unchanged = read(same).await;
            unchanged.assert_status(304);
            assert_eq!((unchanged.etag(), unchanged.text.as_str()), (tag, ""), "{path}");
            let cached = unchanged.header("Cache-Control");
            assert_eq!(cached, Some("private, no-cache, no-transform"));
        }
        let head = ann.request(Method::HEAD, &path).header("If-None-Match", tag).await;
        head.assert_status(304);
        for other in ["\"1\"", "\"9-9\"", "\"x\"", ""] {
            assert_eq!(read(other).await.assert_ok(), &first.json, "{path} {other}");
        }
    }
    let tag = ann.get(&format!("/api/v1/products/{lamp}")).await.etag().to_owned();
    ann.place_order(lamp, 1).await;
    let sold = ann.get(&format!("/api/v1/products/{lamp}")).header("If-None-Match", &tag).await;
    assert_eq!(sold.assert_ok()["stock"], 3, "a sale changes what is shown");
}

#[tokio::test]
async fn access_is_checked_before_if_none_match() {
    let (server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = format!("/api/v1/orders/{}", ann.place_order(lamp, 1).await);
    let bob = server.customer("bob").await;
    bob.get(&order).header("If-None-Match", "*").await.assert_status(403);
    server.anonymous().get(&order).header("If-None-Match", "*").await.assert_status(401);
    ann.get("/api/v1/orders/999").header("If-None-Match", "*").await.assert_status(404);
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
    for stale in
        ["\"1\"", "\"99\"", "\"\"", "W/\"1-2\"", "2", "\"2 \"", "\"1-2\", \"99-2\"", "\"x\""]
    {
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
    for tag in ["\"1\"", "*", "\"9\", \"3\"", "\"4\", \"9\"", "\"5-9\""] {
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

#[tokio::test]
async fn a_sale_does_not_refuse_a_change_of_what_staff_edit() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "10.00", 5).await;
    let path = format!("/api/v1/products/{lamp}");
    let tag = admin.get(&path).await.etag().to_owned();
    let order = ann.place_order(lamp, 1).await;
    // A change that names the stock would undo the sale.
    if_match(admin.put(&path, json!({"stock": 5})), &tag)
        .await
        .assert_problem_code(412, "version_mismatch");
    let changed = if_match(admin.put(&path, json!({"price": "9.99"})), &tag).await;
    assert_eq!(changed.assert_ok()["price"], "9.99");
    assert_eq!(changed.json["stock"], 4);
    if_match(admin.put(&path, json!({"price": "9.98"})), &tag)
        .await
        .assert_problem_code(412, "version_mismatch");
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    let changed = if_match(admin.put(&path, json!({"name": "Brass lamp"})), changed.etag()).await;
    assert_eq!(changed.assert_ok()["stock"], 5);
    ann.place_order(lamp, 1).await;
    if_match(admin.delete(&path), changed.etag()).await.assert_ok();
    // The old form of a tag names no revision.
    let restored = admin.put_empty(&format!("{path}/restore")).await;
    let version = format!("\"{}\"", restored.assert_ok()["version"]);
    ann.place_order(lamp, 1).await;
    if_match(admin.put(&path, json!({"stock": 7})), &version).await.assert_ok();
}

#[tokio::test]
async fn a_tag_that_a_proxy_changed_is_still_the_same_version() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let path = format!("/api/v1/products/{lamp}");
    let order = ann.place_order(lamp, 1).await;
    let order = format!("/orders/{order}");
    for changed in [
        "W/\"{}\"",
        "\"{}-gzip\"",
        "\"{};gzip\"",
        "\"{}--gzip\"",
        "\"{}\"-gzip",
        "\"{}\";br",
        "W/\"{}-df\"",
    ] {
        // The name is new each time, so each change makes a new version.
        let tag = admin.get(&path).await.etag().trim_matches('"').to_owned();
        let tag = changed.replace("{}", &tag);
        if_match(admin.put(&path, json!({"name": changed, "stock": 5})), &tag).await.assert_ok();
        if_match(admin.put(&path, json!({"name": "Lamp"})), &tag)
            .await
            .assert_problem_code(412, "version_mismatch");
        let stale = changed.replace("{}", "7-7");
        let refused = if_match(admin.patch(&order, json!({"status": "SHIPPED"})), &stale).await;
        refused.assert_problem_code(412, "version_mismatch");
    }
    let current = admin.get(&path).await.etag().to_owned();
    let several = if_match(admin.put(&path, json!({"name": "Lamp"})), "\"x\", W/\"1-1\"");
    if_match(several, &current).await.assert_ok();
}

#[tokio::test]
async fn an_answer_with_a_tag_must_not_be_transformed() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = ann.place_order(lamp, 1).await;
    let product = format!("/api/v1/products/{lamp}");
    for request in [
        ann.get(&product),
        ann.get(&product),
        admin.put(&product, json!({"price": 2})),
        ann.get(&format!("/api/v1/orders/{order}")),
        ann.get(&format!("/orders/{order}")),
        ann.order_request(lamp, 1),
        admin.put(&format!("/api/v1/orders/{order}"), json!({"status": "shipped"})),
    ] {
        let response = request.await;
        assert!(!response.etag().is_empty());
        let control = response.header("cache-control");
        assert_eq!(control, Some("private, no-cache, no-transform"), "{response}");
    }
}
