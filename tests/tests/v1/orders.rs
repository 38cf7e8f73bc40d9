//! Existing orders in v1: read, change the status, cancel. The tests of the lifecycle are in
//! `stored/lifecycle.rs`.

use serde_json::{Value, json};

use crate::harness::{Server, assert_snapshot, shop};

#[tokio::test]
async fn only_the_owner_and_admins_can_access_an_order() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let lamp = admin.create_product("Lamp", "50.00", 5).await;
    let order = ann.place_order(lamp, 1).await;
    let path = format!("/api/v1/orders/{order}");
    for request in [
        bob.get(&path),
        bob.get(&format!("{path}/events")),
        bob.put_empty(&format!("{path}/cancel")),
    ] {
        request.await.assert_problem(403, "not_authorized", "Not authorized");
    }
    for caller in [&ann, &bob] {
        caller.put(&path, json!({"status": "processing"})).await.assert_admin_required();
        caller.get("/api/v1/orders").await.assert_admin_required();
    }
    let anonymous = server.anonymous();
    for request in [
        anonymous.get(&path),
        anonymous.get(&format!("{path}/events")),
        anonymous.put_empty(&format!("{path}/cancel")),
        anonymous.put(&path, json!({"status": "processing"})),
        anonymous.get("/api/v1/orders"),
        anonymous.get("/api/v1/orders/me"),
        anonymous.order_request(lamp, 1),
    ] {
        request.await.assert_not_authenticated();
    }
    assert_eq!(ann.order_status(order).await, "pending");
}

#[tokio::test]
async fn an_unknown_order_is_404_for_every_operation() {
    let server = Server::start();
    let admin = server.admin().await;
    let path = "/api/v1/orders/4711";
    for request in [
        admin.get(path),
        admin.get(&format!("{path}/events")),
        admin.put(path, json!({"status": "processing"})),
        admin.put_empty(&format!("{path}/cancel")),
    ] {
        request.await.assert_problem(404, "order_not_found", "Order not found");
    }
}

#[tokio::test]
async fn an_admin_changes_the_status_and_the_history_lists_it() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 50).await;
    let order = ann.place_order(lamp, 1).await;
    let path = format!("/api/v1/orders/{order}");
    let response = admin.put(&path, json!({"status": "processing"})).await;
    assert_eq!(response.assert_ok()["status"], "processing");
    assert_eq!(response.json["version"], 2);
    admin.transition(order, &["shipped"]).await;
    let events = ann.get(&format!("{path}/events")).await;
    assert_snapshot("v1_events", events.assert_ok());
    assert_eq!(events.json[0]["changed_by_user_id"], admin.id());
    assert_eq!(events.json[0]["order_id"], order);
    for status in [json!("lost"), json!(""), json!(3), Value::Null] {
        admin.put(&path, json!({"status": status})).await.assert_invalid_fields(&["/status"]);
    }
    admin.put(&path, json!({})).await.assert_invalid_fields(&["/status"]);
}

#[tokio::test]
async fn cancelling_an_order_restocks_it_once() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    for client in [&ann, &admin] {
        let order = ann.place_order(lamp, 3).await;
        assert_eq!(ann.stock(lamp).await, 2);
        let cancel = format!("/api/v1/orders/{order}/cancel");
        let response = client.put_empty(&cancel).await;
        assert_eq!(response.assert_ok(), &json!({"message": "Order cancelled successfully"}));
        assert_eq!(ann.stock(lamp).await, 5);
        client.put_empty(&cancel).await.assert_problem(409, "order_cancelled", "Already cancelled");
        assert_eq!(ann.stock(lamp).await, 5);
        assert_eq!(ann.order_status(order).await, "cancelled");
    }
}
