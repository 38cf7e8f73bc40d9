//! Lists on both surfaces: filtered, searched and sorted by the database.

use serde_json::json;

use crate::harness::{
    Client, Server, assert_snapshot, ids_of, server_with_customer, shop, walk_by_cursor,
};

#[tokio::test]
async fn users_list_their_own_orders_and_admins_all_newest_first() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let lamp = admin.create_product("Lamp", "1.00", 50).await;
    let first = ann.place_order(lamp, 1).await;
    let second = bob.place_order(lamp, 2).await;
    let third = ann.place_order(lamp, 3).await;
    let own = ann.get("/api/v1/orders/me").await;
    assert_snapshot("v1_orders_page", own.assert_ok());
    assert_eq!(ids_of(&own.json["data"]), [third, first]);
    assert_eq!(ids_of(&bob.get("/api/v1/orders/me").await.assert_ok()["data"]), [second]);
    let all = admin.get("/api/v1/orders").await;
    assert_eq!(ids_of(&all.assert_ok()["data"]), [third, second, first]);
    assert_eq!(ids_of(&admin.get("/api/v1/orders/me").await.assert_ok()["data"]), [0_i64; 0]);
}

#[tokio::test]
async fn the_list_of_all_orders_can_be_filtered() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let lamp = admin.create_product("Lamp", "1.00", 50).await;
    let table = admin.create_product("Table", "1.00", 50).await;
    let first = ann.place_order(lamp, 1).await;
    let second = bob.place_order(table, 2).await;
    let lines = json!([{"product_id": lamp, "quantity": 1}, {"product_id": table, "quantity": 1}]);
    let third = ann.post("/api/v1/orders", json!({"lines": lines})).await.id();
    admin.transition(second, &["processing"]).await;
    let created = async |order: i64| {
        let response = admin.get(&format!("/api/v1/orders/{order}")).await;
        response.assert_ok()["created_at"].as_str().unwrap().to_owned()
    };
    let (from, to) = (created(second).await, created(second).await);
    let filtered = async |query: &[(&str, &str)]| {
        let response = admin.get("/api/v1/orders").query(query).await;
        let ids = ids_of(&response.assert_ok()["data"]);
        assert_eq!(response.json["total"], ids.len(), "{response}");
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
        "all filters must match"
    );
    let bad = [
        ("status", "lost"),
        ("user_id", "ann"),
        ("product_id", "lamp"),
        ("created_from", "yesterday"),
        ("created_to", "2026-13-01"),
    ];
    for (name, value) in bad {
        admin
            .get("/api/v1/orders")
            .query(&[(name, value)])
            .await
            .assert_invalid_parameters(&[name]);
    }
    let names: Vec<_> = bad.iter().map(|(name, _)| *name).collect();
    admin.get("/api/v1/orders").query(&bad).await.assert_invalid_parameters(&names);
}

#[tokio::test]
async fn orders_in_any_of_several_statuses_are_listed() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 50).await;
    let pending = ann.place_order(lamp, 1).await;
    let processing = ann.place_order(lamp, 1).await;
    let shipped = ann.place_order(lamp, 1).await;
    let last = ann.place_order(lamp, 1).await;
    admin.transition(processing, &["processing"]).await;
    admin.transition(shipped, &["shipped"]).await;
    for (query, expected) in [
        ("status=pending&status=processing", vec![last, processing, pending]),
        ("status=pending,processing", vec![last, processing, pending]),
        ("status=Processing%2C%20SHIPPED", vec![shipped, processing]),
        ("status=shipped&status=processing,shipped&status=", vec![shipped, processing]),
        ("status=", vec![last, shipped, processing, pending]),
        ("status=,", vec![last, shipped, processing, pending]),
        ("status=cancelled,delivered", vec![]),
        (
            "status=pending,processing,shipped,delivered,cancelled",
            vec![last, shipped, processing, pending],
        ),
        ("status=pending,shipped&limit=2", vec![last, shipped]),
        ("status=pending,shipped&limit=2&page=2", vec![pending]),
    ] {
        let response = admin.get(&format!("/api/v1/orders?{query}")).await;
        assert_eq!(ids_of(&response.assert_ok()["data"]), expected, "{response}");
        let all = if query.contains("limit") { 3 } else { expected.len() };
        assert_eq!(response.json["total"], all, "{response}");
    }
    let walked = walk_by_cursor(&admin, "/api/v1/orders?status=processing,pending", 1).await;
    assert_eq!(walked, [last, processing, pending]);
    for query in ["status=lost", "status=pending,lost", "status=pending&status=lost"] {
        let path = format!("/api/v1/orders?{query}");
        admin.get(&path).await.assert_invalid_parameters(&["status"]);
    }
}

