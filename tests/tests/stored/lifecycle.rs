//! The lifecycle: every transition from every status, on both surfaces.

use serde_json::{Value, json};

use crate::harness::{Client, shop};

/// Every status, the transitions that lead to it from a new order, and the allowed transitions from
/// it.
const STATUSES: [(&str, &[&str], &[&str]); 5] = [
    ("pending", &[], &["processing", "shipped", "cancelled"]),
    ("processing", &["processing"], &["shipped", "cancelled"]),
    ("shipped", &["shipped"], &["delivered"]),
    ("delivered", &["shipped", "delivered"], &[]),
    ("cancelled", &["cancelled"], &[]),
];

/// A new order that went through these statuses.
async fn order_in(ann: &Client, admin: &Client, lamp: i64, path_to: &[&str]) -> i64 {
    let order = ann.place_order(lamp, 1).await;
    admin.transition(order, path_to).await;
    order
}

#[tokio::test]
async fn exactly_the_allowed_transitions_succeed_on_both_surfaces() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1_000).await;
    for (from, path_to, allowed) in STATUSES {
        for (to, _, _) in STATUSES {
            for classic in [false, true] {
                let order = order_in(&ann, &admin, lamp, path_to).await;
                let response = if classic {
                    let body = json!({"status": to.to_uppercase()});
                    admin.patch(&format!("/orders/{order}"), body).await
                } else {
                    admin.put(&format!("/api/v1/orders/{order}"), json!({"status": to})).await
                };
                let is_allowed = allowed.contains(&to);
                let repeats = !classic && to == from && !allowed.is_empty();
                response.assert_status(if is_allowed || repeats { 200 } else { 409 });
                assert_eq!(
                    ann.order_status(order).await,
                    if is_allowed { to } else { from },
                    "{response}"
                );
                let events = ann.get(&format!("/api/v1/orders/{order}/events")).await;
                let recorded = events.assert_ok().as_array().map_or(0, Vec::len);
                assert_eq!(recorded, path_to.len() + usize::from(is_allowed), "{events}");
            }
        }
    }
}

#[tokio::test]
async fn a_refused_transition_names_the_allowed_transitions() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1_000).await;
    for (from, path_to, allowed) in STATUSES {
        let order = order_in(&ann, &admin, lamp, path_to).await;
        // No order can go back to pending, and a pending one cannot skip being shipped.
        let to = if from == "pending" { "delivered" } else { "pending" };
        let response = admin.put(&format!("/api/v1/orders/{order}"), json!({"status": to})).await;
        let problem = response.assert_status(409);
        assert_eq!(problem["open_steps"], json!(allowed), "{response}");
        match from {
            "cancelled" => {
                response.assert_problem(409, "order_cancelled", "Order already cancelled");
            }
            "delivered" => {
                response.assert_problem(
                    409,
                    "order_delivered",
                    "Delivered orders cannot be modified",
                );
            }
            _ => {
                let problem = response.assert_problem_code(409, "illegal_status_step");
                let detail = problem["detail"].as_str().unwrap_or_default();
                assert!(allowed.iter().all(|status| detail.contains(status)), "{response}");
            }
        }
    }
}

#[tokio::test]
async fn setting_the_status_that_an_order_has_succeeds_on_v1_and_records_nothing() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1_000).await;
    for (status, path_to, allowed) in STATUSES {
        let order = order_in(&ann, &admin, lamp, path_to).await;
        let path = format!("/api/v1/orders/{order}");
        let before = ann.get(&path).await;
        let history = ann.get(&format!("{path}/events")).await.json;
        let set = || admin.put(&path, json!({"status": status.to_uppercase()}));
        let stale = set().header("If-Match", "\"9-9\"").await;
        stale.assert_problem_code(412, "version_mismatch");
        for request in [set(), set(), set().header("If-Match", before.etag())] {
            let response = request.await;
            if allowed.is_empty() {
                response.assert_status(409);
            } else {
                assert_eq!(response.assert_ok(), before.assert_ok());
                assert_eq!(response.etag(), before.etag());
            }
        }
        let classic = json!({"status": status.to_uppercase()});
        admin.patch(&format!("/orders/{order}"), classic).await.assert_status(409);
        assert_eq!(ann.get(&path).await.assert_ok(), before.assert_ok());
        assert_eq!(ann.get(&format!("{path}/events")).await.json, history);
        ann.put(&path, json!({"status": status})).await.assert_admin_required();
    }
}

