//! Staff find orders by number, customer, address and the names of all lines; and accounts by
//! address, name and role.

use serde_json::json;

use crate::harness::{Client, Server, ids_of, shop};

/// The ids of a list with these parameters, whose total is their number.
async fn found(admin: &Client, list: &str, query: &[(&str, &str)]) -> Vec<i64> {
    let response = admin.get(list).query(query).await;
    let ids = ids_of(&response.assert_ok()["data"]);
    assert_eq!(response.json["total"], ids.len(), "{response}");
    ids
}

#[tokio::test]
async fn orders_are_found_by_number_customers_address_and_any_lines_name() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let teapot = admin.create_product("Teapot", "19.90", 9).await;
    let cup = admin.create_product("Cup", "4.90", 9).await;
    let lines = json!([{"product_id": teapot, "quantity": 1}, {"product_id": cup, "quantity": 1}]);
    let both = ann.post("/api/v1/orders", json!({"lines": lines})).await.id();
    let one = bob.place_order(cup, 1).await;
    let cake = bob.place_free_form_order("Grace Hopper", "a birthday cake", 1).await;
    let orders = async |query: &[(&str, &str)]| found(&admin, "/api/v1/orders", query).await;
    let (number, hash) = (one.to_string(), format!("#{both}"));
    for (search, expected) in [
        ("cup", vec![one, both]),
        ("TEAPOT", vec![both]),
        ("more", vec![]),
        ("+1", vec![]),
        ("birthday", vec![cake]),
        ("hopper", vec![cake]),
        ("ann@example.com", vec![both]),
        ("BOB@Example.com", vec![cake, one]),
        ("bob@", vec![cake, one]),
        ("@example", vec![cake, one, both]),
        (number.as_str(), vec![one]),
        (hash.as_str(), vec![both]),
        ("#987654321", vec![]),
        ("teapot cup", vec![]),
        ("  cup ", vec![one, both]),
        ("", vec![cake, one, both]),
        ("  ", vec![cake, one, both]),
    ] {
        assert_eq!(orders(&[("search", search)]).await, expected, "{search:?}");
    }
    admin.transition(one, &["processing"]).await;
    let (bob_id, cup_id) = (bob.id().to_string(), cup.to_string());
    assert_eq!(orders(&[("search", "bob@"), ("status", "processing")]).await, [one]);
    assert_eq!(orders(&[("search", "cup"), ("user_id", &bob_id)]).await, [one]);
    assert_eq!(orders(&[("search", "example"), ("product_id", &cup_id)]).await, [one, both]);
    assert_eq!(orders(&[("search", "ann@"), ("user_id", &bob_id)]).await, [0_i64; 0]);
    admin
        .get("/api/v1/orders")
        .query(&[("search", "\0")])
        .await
        .assert_invalid_parameters(&["search"]);
    // An address is looked up where it is kept: orders have no copy of it.
    admin
        .put(&format!("/api/v1/users/{bob_id}"), json!({"email": "robert@example.org"}))
        .await
        .assert_ok();
    assert_eq!(orders(&[("search", "bob@")]).await, [0_i64; 0]);
    assert_eq!(orders(&[("search", "robert@example.org")]).await, [cake, one]);
    // The classic search compares names, as it did.
    assert_eq!(ids_of(admin.get("/orders?search=cup").await.assert_ok()), [one, both]);
    assert_eq!(ids_of(admin.get("/orders?search=robert@").await.assert_ok()), [0_i64; 0]);
}

#[tokio::test]
async fn accounts_are_found_by_address_name_and_role() {
    let server = Server::start();
    let (ann, bob, admin) =
        (server.customer("ann").await, server.customer("bob").await, server.admin().await);
    admin
        .put(&format!("/api/v1/users/{}", bob.id()), json!({"name": "Robert Öztürk"}))
        .await
        .assert_ok();
    let users = async |query: &[(&str, &str)]| found(&admin, "/api/v1/users", query).await;
    let (ann, bob, root) = (ann.id(), bob.id(), admin.id());
    for (name, value, expected) in [
        ("email", "ann@example.com", vec![ann]),
        ("email", " ANN@Example.COM ", vec![ann]),
        ("email", "ann@example.org", vec![]),
        ("search", "ann@", vec![ann]),
        ("search", "ROBERT", vec![bob]),
        ("search", "öztürk", vec![bob]),
        ("search", "bo", vec![bob]),
        ("search", "no such name", vec![]),
        ("role", "admin", vec![root]),
        ("role", "USER", vec![ann, bob]),
    ] {
        assert_eq!(users(&[(name, value)]).await, expected, "{name}={value}");
    }
    let mut everyone = vec![ann, bob, root];
    everyone.sort_unstable();
    for blank in ["email", "search", "role"] {
        assert_eq!(users(&[(blank, "")]).await, everyone, "{blank}= is as if absent");
    }
    assert_eq!(users(&[("search", "@example.com"), ("role", "user")]).await, [ann, bob]);
    assert_eq!(users(&[("email", "ann@example.com"), ("role", "admin")]).await, [0_i64; 0]);
    admin
        .get("/api/v1/users")
        .query(&[("email", "no-address"), ("role", "king"), ("search", "\0")])
        .await
        .assert_invalid_parameters(&["email", "search", "role"]);
    // An erased account is not found.
    admin.delete(&format!("/api/v1/users/{bob}")).await.assert_ok();
    for (name, value) in [("email", "bob@example.com"), ("search", "robert"), ("search", "deleted")]
    {
        assert_eq!(users(&[(name, value)]).await, [0_i64; 0], "{name}={value}");
    }
}