#[tokio::test]
async fn a_period_ends_with_the_unit_in_which_its_end_is_written() {
    let (_server, ann, admin) = shop().await;
    let order = ann.place_free_form_order("Ada", "Chair", 1).await;
    let placed = admin.get(&format!("/api/v1/orders/{order}")).await;
    let at = placed.assert_ok()["created_at"].as_str().unwrap().to_owned();
    // Being placed is the only change, so both periods have the same ends.
    for (from, to) in [("created_from", "created_to"), ("updated_from", "updated_to")] {
        assert_period_ends(&admin, &at, from, to).await;
    }
}

/// Asserts that the only order, which was placed at that time, is in the periods that contain it.
async fn assert_period_ends(admin: &Client, at: &str, from: &str, to: &str) {
    let listed = async |name: &str, value: &str| {
        let response = admin.get("/api/v1/orders").query(&[(name, value)]).await;
        response.assert_ok()["total"] == 1
    };
    // 2026-01-31T12:00:00.123456Z: its day, its second, its microsecond.
    let (day, second) = (at[..10].to_owned(), format!("{}Z", &at[..19]));
    for unit in [day.as_str(), &second, at, &second.replace('Z', "+00:00")] {
        assert!(listed(to, unit).await, "to {unit}");
        assert!(listed(from, unit).await, "from {unit}");
    }
    let placed_at = chrono::DateTime::parse_from_rfc3339(at).unwrap();
    let shifted = |by: chrono::TimeDelta, form: &str| (placed_at + by).format(form).to_string();
    for (by, form) in [
        (chrono::TimeDelta::days(1), "%Y-%m-%d"),
        (chrono::TimeDelta::seconds(1), "%Y-%m-%dT%H:%M:%SZ"),
        (chrono::TimeDelta::microseconds(1), "%Y-%m-%dT%H:%M:%S%.6fZ"),
    ] {
        let (before, after) = (shifted(-by, form), shifted(by, form));
        assert!(!listed(to, &before).await && listed(to, &after).await);
        assert!(listed(from, &before).await && !listed(from, &after).await);
    }
    // An offset is respected: the same second, an hour later on another clock.
    let elsewhere = format!("{}+01:00", shifted(chrono::TimeDelta::hours(1), "%Y-%m-%dT%H:%M:%S"));
    assert!(listed(to, &elsewhere).await && listed(from, &elsewhere).await);
    assert!(listed(from, "0000-01-01").await && !listed(to, "0000-01-01").await);
    assert!(listed(to, "9999-12-31T23:59:59-23:59").await);
    for invalid in [
        "2016-12-31T23:59:60Z",
        "10000-01-01",
        "262143-01-01T00:00:00Z",
        "2026-02-30",
        "2026-01-31T12:00:00",
        "-0001-01-01T00:00:00Z",
    ] {
        for name in [from, to] {
            let response = admin.get("/api/v1/orders").query(&[(name, invalid)]).await;
            response.assert_invalid_parameters(&[name]);
        }
    }
}

#[tokio::test]
async fn the_newest_product_comes_first() {
    let server = Server::start();
    let admin = server.admin().await;
    let mut ids = Vec::new();
    for name in ["One", "Two", "Three"] {
        ids.insert(0, admin.create_product(name, "1.00", 1).await);
    }
    assert_eq!(ids_of(&server.anonymous().get("/api/v1/products").await.assert_ok()["data"]), ids);
}

#[tokio::test]
async fn a_product_search_ignores_case_and_has_no_wildcards() {
    let server = Server::start();
    let admin = server.admin().await;
    for name in ["Äpfel, 100% bio", "Birnen", "snake_case mug", "snakeXcase mug", "Café \"Oslo\""]
    {
        admin.create_product(name, "1.00", 1).await;
    }
    for (search, found) in [
        ("bir", vec!["Birnen"]),
        ("BIRNEN", vec!["Birnen"]),
        ("äPFEL", vec!["Äpfel, 100% bio"]),
        ("  birnen ", vec!["Birnen"]),
        ("100%", vec!["Äpfel, 100% bio"]),
        ("1%o", vec![]),
        ("snake_case", vec!["snake_case mug"]),
        ("\\", vec![]),
        ("'; drop table products; --", vec![]),
        ("\"oslo\"", vec!["Café \"Oslo\""]),
        ("MUG", vec!["snakeXcase mug", "snake_case mug"]),
    ] {
        let response =
            server.anonymous().get("/api/v1/products").query(&[("search", search)]).await;
        let names: Vec<_> = response.assert_ok()["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|product| product["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, found, "{search:?}: {response}");
        assert_eq!(response.json["total"], found.len(), "{response}");
    }
    let blank = server.anonymous().get("/api/v1/products?search=%20%20").await;
    assert_eq!(blank.assert_ok()["total"], 5, "blank means none: {blank}");
}

