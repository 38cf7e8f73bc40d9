//! Updates on v1: a member that is not understood is refused, and a whole answer can be sent back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, Response, shop};

async fn put_raw(client: &Client, path: &str, body: &str) -> Response {
    client.with_body(Method::PUT, path, Some("application/json"), body.to_owned()).await
}

#[tokio::test]
async fn an_update_that_names_an_unknown_member_is_refused() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "5.00", 5).await;
    let product = format!("/api/v1/products/{lamp}");
    let before = admin.get(&product).await.json;
    let response = admin.put(&product, json!({"Price": "1.00"})).await;
    response.assert_invalid_fields(&["/Price"]);
    assert_eq!(response.error_detail("/Price"), "is unknown; did you mean price?");
    let body = json!({"colour": null, "name": "", "weight": 5, "price": "2"});
    admin.put(&product, body).await.assert_invalid_fields(&["/colour", "/name", "/weight"]);
    assert_eq!(admin.get(&product).await.assert_ok(), &before);

    let account = format!("/api/v1/users/{}", ann.id());
    ann.put(&account, json!({"Name": "Ann"})).await.assert_invalid_fields(&["/Name"]);
    let order = ann.place_order(lamp, 1).await;
    let order = format!("/api/v1/orders/{order}");
    admin
        .put(&order, json!({"status": "shipped", "note": "today"}))
        .await
        .assert_invalid_fields(&["/note"]);
    ann.put(&format!("{order}/cancel"), json!({"reason": "x"}))
        .await
        .assert_invalid_fields(&["/reason"]);
    assert_eq!(ann.get(&order).await.assert_ok()["status"], "pending");
    admin.delete(&product).await.assert_ok();
    admin
        .put(&format!("{product}/restore"), json!({"Stock": 3}))
        .await
        .assert_invalid_fields(&["/Stock"]);
    ann.get(&product).await.assert_status(404);
}

#[tokio::test]
async fn a_client_can_send_back_the_whole_answer() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "5.00", 5).await;
    let product = format!("/api/v1/products/{lamp}");
    let mut body = admin.get(&product).await.json;
    body["price"] = json!("4.00");
    body["id"] = json!(4711);
    let changed = admin.put(&product, body).await;
    assert_eq!(changed.assert_ok()["price"], "4.00");
    assert_eq!(changed.json["id"], lamp);
    admin.delete(&product).await.assert_ok();
    admin.put(&format!("{product}/restore"), changed.json.clone()).await.assert_ok();

    let account = format!("/api/v1/users/{}", ann.id());
    let mut body = ann.get(&account).await.json;
    body["name"] = json!("Ann of Green Gables");
    body["role"] = json!("admin");
    let changed = ann.put(&account, body).await;
    assert_eq!(changed.assert_ok()["name"], "Ann of Green Gables");
    assert_eq!(changed.json["role"], "user", "the row of the update does not name the role");
    let mut body = changed.json.clone();
    body["role"] = json!("admin");
    let promoted = admin.put(&format!("{account}/role"), body).await;
    assert_eq!(promoted.assert_ok()["role"], "admin");

    let order = ann.place_order(lamp, 1).await;
    let order = format!("/api/v1/orders/{order}");
    let mut body = ann.get(&order).await.json;
    body["status"] = json!("processing");
    let changed = admin.put(&order, body).await;
    assert_eq!(changed.assert_ok()["status"], "processing");
    ann.put(&format!("{order}/cancel"), changed.json.clone()).await.assert_ok();
}

#[tokio::test]
async fn null_is_refused_where_the_schema_does_not_have_it() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "5.00", 5).await;
    let product = format!("/api/v1/products/{lamp}");
    let account = format!("/api/v1/users/{}", ann.id());
    ann.put(&account, json!({"email": null})).await.assert_invalid_fields(&["/email"]);
    ann.put(&account, json!({"name": null})).await.assert_invalid_fields(&["/name"]);
    admin
        .put(&product, json!({"name": null, "price": null, "stock": null}))
        .await
        .assert_invalid_fields(&["/name", "/price", "/stock"]);
    admin.put(&product, json!({"description": null})).await.assert_ok();
    // Members that the update does not read may be null, as they are in answers.
    let order = ann.place_free_form_order("Ada", "Chair", 1).await;
    let body = json!({"status": "processing", "product_id": null});
    admin.put(&format!("/api/v1/orders/{order}"), body).await.assert_ok();
}

