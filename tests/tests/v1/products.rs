//! Products: create, read, change, delete, restore; no response is stale.

use serde_json::{Value, json};

use crate::harness::{Server, assert_snapshot, shop};

#[tokio::test]
async fn an_admin_creates_a_product_that_anyone_can_read() {
    let server = Server::start();
    let admin = server.admin().await;
    let body = json!({
        "name": "Oak table", "description": "Seats six.", "price": "129.9", "stock": 12,
    });
    let response = admin.post("/api/v1/products/", body).await;
    let id = response.created_at("/api/v1/products/");
    assert_snapshot("v1_product", &response.json);
    let seen = server.anonymous().get(&format!("/api/v1/products/{id}")).await;
    assert_eq!(seen.assert_ok(), &response.json);
    assert_snapshot(
        "v1_products_page",
        server.anonymous().get("/api/v1/products").await.assert_ok(),
    );
}

#[tokio::test]
async fn only_admins_create_and_change_products() {
    let (server, ann, admin) = shop().await;
    let id = admin.create_product("Lamp", "1.00", 1).await;
    let one = format!("/api/v1/products/{id}");
    let body = json!({"name": "Mine", "price": "1.00", "stock": 1});
    for (caller, status, code, detail) in [
        (&ann, 403, "admin_required", "Admin access required"),
        (&server.anonymous(), 401, "not_authenticated", "Not authenticated"),
    ] {
        let requests = [
            caller.post("/api/v1/products", body.clone()),
            caller.put(&one, body.clone()),
            caller.delete(&one),
            caller.put_empty(&format!("{one}/restore")),
        ];
        for request in requests {
            request.await.assert_problem(status, code, detail);
        }
    }
    assert_eq!(admin.get(&one).await.assert_ok()["name"], "Lamp");
}

#[tokio::test]
async fn any_subset_of_the_fields_can_be_changed() {
    let server = Server::start();
    let admin = server.admin().await;
    let body = json!({"name": "Lamp", "description": "Bright.", "price": "10", "stock": 3});
    let id = admin.post("/api/v1/products", body).await.created_at("/api/v1/products/");
    let path = format!("/api/v1/products/{id}");
    let response = admin.put(&path, json!({"price": "9.99"})).await;
    assert_eq!(response.assert_ok()["price"], "9.99");
    assert_eq!(response.json["name"], "Lamp");
    assert_eq!(response.json["description"], "Bright.");
    assert_eq!(response.json["stock"], 3);
    assert_eq!(response.json["version"], 2);
    let response = admin.put(&path, json!({"description": null, "stock": "8"})).await;
    assert_eq!(response.assert_ok()["description"], Value::Null);
    assert_eq!(response.json["stock"], 8);
    let response = admin.put(&path, json!({"name": "Bright lamp"})).await;
    assert_eq!(response.assert_ok()["name"], "Bright lamp");
    assert_eq!(server.anonymous().get(&path).await.assert_ok(), &response.json);
    admin
        .put(&path, json!({"name": "", "price": -3, "stock": -1}))
        .await
        .assert_invalid_fields(&["/name", "/price", "/stock"]);
    assert_eq!(server.anonymous().get(&path).await.assert_ok(), &response.json);
}

#[tokio::test]
async fn an_unknown_product_is_404_for_every_operation() {
    let server = Server::start();
    let admin = server.admin().await;
    for request in [
        admin.get("/api/v1/products/4711"),
        admin.put("/api/v1/products/4711", json!({"name": "X"})),
        admin.delete("/api/v1/products/4711"),
        admin.put_empty("/api/v1/products/4711/restore"),
        admin.order_request(4711, 1),
    ] {
        request.await.assert_problem(404, "product_not_found", "Product not found");
    }
}

#[tokio::test]
async fn reads_after_a_change_show_the_change() {
    let (_server, ann, admin) = shop().await;
    let id = admin.create_product("Lamp", "10.00", 10).await;
    let path = format!("/api/v1/products/{id}");
    // Each iteration reads the product and the list before the change, so that both are cached.
    let read = async |member: &str| {
        let one = ann.get(&path).await.assert_ok()[member].clone();
        let list = ann.get("/api/v1/products").await.assert_ok()["data"][0][member].clone();
        assert_eq!(one, list, "{member}");
        one
    };
    assert_eq!(read("stock").await, 10);
    for number in 1..=5_i64 {
        admin.put(&path, json!({"price": number})).await.assert_ok();
        assert_eq!(read("price").await, format!("{number}.00"));
        let order = ann.place_order(id, number).await;
        assert_eq!(read("stock").await, 10 - number);
        ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
        assert_eq!(read("stock").await, 10);
    }
    let order = ann.place_order(id, 4).await;
    assert_eq!(read("stock").await, 6);
    admin.delete(&format!("/orders/{order}")).await.assert_status(204);
    assert_eq!(read("stock").await, 10);
    admin.delete(&path).await.assert_ok();
    ann.get(&path).await.assert_status(404);
    admin.put_empty(&format!("{path}/restore")).await.assert_ok();
    assert_eq!(read("stock").await, 10);
}

#[tokio::test]
async fn staff_can_list_the_stock_movements_of_a_product() {
    let (server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = ann.place_order(lamp, 2).await;
    let path = format!("/api/v1/products/{lamp}/movements");
    let response = admin.get(&path).await;
    assert_snapshot("v1_movements", response.assert_ok());
    let newest = response.json.pointer("/data/0").unwrap();
    assert_eq!(newest["order_id"], order);
    assert_eq!(newest["moved_by_user_id"], ann.id());
    let second = admin.get(&path).query(&[("limit", "1"), ("page", "2")]).await;
    assert_eq!(second.assert_ok().pointer("/data/0/kind"), Some(&json!("received")));
    ann.get(&path).await.assert_problem_code(403, "admin_required");
    server.anonymous().get(&path).await.assert_problem_code(401, "not_authenticated");
    admin
        .get("/api/v1/products/999999/movements")
        .await
        .assert_problem_code(404, "product_not_found");
    admin.get(&path).query(&[("limit", "0")]).await.assert_invalid_parameters(&["limit"]);
}

#[tokio::test]
async fn a_restock_beyond_the_maximum_on_hand_is_refused_and_an_order_can_always_be_cancelled() {
    let (_server, ann, admin) = shop().await;
    let max = 1_000_000_000_000_000_i64;
    let sand = admin.create_product("Sand", "0.01", max).await;
    let order = ann.place_order(sand, max).await;
    let path = format!("/api/v1/products/{sand}");
    let refused = admin.put(&path, json!({"stock": 1})).await;
    refused.assert_invalid_fields(&["/stock"]);
    assert_eq!(
        refused.error_detail("/stock"),
        format!("must be at most 0, as open orders hold {max} units")
    );
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    assert_eq!(admin.stock(sand).await, max);
    admin.put(&path, json!({"stock": max})).await.assert_ok();
}