/// Places four orders and returns their ids, oldest first.
async fn four_orders(client: &Client) -> [i64; 4] {
    [
        client.place_free_form_order("Ada Lovelace", "Blue chair", 7).await,
        client.place_free_form_order("Grace Hopper", "100% cotton", 3).await,
        client.place_free_form_order("Blaise Pascal", "snake_case mug", 9).await,
        client.place_free_form_order("Émilie", "snakeXcase mug", 3).await,
    ]
}

#[tokio::test]
async fn the_classic_list_can_be_searched_and_filtered_by_quantity() {
    let (_server, ann) = server_with_customer().await;
    let [ada, grace, blaise, emilie] = four_orders(&ann).await;
    let listed =
        async |query: &[(&str, &str)]| ids_of(ann.get("/orders").query(query).await.assert_ok());
    assert_eq!(listed(&[("search", "LOVELACE")]).await, [ada]);
    assert_eq!(listed(&[("search", "bl")]).await, [blaise, ada], "customer or item");
    assert_eq!(listed(&[("search", "émilie")]).await, [emilie]);
    assert_eq!(listed(&[("search", "100%")]).await, [grace]);
    assert_eq!(listed(&[("search", "%")]).await, [grace]);
    assert_eq!(listed(&[("search", "e_c")]).await, [blaise]);
    assert_eq!(listed(&[("search", "  chair  ")]).await, [ada]);
    assert_eq!(listed(&[("search", "   ")]).await, [emilie, blaise, grace, ada]);
    assert_eq!(listed(&[("search", "nothing of it")]).await, [0_i64; 0]);
    assert_eq!(listed(&[("min_qty", "4")]).await, [blaise, ada]);
    assert_eq!(listed(&[("max_qty", "3")]).await, [emilie, grace]);
    assert_eq!(listed(&[("min_qty", "4"), ("max_qty", "8")]).await, [ada]);
    assert_eq!(listed(&[("min_qty", "4"), ("search", "mug")]).await, [blaise]);
    assert_eq!(listed(&[("min_qty", "9223372036854775807")]).await, [0_i64; 0]);
}

#[tokio::test]
async fn the_classic_list_can_be_sorted_and_is_newest_first_by_default() {
    let (_server, ann) = server_with_customer().await;
    let [ada, grace, blaise, emilie] = four_orders(&ann).await;
    let newest_first = [emilie, blaise, grace, ada];
    let oldest_first = [ada, grace, blaise, emilie];
    let listed =
        async |query: &[(&str, &str)]| ids_of(ann.get("/orders").query(query).await.assert_ok());
    for query in [
        vec![],
        vec![("sort_by", "id")],
        vec![("sort_by", "created_at")],
        vec![("sort_by", "id; drop table orders")],
        vec![("sort_by", ""), ("sort_order", "sideways")],
        vec![("sort_order", "desc")],
        vec![("offset", "-3")],
        vec![("limit", "1000")],
    ] {
        assert_eq!(listed(&query).await, newest_first, "{query:?}");
    }
    for sort_by in ["id", "created_at"] {
        assert_eq!(listed(&[("sort_by", sort_by), ("sort_order", "asc")]).await, oldest_first);
    }
    let by_quantity = ("sort_by", "quantity");
    assert_eq!(listed(&[by_quantity]).await, [blaise, ada, emilie, grace]);
    assert_eq!(listed(&[by_quantity, ("sort_order", "asc")]).await, [grace, emilie, ada, blaise]);
    assert_eq!(listed(&[("limit", "2")]).await, newest_first[..2]);
    assert_eq!(listed(&[("limit", "2"), ("offset", "1")]).await, newest_first[1..3]);
    assert_eq!(listed(&[("offset", "4")]).await, [0_i64; 0]);
    assert_eq!(listed(&[("limit", "0")]).await, [emilie], "clamped to 1");
    assert_eq!(listed(&[("limit", "-7")]).await, [emilie]);
}
