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
    assert_eq!(kept.json["status"], "cancelled", "{kept}");
    // The address is free, and registering it creates another account.
    let successor = server.customer("ann").await;
    assert_ne!(successor.id(), ann.id());
    assert_eq!(successor.get("/api/v1/orders/me").await.assert_ok()["total"], 0);
}

#[tokio::test]
async fn deleting_an_account_cancels_its_open_orders_with_product_lines_and_restocks_them() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let lamp = admin.create_product("Lamp", "19.90", 20).await;
    let table = admin.create_product("Table", "5.00", 20).await;
    let pending = ann.place_order(lamp, 2).await;
    let lines = json!([{"product_id": table, "quantity": 3}, {"product_id": lamp, "quantity": 1}]);
    let packed = ann.post("/api/v1/orders", json!({"lines": lines})).await.id();
    admin.transition(packed, &["processing"]).await;
    let shipped = ann.place_order(lamp, 4).await;
    admin.transition(shipped, &["shipped"]).await;
    let in_words = ann.place_free_form_order("Grace Hopper", "a birthday cake", 1).await;
    let others = bob.place_order(lamp, 1).await;
    // Cached, so that the deletion has to invalidate them.
    assert_eq!((admin.stock(lamp).await, admin.stock(table).await), (12, 17));
    let deletion = admin.delete(&format!("/api/v1/users/{}", ann.id())).await;
    assert_eq!(deletion.assert_ok(), &json!({"message": "User deleted successfully"}));

    assert_eq!((admin.stock(lamp).await, admin.stock(table).await), (15, 20));
    let order = async |id: i64| admin.get(&format!("/api/v1/orders/{id}")).await.json;
    for (id, from) in [(pending, "pending"), (packed, "processing")] {
        let order = order(id).await;
        assert_eq!(order["status"], "cancelled", "{order}");
        assert_eq!(order["customer_name"], "Deleted user", "{order}");
        let events = admin.get(&format!("/api/v1/orders/{id}/events")).await;
        let last = &events.assert_ok()[0];
        assert_eq!((&last["old_status"], &last["new_status"]), (&json!(from), &json!("cancelled")));
        assert_eq!(last["changed_by_user_id"], admin.id(), "{events}");
        admin
            .put_empty(&format!("/api/v1/orders/{id}/cancel"))
            .await
            .assert_problem_code(409, "order_cancelled");
    }
    assert_eq!(order(shipped).await["status"], "shipped");
    let kept = order(in_words).await;
    assert_eq!(
        (&kept["status"], &kept["customer_name"]),
        (&json!("pending"), &json!("Grace Hopper"))
    );
    assert_eq!(order(others).await["status"], "pending");
    let movements = admin.get(&format!("/api/v1/products/{table}/movements")).await;
    assert_eq!(movements.assert_ok()["data"][0]["kind"], "order_cancelled", "{movements}");
    let cancelled = admin.get("/api/v1/orders?status=cancelled").await;
    assert_eq!(ids_of(&cancelled.assert_ok()["data"]), [packed, pending]);
    ann.order_request(lamp, 1).await.assert_invalid_token();
}

#[tokio::test]
async fn deleting_an_account_can_refuse_its_open_orders_or_keep_them() {
    let (server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "19.90", 50).await;
    let path = format!("/api/v1/users/{}", ann.id());
    let mut orders = vec![ann.place_order(lamp, 1).await, ann.place_order(lamp, 1).await];
    ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    let refused = admin.delete(&path).query(&[("open_orders", "refuse")]).await;
    let detail = format!("The account has open orders: {}, {}", orders[0], orders[1]);
    let problem = refused.assert_problem(409, "open_orders", &detail);
    assert_eq!((&problem["orders"], &problem["total"]), (&json!(orders), &json!(2)));
    for _ in 0..20 {
        orders.push(ann.place_order(lamp, 1).await);
    }
    let refused = admin.delete(&path).query(&[("open_orders", "refuse")]).await;
    let problem = refused.assert_problem_code(409, "open_orders");
    assert_eq!((&problem["orders"], &problem["total"]), (&json!(orders[..20]), &json!(22)));
    assert!(problem["detail"].as_str().unwrap().ends_with(", and 2 more"), "{refused}");
    for value in ["delete", "cancel,keep"] {
        admin
            .delete(&path)
            .query(&[("open_orders", value)])
            .await
            .assert_invalid_parameters(&["open_orders"]);
    }
    ann.get("/api/v1/users/me").await.assert_ok();
    assert_eq!(admin.stock(lamp).await, 28);

    admin.delete(&path).query(&[("open_orders", "keep")]).await.assert_ok();
    assert_eq!(admin.stock(lamp).await, 28);
    let kept = admin.get("/api/v1/orders?status=pending").await;
    assert_eq!(kept.assert_ok()["total"], 23, "{kept}");
    // Without open orders with product lines, nothing is refused.
    let bob = server.customer("bob").await;
    bob.place_free_form_order("Ada", "a birthday cake", 1).await;
    let path = format!("/api/v1/users/{}", bob.id());
    admin.delete(&path).query(&[("open_orders", "refuse")]).await.assert_ok();
}
