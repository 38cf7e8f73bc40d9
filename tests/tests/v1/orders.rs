//! Orders that are placed: look, filter, move, cancel. The lifecycle itself has a file of its own.

use serde_json::{Value, json};

use crate::harness::{Server, ids_of, shape};

#[tokio::test]
async fn an_order_is_its_owners_and_the_admins_business() {
    let server = Server::start();
    let (ann, bob, admin) =
        (server.customer("ann").await, server.customer("bob").await, server.admin().await);
    let lamp = admin.product("Lamp", "50.00", 5).await;
    let order = ann.order(lamp, 1).await;
    let path = format!("/api/v1/orders/{order}");
    for call in [
        bob.get(&path),
        bob.get(&format!("{path}/events")),
        bob.put_empty(&format!("{path}/cancel")),
    ] {
        call.await.is_problem(403, "not_authorized", "Not authorized");
    }
    for caller in [&ann, &bob] {
        caller.put(&path, json!({"status": "processing"})).await.is_problem(
            403,
            "admin_required",
            "Admin access required",
        );
        caller.get("/api/v1/orders").await.is_problem(
            403,
            "admin_required",
            "Admin access required",
        );
    }
    let nobody = server.anonymous();
    for call in [
        nobody.get(&path),
        nobody.get(&format!("{path}/events")),
        nobody.put_empty(&format!("{path}/cancel")),
        nobody.put(&path, json!({"status": "processing"})),
        nobody.get("/api/v1/orders"),
        nobody.get("/api/v1/orders/me"),
        nobody.ask_for(lamp, 1),
    ] {
        call.await.is_problem(401, "not_authenticated", "Not authenticated");
    }
    assert_eq!(ann.status(order).await, "pending");
}

#[tokio::test]
async fn an_order_that_is_not_there_is_404_for_everything() {
    let server = Server::start();
    let admin = server.admin().await;
    let path = "/api/v1/orders/4711";
    for call in [
        admin.get(path),
        admin.get(&format!("{path}/events")),
        admin.put(path, json!({"status": "processing"})),
        admin.put_empty(&format!("{path}/cancel")),
    ] {
        call.await.is_problem(404, "order_not_found", "Order not found");
    }
}

#[tokio::test]
async fn everybody_lists_their_own_orders_and_admins_all_newest_first() {
    let server = Server::start();
    let (ann, bob, admin) =
        (server.customer("ann").await, server.customer("bob").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 50).await;
    let first = ann.order(lamp, 1).await;
    let second = bob.order(lamp, 2).await;
    let third = ann.order(lamp, 3).await;
    let own = ann.get("/api/v1/orders/me").await;
    shape("v1_orders_page", own.ok());
    assert_eq!(ids_of(&own.json["data"]), [third, first]);
    assert_eq!(ids_of(&bob.get("/api/v1/orders/me").await.ok()["data"]), [second]);
    let all = admin.get("/api/v1/orders").await;
    assert_eq!(ids_of(&all.ok()["data"]), [third, second, first]);
    assert_eq!(ids_of(&admin.get("/api/v1/orders/me").await.ok()["data"]), [0_i64; 0]);
}

#[tokio::test]
async fn the_list_of_all_orders_can_be_filtered() {
    let server = Server::start();
    let (ann, bob, admin) =
        (server.customer("ann").await, server.customer("bob").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 50).await;
    let table = admin.product("Table", "1.00", 50).await;
    let first = ann.order(lamp, 1).await;
    let second = bob.order(table, 2).await;
    let lines = json!([{"product_id": lamp, "quantity": 1}, {"product_id": table, "quantity": 1}]);
    let third = ann.post("/api/v1/orders", json!({"lines": lines})).await.id();
    admin.moves(second, &["processing"]).await;
    let created = async |order: i64| {
        let reply = admin.get(&format!("/api/v1/orders/{order}")).await;
        reply.ok()["created_at"].as_str().unwrap().to_owned()
    };
    let (from, to) = (created(second).await, created(second).await);
    let filtered = async |query: &[(&str, &str)]| {
        let reply = admin.get("/api/v1/orders").query(query).await;
        let ids = ids_of(&reply.ok()["data"]);
        assert_eq!(reply.json["total"], ids.len(), "{reply}");
        ids
    };
    let (ann_id, lamp_id) = (ann.id().to_string(), lamp.to_string());
    assert_eq!(filtered(&[("status", "pending")]).await, [third, first]);
    assert_eq!(filtered(&[("status", "processing")]).await, [second]);
    assert_eq!(filtered(&[("user_id", &ann_id)]).await, [third, first]);
    assert_eq!(filtered(&[("product_id", &lamp_id)]).await, [third, first]);
    assert_eq!(filtered(&[("created_from", &from)]).await, [third, second]);
    assert_eq!(filtered(&[("created_to", &to)]).await, [second, first]);
    assert_eq!(filtered(&[("created_from", &from), ("created_to", &to)]).await, [second]);
    assert_eq!(
        filtered(&[("user_id", &ann_id), ("status", "processing")]).await,
        [0_i64; 0],
        "all that is given must match"
    );
    let bad = [
        ("status", "lost"),
        ("user_id", "ann"),
        ("product_id", "lamp"),
        ("created_from", "yesterday"),
        ("created_to", "2026-13-01"),
    ];
    for (name, value) in bad {
        admin.get("/api/v1/orders").query(&[(name, value)]).await.is_invalid_parameter(&[name]);
    }
    let names: Vec<_> = bad.iter().map(|(name, _)| *name).collect();
    admin.get("/api/v1/orders").query(&bad).await.is_invalid_parameter(&names);
}

#[tokio::test]
async fn an_admin_moves_an_order_and_its_history_tells() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 50).await;
    let order = ann.order(lamp, 1).await;
    let path = format!("/api/v1/orders/{order}");
    let reply = admin.put(&path, json!({"status": "processing"})).await;
    assert_eq!(reply.ok()["status"], "processing");
    assert_eq!(reply.json["version"], 2);
    admin.moves(order, &["shipped"]).await;
    let events = ann.get(&format!("{path}/events")).await;
    shape("v1_events", events.ok());
    assert_eq!(events.json[0]["changed_by_user_id"], admin.id());
    assert_eq!(events.json[0]["order_id"], order);
    for status in [json!("lost"), json!(""), json!(3), Value::Null] {
        admin.put(&path, json!({"status": status})).await.is_invalid(&["/status"]);
    }
    admin.put(&path, json!({})).await.is_invalid(&["/status"]);
}

#[tokio::test]
async fn a_cancelled_order_puts_its_stock_back_once() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 5).await;
    for canceller in [&ann, &admin] {
        let order = ann.order(lamp, 3).await;
        assert_eq!(ann.stock(lamp).await, 2);
        let cancel = format!("/api/v1/orders/{order}/cancel");
        let reply = canceller.put_empty(&cancel).await;
        assert_eq!(reply.ok(), &json!({"message": "Order cancelled successfully"}));
        assert_eq!(ann.stock(lamp).await, 5);
        canceller.put_empty(&cancel).await.is_problem(409, "order_cancelled", "Already cancelled");
        assert_eq!(ann.stock(lamp).await, 5);
        assert_eq!(ann.status(order).await, "cancelled");
    }
}
