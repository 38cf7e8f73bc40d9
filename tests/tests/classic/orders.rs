//! Free-form orders on the classic surface, which touch no stock.

use serde_json::{Value, json};

use crate::harness::{Server, assert_snapshot, ids_of, server_with_customer, shop};

#[tokio::test]
async fn a_free_form_order_needs_no_product() {
    let (_server, ann) = server_with_customer().await;
    let body = json!({"customer_name": "Ada", "item_name": "A blue chair", "quantity": "3"});
    let response = ann.post("/orders", body).await;
    let id = response.created_at("/orders/");
    assert_snapshot("classic_order", &response.json);
    assert_eq!(response.json["status"], "PENDING");
    assert_eq!(response.json["quantity"], 3);
    assert_eq!(ann.get(&format!("/orders/{id}")).await.assert_ok(), &response.json);
    let list = ann.get("/orders").await;
    assert_snapshot("classic_orders", list.assert_ok());
    assert_eq!(ann.get(&format!("/orders/{id}/events")).await.assert_ok(), &json!([]));
}

#[tokio::test]
async fn an_invalid_order_names_every_bad_field_at_once() {
    let (_server, ann) = server_with_customer().await;
    let everything = ["/customer_name", "/item_name", "/quantity"];
    for body in [
        json!({}),
        json!({"customer_name": "", "item_name": "  ", "quantity": 0}),
        json!({"customer_name": "x".repeat(201), "item_name": "y".repeat(201), "quantity": 100_001}),
        json!({"customer_name": 1, "item_name": [], "quantity": "a few"}),
        json!({"customer_name": null, "item_name": null, "quantity": null}),
    ] {
        ann.post("/orders", body).await.assert_invalid_fields(&everything);
    }
    let body = json!({
        "customer_name": "ü".repeat(200), "item_name": "ß".repeat(200), "quantity": 100_000,
    });
    ann.post("/orders", body).await.assert_status(201);
}

#[tokio::test]
async fn placing_an_order_ignores_unknown_and_protected_members() {
    let (_server, ann, admin) = shop().await;
    let body = json!({
        "customer_name": "Ada", "item_name": "Chair", "quantity": 1,
        "id": 4711, "status": "DELIVERED", "user_id": admin.id(), "price": "0.01",
    });
    let response = ann.post("/orders", body).await;
    assert_ne!(response.created_at("/orders/"), 4711);
    assert_eq!(response.json["status"], "PENDING");
    assert_eq!(
        admin.get(&format!("/api/v1/orders/{}", response.id())).await.assert_ok()["user_id"],
        ann.id()
    );
}

#[tokio::test]
async fn users_see_their_own_orders_and_admins_all() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let anns = ann.place_free_form_order("Ada", "Chair", 1).await;
    let bobs = bob.place_free_form_order("Ada", "Chair", 2).await;
    assert_eq!(ids_of(ann.get("/orders").await.assert_ok()), [anns]);
    assert_eq!(ids_of(bob.get("/orders?search=chair").await.assert_ok()), [bobs]);
    assert_eq!(ids_of(admin.get("/orders").await.assert_ok()), [bobs, anns]);
    for path in [format!("/orders/{anns}"), format!("/orders/{anns}/events")] {
        bob.get(&path).await.assert_problem(403, "not_authorized", "Not allowed");
        ann.get(&path).await.assert_ok();
        admin.get(&path).await.assert_ok();
        server.anonymous().get(&path).await.assert_not_authenticated();
    }
    server.anonymous().get("/orders").await.assert_not_authenticated();
}

#[tokio::test]
async fn a_list_has_20_orders_by_default_and_100_at_most() {
    let (_server, ann) = server_with_customer().await;
    for number in 1..=101 {
        ann.place_free_form_order("Ada", "Chair", number).await;
    }
    for (query, count) in [("", 20), ("?limit=21", 21), ("?limit=100", 100), ("?limit=101", 100)] {
        let response = ann.get(&format!("/orders{query}")).await;
        assert_eq!(ids_of(response.assert_ok()).len(), count, "{query}");
    }
}

