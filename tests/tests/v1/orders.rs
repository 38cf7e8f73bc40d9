//! Orders: place, look, filter, move, cancel. The lifecycle itself has a file of its own.

use serde_json::{Value, json};

use crate::harness::{Server, ids_of, shape};

#[tokio::test]
async fn an_order_takes_its_stock_and_can_be_read_by_its_owner() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let product = admin.product("Oak table", "129.90", 5).await;
    let reply = ann.ask_for(product, 3).await;
    let id = reply.created_at("/api/v1/orders/");
    shape("v1_order", &reply.json);
    assert_eq!(reply.json["user_id"], ann.id());
    assert_eq!(reply.json["product_id"], product);
    assert_eq!(reply.json["total"], "389.70");
    assert_eq!(ann.stock(product).await, 2);
    for reader in [&ann, &admin] {
        assert_eq!(reader.get(&format!("/api/v1/orders/{id}")).await.ok(), &reply.json);
    }
    assert_eq!(ann.get(&format!("/api/v1/orders/{id}/events")).await.ok(), &json!([]));
}

#[tokio::test]
async fn an_order_of_more_than_there_is_takes_nothing() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let product = admin.product("Lamp", "1.00", 5).await;
    let reply = ann.ask_for(product, 6).await;
    let problem = reply.is_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(problem["product_id"], product);
    assert_eq!(problem["requested"], 6);
    assert_eq!(problem["available"], 5);
    shape("problem_insufficient_stock", problem);
    assert_eq!(ann.stock(product).await, 5);
    ann.order(product, 5).await;
    ann.ask_for(product, 1).await.is_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(ann.stock(product).await, 0);
}

#[tokio::test]
async fn an_order_can_have_several_lines() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "19.90", 5).await;
    let table = admin.product("Table", "100.05", 5).await;
    let body = json!({"lines": [
        {"product_id": table, "quantity": 1},
        {"product_id": lamp, "quantity": "2"},
    ]});
    let reply = ann.post("/api/v1/orders", body).await;
    let id = reply.created_at("/api/v1/orders/");
    shape("v1_order_of_several_lines", &reply.json);
    assert_eq!(reply.json["product_id"], Value::Null);
    assert_eq!(reply.json["quantity"], 3);
    assert_eq!(reply.json["total"], "139.85");
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (3, 4));
    assert_eq!(ann.get(&format!("/api/v1/orders/{id}")).await.ok(), &reply.json);
}

#[tokio::test]
async fn one_line_that_cannot_be_served_stops_the_whole_order() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 5).await;
    let table = admin.product("Table", "1.00", 1).await;
    let place = |lines: Value| ann.post("/api/v1/orders", json!({"lines": lines}));
    let line = |product: i64, quantity: i64| json!({"product_id": product, "quantity": quantity});
    let reply = place(json!([line(lamp, 1), line(table, 2)])).await;
    let problem = reply.is_problem(409, "insufficient_stock", "Not enough stock");
    assert_eq!(problem["product_id"], table);
    place(json!([line(lamp, 1), line(4711, 1)])).await.is_problem(
        404,
        "product_not_found",
        "Product not found",
    );
    // The same product in several lines is counted together.
    let reply = place(json!([line(lamp, 3), line(lamp, 3)])).await;
    assert_eq!(reply.is_refused(409, "insufficient_stock")["requested"], 6);
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (5, 1));
    assert_eq!(ann.get("/api/v1/orders/me").await.ok()["total"], 0);
    place(json!([line(lamp, 3), line(lamp, 2)])).await.created_at("/api/v1/orders/");
    assert_eq!(ann.stock(lamp).await, 0);
}

#[tokio::test]
async fn an_order_has_from_1_to_100_lines_and_each_bad_one_is_named() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 1_000).await;
    let lines = |count: usize| {
        let line = json!({"product_id": lamp, "quantity": 1});
        ann.post("/api/v1/orders", json!({"lines": vec![line; count]}))
    };
    lines(0).await.is_invalid(&["/lines"]);
    lines(101).await.is_invalid(&["/lines"]);
    let reply = lines(100).await;
    reply.created_at("/api/v1/orders/");
    assert_eq!(reply.json["lines"].as_array().map(Vec::len), Some(100));
    let bad = json!({"lines": [
        {"product_id": lamp, "quantity": 1},
        {"product_id": "lamp", "quantity": 0},
        {"quantity": 1.5},
    ]});
    ann.post("/api/v1/orders", bad).await.is_invalid(&[
        "/lines/1/product_id",
        "/lines/1/quantity",
        "/lines/2/product_id",
        "/lines/2/quantity",
    ]);
    ann.post("/api/v1/orders", json!({"lines": "all"})).await.is_invalid(&["/lines"]);
}

#[tokio::test]
async fn an_order_names_every_bad_field_at_once() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    for body in [
        json!({"product_id": "x", "quantity": 0}),
        json!({"product_id": null, "quantity": -3}),
        json!({"product_id": 1.5, "quantity": "three"}),
        json!({"product_id": [], "quantity": true}),
        json!({}),
    ] {
        ann.post("/api/v1/orders", body).await.is_invalid(&["/product_id", "/quantity"]);
    }
    let reply = ann.post("/api/v1/orders", json!({"product_id": 1, "quantity": 0})).await;
    assert_eq!(reply.is_invalid(&["/quantity"])["errors"].as_array().map(Vec::len), Some(1));
    assert_eq!(reply.reason("/quantity"), "must be greater than 0");
}

#[tokio::test]
async fn an_order_sets_nothing_but_what_its_row_names() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "50.00", 5).await;
    let body = json!({
        "product_id": lamp, "quantity": 1, "price": "0.01", "unit_price": "0.01", "total": "0.01",
        "user_id": admin.id(), "status": "delivered", "id": 4711, "version": 9,
    });
    let reply = ann.post("/api/v1/orders", body).await;
    assert_ne!(reply.created_at("/api/v1/orders/"), 4711);
    assert_eq!(reply.json["user_id"], ann.id());
    assert_eq!(reply.json["status"], "pending");
    assert_eq!(reply.json["total"], "50.00");
    assert_eq!(reply.json["version"], 1);
}

#[tokio::test]
async fn a_line_keeps_the_name_and_the_price_of_its_day() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "50.00", 5).await;
    let order = ann.order(lamp, 2).await;
    let path = format!("/api/v1/orders/{order}");
    let before = ann.get(&path).await;
    admin
        .put(&format!("/api/v1/products/{lamp}"), json!({"name": "Dear lamp", "price": "99.00"}))
        .await
        .ok();
    admin.delete(&format!("/api/v1/products/{lamp}")).await.ok();
    let after = ann.get(&path).await;
    assert_eq!(after.ok(), before.ok());
    assert_eq!(after.json["lines"][0]["name"], "Lamp");
    assert_eq!(after.json["lines"][0]["unit_price"], "50.00");
}

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
