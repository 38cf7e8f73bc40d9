//! Deleted records are gone from every list, and records that refer to them stay.

use serde_json::json;

use crate::harness::{PASSWORD, ids_of, shop};

#[tokio::test]
async fn a_deleted_order_is_gone_and_an_open_one_is_restocked() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let open = ann.place_order(lamp, 2).await;
    let shipped = ann.place_order(lamp, 1).await;
    admin.transition(shipped, &["shipped"]).await;
    let free_form = ann.place_free_form_order("Ada", "Chair", 1).await;
    ann.delete(&format!("/orders/{open}")).await.assert_admin_required();
    assert_eq!(ann.stock(lamp).await, 2);
    for order in [open, shipped, free_form] {
        let path = format!("/orders/{order}");
        let response = admin.delete(&path).await;
        response.assert_status(204);
        assert_eq!(response.text, "");
        for request in [
            admin.get(&path),
            ann.get(&path),
            admin.get(&format!("{path}/events")),
            admin.patch(&path, json!({"status": "PROCESSING"})),
            admin.delete(&path),
            admin.get(&format!("/api/v1/orders/{order}")),
            admin.put_empty(&format!("/api/v1/orders/{order}/cancel")),
        ] {
            request.await.assert_problem(404, "order_not_found", "Order not found");
        }
    }
    assert_eq!(ann.stock(lamp).await, 4, "only the open order is restocked");
    assert_eq!(admin.get("/orders").await.assert_ok(), &json!([]));
    assert_eq!(admin.get("/api/v1/orders").await.assert_ok()["total"], 0);
}

#[tokio::test]
async fn a_deleted_product_is_gone_until_it_is_restored() {
    let (_server, ann, admin) = shop().await;
    let id = admin.create_product("Lamp", "10.00", 3).await;
    let other = admin.create_product("Table", "20.00", 1).await;
    let path = format!("/api/v1/products/{id}");
    let restore = format!("{path}/restore");
    admin.put_empty(&restore).await.assert_problem(
        409,
        "product_not_deleted",
        "Product is not deleted",
    );
    let response = admin.delete(&path).await;
    assert_eq!(response.assert_ok(), &json!({"message": "Product deleted successfully"}));
    for request in [
        ann.get(&path),
        admin.get(&path),
        admin.put(&path, json!({"stock": 9})),
        admin.delete(&path),
        ann.order_request(id, 1),
    ] {
        request.await.assert_problem(404, "product_not_found", "Product not found");
    }
    for list in ["/api/v1/products", "/api/v1/products?search=lamp"] {
        let response = ann.get(list).await;
        assert!(!ids_of(&response.assert_ok()["data"]).contains(&id), "{response}");
    }
    assert_eq!(ann.get("/api/v1/products").await.assert_ok()["total"], 1);

    let restored = admin.put_empty(&restore).await;
    assert_eq!(restored.assert_ok()["name"], "Lamp");
    assert_eq!(restored.json["stock"], 3);
    assert_eq!(ann.get(&path).await.assert_ok(), &restored.json);
    assert_eq!(ids_of(&ann.get("/api/v1/products").await.assert_ok()["data"]), [other, id]);
    ann.place_order(id, 1).await;
    admin.put_empty(&restore).await.assert_problem_code(409, "product_not_deleted");
}

#[tokio::test]
async fn deleting_an_account_ends_its_sessions_and_erases_its_data_but_keeps_its_orders() {
    let (server, ann, admin) = shop().await;
    let product = admin.create_product("Lamp", "19.90", 5).await;
    let order = ann.place_order(product, 2).await;
    let path = format!("/api/v1/users/{}", ann.id());
    let response = admin.delete(&path).await;
    assert_eq!(response.assert_ok(), &json!({"message": "User deleted successfully"}));

    ann.get("/api/v1/users/me").await.assert_invalid_token();
    let anyone = server.anonymous();
    anyone
        .post("/api/v1/users/refresh", json!({"refresh_token": ann.refresh_token()}))
        .await
        .assert_problem(401, "invalid_refresh_token", "Invalid or expired refresh token");
    anyone
        .post("/api/v1/users/login", json!({"username": ann.email(), "password": PASSWORD}))
        .await
        .assert_invalid_credentials();
    admin.get(&path).await.assert_user_not_found();
    admin.delete(&path).await.assert_user_not_found();
    let users = admin.get("/api/v1/users").await;
    assert!(!users.text.contains("ann"), "{users}");

    let kept = admin.get(&format!("/api/v1/orders/{order}")).await;
    assert_eq!(kept.assert_ok()["user_id"], ann.id(), "the order stays: {kept}");
    assert_eq!(kept.json["total"], "39.80");
    assert_eq!(kept.json["customer_name"], "Deleted user", "{kept}");
    // The address is free, and registering it creates another account.
    let successor = server.customer("ann").await;
    assert_ne!(successor.id(), ann.id());
    assert_eq!(successor.get("/api/v1/orders/me").await.assert_ok()["total"], 0);
}