#[tokio::test]
async fn a_parameter_that_is_no_whole_number_is_refused() {
    let (_server, ann) = server_with_customer().await;
    for name in ["limit", "offset", "min_qty", "max_qty"] {
        for value in ["ten", "1.5", "9223372036854775808"] {
            ann.get("/orders").query(&[(name, value)]).await.assert_invalid_parameters(&[name]);
        }
    }
    ann.get("/orders?search=%00").await.assert_invalid_parameters(&["search"]);
}

#[tokio::test]
async fn an_admin_changes_the_status_and_the_history_lists_it_in_upper_case() {
    let (_server, ann, admin) = shop().await;
    let order = ann.place_free_form_order("Ada", "Chair", 1).await;
    let path = format!("/orders/{order}");
    ann.patch(&path, json!({"status": "PROCESSING"})).await.assert_admin_required();
    let response = admin.patch(&path, json!({"status": "PROCESSING"})).await;
    assert_eq!(response.assert_ok()["status"], "PROCESSING");
    admin.patch(&path, json!({"status": "shipped"})).await.assert_ok();
    let events = ann.get(&format!("{path}/events")).await;
    assert_snapshot("classic_events", events.assert_ok());
    let notes: Vec<_> =
        events.json.as_array().unwrap().iter().map(|event| &event["note"]).collect();
    assert_eq!(
        notes,
        [
            "Order status changed from PROCESSING to SHIPPED",
            "Order status changed from PENDING to PROCESSING",
        ],
        "newest first"
    );
    assert_eq!(events.json[0]["changed_by_user_id"], admin.id());
    assert_eq!(events.json[0]["old_status"], "PROCESSING");
    for body in [json!({}), json!({"status": "LOST"}), json!({"status": 1})] {
        admin.patch(&path, body).await.assert_invalid_fields(&["/status"]);
    }
}

#[tokio::test]
async fn a_refused_transition_keeps_the_old_wording_and_records_nothing() {
    let (_server, ann, admin) = shop().await;
    let order = ann.place_free_form_order("Ada", "Chair", 1).await;
    let path = format!("/orders/{order}");
    let refused = async |to: &str, from: &str, allowed: Value| {
        let response = admin.patch(&path, json!({"status": to})).await;
        response.assert_status(409);
        let code = response.json["code"].as_str().unwrap_or_default();
        let detail = format!("Invalid status transition from {from} to {to}");
        assert_eq!(
            response.assert_problem(409, code, &detail)["open_steps"],
            allowed,
            "{response}"
        );
    };
    refused("DELIVERED", "PENDING", json!(["PROCESSING", "SHIPPED", "CANCELLED"])).await;
    refused("PENDING", "PENDING", json!(["PROCESSING", "SHIPPED", "CANCELLED"])).await;
    assert_eq!(ann.get(&format!("{path}/events")).await.assert_ok(), &json!([]));
    admin.patch(&path, json!({"status": "SHIPPED"})).await.assert_ok();
    refused("CANCELLED", "SHIPPED", json!(["DELIVERED"])).await;
    admin.patch(&path, json!({"status": "DELIVERED"})).await.assert_ok();
    refused("PENDING", "DELIVERED", json!([])).await;
    refused("CANCELLED", "DELIVERED", json!([])).await;
    let events = ann.get(&format!("{path}/events")).await;
    assert_eq!(events.assert_ok().as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn an_unknown_order_is_404() {
    let server = Server::start();
    let admin = server.admin().await;
    for request in [
        admin.get("/orders/4711"),
        admin.get("/orders/4711/events"),
        admin.patch("/orders/4711", json!({"status": "SHIPPED"})),
        admin.delete("/orders/4711"),
    ] {
        request.await.assert_problem(404, "order_not_found", "Order not found");
    }
}