#[tokio::test]
async fn cancelling_a_final_or_shipped_order_fails_with_the_reason() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1_000).await;
    for (status, path_to, _) in STATUSES {
        let order = order_in(&ann, &admin, lamp, path_to).await;
        let response = ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await;
        match status {
            "pending" | "processing" => {
                assert_eq!(
                    response.assert_ok(),
                    &json!({"message": "Order cancelled successfully"})
                );
            }
            "cancelled" => {
                response.assert_problem(409, "order_cancelled", "Already cancelled");
            }
            _ => {
                response.assert_problem(
                    409,
                    "order_not_cancellable",
                    "Cannot cancel shipped/delivered order",
                );
            }
        }
    }
}

#[tokio::test]
async fn each_transition_records_the_actor_the_time_and_both_statuses() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = ann.place_order(lamp, 1).await;
    let path = format!("/api/v1/orders/{order}");
    assert_eq!(
        ann.get(&format!("{path}/events")).await.assert_ok(),
        &json!([]),
        "placing is no transition"
    );
    admin.transition(order, &["processing"]).await;
    ann.put_empty(&format!("{path}/cancel")).await.assert_ok();
    let events = ann.get(&format!("{path}/events")).await;
    let recorded: Vec<_> = events
        .assert_ok()
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            ["changed_by_user_id", "old_status", "new_status", "note"].map(|it| event[it].clone())
        })
        .collect();
    let by_ann = Value::from(ann.id());
    let by_admin = Value::from(admin.id());
    assert_eq!(
        recorded,
        [
            [
                by_ann,
                json!("processing"),
                json!("cancelled"),
                json!("Order status changed from PROCESSING to CANCELLED"),
            ],
            [
                by_admin,
                json!("pending"),
                json!("processing"),
                json!("Order status changed from PENDING to PROCESSING"),
            ],
        ]
    );
    let after = ann.get(&path).await;
    assert_eq!(after.assert_ok()["version"], 3, "one more with every transition: {after}");
    assert_eq!(after.json["updated_at"], events.json[0]["created_at"], "{after}");
}

#[tokio::test]
async fn cancelling_by_a_status_change_restocks_once() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    for classic in [false, true] {
        let order = ann.place_order(lamp, 3).await;
        if classic {
            admin
                .patch(&format!("/orders/{order}"), json!({"status": "CANCELLED"}))
                .await
                .assert_ok();
        } else {
            admin.transition(order, &["cancelled"]).await;
        }
        assert_eq!(ann.stock(lamp).await, 5);
        ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_status(409);
        admin.delete(&format!("/orders/{order}")).await.assert_status(204);
        assert_eq!(ann.stock(lamp).await, 5, "deleting a cancelled order restocks nothing");
    }
}

#[tokio::test]
async fn cancelling_restocks_a_product_that_was_deleted_since() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let table = admin.create_product("Table", "1.00", 5).await;
    let lines = json!([
        {"product_id": lamp, "quantity": 2},
        {"product_id": table, "quantity": 1},
        {"product_id": lamp, "quantity": 1},
    ]);
    let order = ann.post("/api/v1/orders", json!({"lines": lines})).await.id();
    let path = format!("/api/v1/products/{lamp}");
    admin.delete(&path).await.assert_ok();
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    ann.get(&path).await.assert_status(404);
    assert_eq!(ann.stock(table).await, 5);
    assert_eq!(admin.put_empty(&format!("{path}/restore")).await.assert_ok()["stock"], 5);
}