#[tokio::test]
async fn a_member_that_is_given_twice_is_refused() {
    let (_server, _ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "5.00", 5).await;
    let path = format!("/api/v1/products/{lamp}");
    for (body, member) in [
        (r#"{"price": "1", "price": "2"}"#, "/price"),
        (r#"{"price": "1", "pric\u0065": "1"}"#, "/price"),
        (r#"{"id": 1, "price": "1", "id": 1}"#, "/id"),
    ] {
        put_raw(&admin, &path, body).await.assert_invalid_fields(&[member]);
    }
    assert_eq!(admin.get(&path).await.assert_ok()["price"], "5.00");
    let twice = r#"{"name": "Lamp", "price": "1", "price": "2", "stock": 1}"#;
    let created = admin.with_body(Method::POST, "/api/v1/products", None, twice).await;
    created.assert_problem_code(422, "invalid_input");
}

#[tokio::test]
async fn a_password_in_an_update_of_an_account_is_refused() {
    let (_server, ann, _admin) = shop().await;
    let path = format!("/api/v1/users/{}", ann.id());
    for password in [json!("another-horse-battery"), Value::Null] {
        let response = ann.put(&path, json!({"name": "Ann", "password": password})).await;
        response.assert_invalid_fields(&["/password"]);
        let detail = response.error_detail("/password");
        assert!(detail.contains("/api/v1/users/me/password"), "{detail}");
    }
    assert_eq!(ann.get(&path).await.assert_ok()["name"], "ann");
}

#[tokio::test]
async fn only_a_request_without_any_body_toggles_a_role() {
    let (_server, ann, admin) = shop().await;
    let account = format!("/api/v1/users/{}", ann.id());
    let path = format!("{account}/role");
    for body in [r#"{"role": null}"#, "{}", "[]", "null", r#""admin""#] {
        let response = put_raw(&admin, &path, body).await;
        response.assert_invalid_fields(&["/role"]);
        assert_eq!(response.error_detail("/role"), "is required", "{body}");
    }
    let response = put_raw(&admin, &path, r#"{"Role": "user"}"#).await;
    response.assert_invalid_fields(&["/Role", "/role"]);
    for body in [" ", "{", "role=admin"] {
        put_raw(&admin, &path, body).await.assert_problem_code(422, "invalid_input");
    }
    for role in [json!(""), json!("ADMIN "), json!(1), json!(["admin"])] {
        admin.put(&path, json!({"role": role})).await.assert_invalid_fields(&["/role"]);
    }
    assert_eq!(ann.get(&account).await.assert_ok()["role"], "user");
    assert_eq!(admin.put_empty(&path).await.assert_ok()["role"], "admin");
    assert_eq!(put_raw(&admin, &path, "").await.assert_ok()["role"], "user");
}

#[tokio::test]
async fn a_step_without_members_needs_no_body_and_takes_an_empty_object() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "5.00", 5).await;
    let order = ann.place_order(lamp, 1).await;
    let cancel = format!("/api/v1/orders/{order}/cancel");
    for body in ["[]", "null", "{", " "] {
        put_raw(&ann, &cancel, body).await.assert_problem_code(422, "invalid_input");
    }
    let form = ann.with_body(Method::PUT, &cancel, Some("text/plain"), "why not");
    form.await.assert_problem_code(415, "unsupported_media_type");
    put_raw(&ann, &cancel, "{}").await.assert_ok();
    let product = format!("/api/v1/products/{lamp}");
    admin.delete(&product).await.assert_ok();
    // A content type alone is no body.
    let restore = format!("{product}/restore");
    admin.with_body(Method::PUT, &restore, Some("text/plain"), "").await.assert_ok();
}

#[tokio::test]
async fn creations_and_the_classic_surface_ignore_unknown_members() {
    let (_server, ann, admin) = shop().await;
    let lamp = json!({"name": "Lamp", "price": 1, "stock": 1, "Price": 2, "colour": "red"});
    let lamp = admin.post("/api/v1/products", lamp).await.created_at("/api/v1/products/");
    let order = json!({"product_id": lamp, "quantity": 1, "note": "x"});
    let order = ann.post("/api/v1/orders", order).await.created_at("/api/v1/orders/");
    let path = format!("/orders/{order}");
    admin.patch(&path, json!({"status": "SHIPPED", "note": "x"})).await.assert_ok();
}
