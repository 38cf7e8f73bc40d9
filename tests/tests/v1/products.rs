//! Products: make, look, search, change, delete, restore, and that nobody is shown an old one.

use serde_json::{Value, json};

use crate::harness::{Server, shape, shop};

#[tokio::test]
async fn an_admin_makes_a_product_that_anyone_can_see() {
    let server = Server::start();
    let admin = server.admin().await;
    let body = json!({
        "name": "Oak table", "description": "Seats six.", "price": "129.9", "stock": 12,
    });
    let reply = admin.post("/api/v1/products/", body).await;
    let id = reply.created_at("/api/v1/products/");
    shape("v1_product", &reply.json);
    let seen = server.anonymous().get(&format!("/api/v1/products/{id}")).await;
    assert_eq!(seen.ok(), &reply.json);
    shape("v1_products_page", server.anonymous().get("/api/v1/products").await.ok());
}

#[tokio::test]
async fn only_admins_make_and_change_products() {
    let (server, ann, admin) = shop().await;
    let id = admin.product("Lamp", "1.00", 1).await;
    let one = format!("/api/v1/products/{id}");
    let body = json!({"name": "Mine", "price": "1.00", "stock": 1});
    for (caller, status, code, detail) in [
        (&ann, 403, "admin_required", "Admin access required"),
        (&server.anonymous(), 401, "not_authenticated", "Not authenticated"),
    ] {
        let calls = [
            caller.post("/api/v1/products", body.clone()),
            caller.put(&one, body.clone()),
            caller.delete(&one),
            caller.put_empty(&format!("{one}/restore")),
        ];
        for call in calls {
            call.await.is_problem(status, code, detail);
        }
    }
    assert_eq!(admin.get(&one).await.ok()["name"], "Lamp");
}

#[tokio::test]
async fn any_subset_of_a_product_can_be_changed() {
    let server = Server::start();
    let admin = server.admin().await;
    let body = json!({"name": "Lamp", "description": "Bright.", "price": "10", "stock": 3});
    let id = admin.post("/api/v1/products", body).await.created_at("/api/v1/products/");
    let path = format!("/api/v1/products/{id}");
    let reply = admin.put(&path, json!({"price": "9.99"})).await;
    assert_eq!(reply.ok()["price"], "9.99");
    assert_eq!(reply.json["name"], "Lamp");
    assert_eq!(reply.json["description"], "Bright.");
    assert_eq!(reply.json["stock"], 3);
    assert_eq!(reply.json["version"], 2);
    let reply = admin.put(&path, json!({"description": null, "stock": "8"})).await;
    assert_eq!(reply.ok()["description"], Value::Null);
    assert_eq!(reply.json["stock"], 8);
    let reply = admin.put(&path, json!({"name": "Bright lamp"})).await;
    assert_eq!(reply.ok()["name"], "Bright lamp");
    assert_eq!(server.anonymous().get(&path).await.ok(), &reply.json);
    admin
        .put(&path, json!({"name": "", "price": -3, "stock": -1}))
        .await
        .is_invalid(&["/name", "/price", "/stock"]);
    assert_eq!(server.anonymous().get(&path).await.ok(), &reply.json);
}

#[tokio::test]
async fn a_product_that_is_not_there_is_404_for_everything() {
    let server = Server::start();
    let admin = server.admin().await;
    for call in [
        admin.get("/api/v1/products/4711"),
        admin.put("/api/v1/products/4711", json!({"name": "X"})),
        admin.delete("/api/v1/products/4711"),
        admin.put_empty("/api/v1/products/4711/restore"),
        admin.ask_for(4711, 1),
    ] {
        call.await.is_problem(404, "product_not_found", "Product not found");
    }
}

#[tokio::test]
async fn whoever_looks_after_a_change_sees_the_change() {
    let (_server, ann, admin) = shop().await;
    let id = admin.product("Lamp", "10.00", 10).await;
    let path = format!("/api/v1/products/{id}");
    // Each round reads first, one and the list, so that a cache has had its chance.
    let seen = async |member: &str| {
        let one = ann.get(&path).await.ok()[member].clone();
        let list = ann.get("/api/v1/products").await.ok()["data"][0][member].clone();
        assert_eq!(one, list, "{member}");
        one
    };
    assert_eq!(seen("stock").await, 10);
    for round in 1..=5_i64 {
        admin.put(&path, json!({"price": round})).await.ok();
        assert_eq!(seen("price").await, format!("{round}.00"));
        let order = ann.order(id, round).await;
        assert_eq!(seen("stock").await, 10 - round);
        ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.ok();
        assert_eq!(seen("stock").await, 10);
    }
    let order = ann.order(id, 4).await;
    assert_eq!(seen("stock").await, 6);
    admin.delete(&format!("/orders/{order}")).await.is(204);
    assert_eq!(seen("stock").await, 10);
    admin.delete(&path).await.ok();
    ann.get(&path).await.is(404);
    admin.put_empty(&format!("{path}/restore")).await.ok();
    assert_eq!(seen("stock").await, 10);
}

#[tokio::test]
async fn staff_see_how_a_stock_came_about() {
    let (server, ann, admin) = shop().await;
    let lamp = admin.product("Lamp", "1.00", 5).await;
    let order = ann.order(lamp, 2).await;
    let path = format!("/api/v1/products/{lamp}/movements");
    let reply = admin.get(&path).await;
    shape("v1_movements", reply.ok());
    let newest = reply.json.pointer("/data/0").unwrap();
    assert_eq!(newest["order_id"], order);
    assert_eq!(newest["moved_by_user_id"], ann.id());
    let second = admin.get(&path).query(&[("limit", "1"), ("page", "2")]).await;
    assert_eq!(second.ok().pointer("/data/0/kind"), Some(&json!("received")));
    ann.get(&path).await.is_refused(403, "admin_required");
    server.anonymous().get(&path).await.is_refused(401, "not_authenticated");
    admin.get("/api/v1/products/999999/movements").await.is_refused(404, "product_not_found");
    admin.get(&path).query(&[("limit", "0")]).await.is_invalid_parameter(&["limit"]);
}
