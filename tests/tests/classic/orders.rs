//! Orders on the classic surface: in words, and without stock.

use serde_json::{Value, json};

use crate::harness::{Server, ids_of, server_of_ann, shape, shop};

#[tokio::test]
async fn an_order_in_words_touches_no_stock() {
    let (_server, ann) = server_of_ann().await;
    let body = json!({"customer_name": "Ada", "item_name": "A blue chair", "quantity": "3"});
    let reply = ann.post("/orders", body).await;
    let id = reply.created_at("/orders/");
    shape("classic_order", &reply.json);
    assert_eq!(reply.json["status"], "PENDING");
    assert_eq!(reply.json["quantity"], 3);
    assert_eq!(ann.get(&format!("/orders/{id}")).await.ok(), &reply.json);
    let list = ann.get("/orders").await;
    shape("classic_orders", list.ok());
    assert_eq!(ann.get(&format!("/orders/{id}/events")).await.ok(), &json!([]));
}

#[tokio::test]
async fn an_order_names_every_bad_field_at_once() {
    let (_server, ann) = server_of_ann().await;
    let everything = ["/customer_name", "/item_name", "/quantity"];
    for body in [
        json!({}),
        json!({"customer_name": "", "item_name": "  ", "quantity": 0}),
        json!({"customer_name": "x".repeat(201), "item_name": "y".repeat(201), "quantity": 100_001}),
        json!({"customer_name": 1, "item_name": [], "quantity": "a few"}),
        json!({"customer_name": null, "item_name": null, "quantity": null}),
    ] {
        ann.post("/orders", body).await.is_invalid(&everything);
    }
    let body = json!({
        "customer_name": "ü".repeat(200), "item_name": "ß".repeat(200), "quantity": 100_000,
    });
    ann.post("/orders", body).await.is(201);
}

#[tokio::test]
async fn an_order_sets_nothing_but_what_its_row_names() {
    let (_server, ann, admin) = shop().await;
    let body = json!({
        "customer_name": "Ada", "item_name": "Chair", "quantity": 1,
        "id": 4711, "status": "DELIVERED", "user_id": admin.id(), "price": "0.01",
    });
    let reply = ann.post("/orders", body).await;
    assert_ne!(reply.created_at("/orders/"), 4711);
    assert_eq!(reply.json["status"], "PENDING");
    assert_eq!(
        admin.get(&format!("/api/v1/orders/{}", reply.id())).await.ok()["user_id"],
        ann.id()
    );
}

#[tokio::test]
async fn a_user_sees_their_own_orders_and_an_admin_all() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let anns = ann.order_in_words("Ada", "Chair", 1).await;
    let bobs = bob.order_in_words("Ada", "Chair", 2).await;
    assert_eq!(ids_of(ann.get("/orders").await.ok()), [anns]);
    assert_eq!(ids_of(bob.get("/orders?search=chair").await.ok()), [bobs]);
    assert_eq!(ids_of(admin.get("/orders").await.ok()), [bobs, anns]);
    for path in [format!("/orders/{anns}"), format!("/orders/{anns}/events")] {
        bob.get(&path).await.is_problem(403, "not_authorized", "Not allowed");
        ann.get(&path).await.ok();
        admin.get(&path).await.ok();
        server.anonymous().get(&path).await.is_not_authenticated();
    }
    server.anonymous().get("/orders").await.is_not_authenticated();
}

#[tokio::test]
async fn a_list_shows_20_orders_if_nothing_is_said_and_never_more_than_100() {
    let (_server, ann) = server_of_ann().await;
    for number in 1..=101 {
        ann.order_in_words("Ada", "Chair", number).await;
    }
    for (query, count) in [("", 20), ("?limit=21", 21), ("?limit=100", 100), ("?limit=101", 100)] {
        let reply = ann.get(&format!("/orders{query}")).await;
        assert_eq!(ids_of(reply.ok()).len(), count, "{query}");
    }
}

#[tokio::test]
async fn what_should_be_a_number_and_is_none_is_refused() {
    let (_server, ann) = server_of_ann().await;
    for name in ["limit", "offset", "min_qty", "max_qty"] {
        for value in ["ten", "1.5", "9223372036854775808"] {
            ann.get("/orders").query(&[(name, value)]).await.is_invalid_parameter(&[name]);
        }
    }
    ann.get("/orders?search=%00").await.is_invalid_parameter(&["search"]);
}

#[tokio::test]
async fn an_admin_moves_an_order_in_upper_case_words_and_the_history_keeps_them() {
    let (_server, ann, admin) = shop().await;
    let order = ann.order_in_words("Ada", "Chair", 1).await;
    let path = format!("/orders/{order}");
    ann.patch(&path, json!({"status": "PROCESSING"})).await.is_for_admins();
    let reply = admin.patch(&path, json!({"status": "PROCESSING"})).await;
    assert_eq!(reply.ok()["status"], "PROCESSING");
    admin.patch(&path, json!({"status": "shipped"})).await.ok();
    let events = ann.get(&format!("{path}/events")).await;
    shape("classic_events", events.ok());
    let steps: Vec<_> =
        events.json.as_array().unwrap().iter().map(|event| &event["note"]).collect();
    assert_eq!(
        steps,
        [
            "Order status changed from PROCESSING to SHIPPED",
            "Order status changed from PENDING to PROCESSING",
        ],
        "newest first"
    );
    assert_eq!(events.json[0]["changed_by_user_id"], admin.id());
    assert_eq!(events.json[0]["old_status"], "PROCESSING");
    for body in [json!({}), json!({"status": "LOST"}), json!({"status": 1})] {
        admin.patch(&path, body).await.is_invalid(&["/status"]);
    }
}

#[tokio::test]
async fn a_refused_step_is_told_in_the_old_words_and_leaves_no_trace() {
    let (_server, ann, admin) = shop().await;
    let order = ann.order_in_words("Ada", "Chair", 1).await;
    let path = format!("/orders/{order}");
    let refused = async |to: &str, from: &str, open: Value| {
        let reply = admin.patch(&path, json!({"status": to})).await;
        reply.is(409);
        let code = reply.json["code"].as_str().unwrap_or_default();
        let detail = format!("Invalid status transition from {from} to {to}");
        assert_eq!(reply.is_problem(409, code, &detail)["open_steps"], open, "{reply}");
    };
    refused("DELIVERED", "PENDING", json!(["PROCESSING", "SHIPPED", "CANCELLED"])).await;
    refused("PENDING", "PENDING", json!(["PROCESSING", "SHIPPED", "CANCELLED"])).await;
    assert_eq!(ann.get(&format!("{path}/events")).await.ok(), &json!([]));
    admin.patch(&path, json!({"status": "SHIPPED"})).await.ok();
    refused("CANCELLED", "SHIPPED", json!(["DELIVERED"])).await;
    admin.patch(&path, json!({"status": "DELIVERED"})).await.ok();
    refused("PENDING", "DELIVERED", json!([])).await;
    refused("CANCELLED", "DELIVERED", json!([])).await;
    let events = ann.get(&format!("{path}/events")).await;
    assert_eq!(events.ok().as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn an_order_that_is_not_there_is_404() {
    let server = Server::start();
    let admin = server.admin().await;
    for call in [
        admin.get("/orders/4711"),
        admin.get("/orders/4711/events"),
        admin.patch("/orders/4711", json!({"status": "SHIPPED"})),
        admin.delete("/orders/4711"),
    ] {
        call.await.is_problem(404, "order_not_found", "Order not found");
    }
}
