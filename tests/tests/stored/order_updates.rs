//! The lists of orders by the time of their last change, as a client that keeps a copy polls them.

use serde_json::json;

use crate::harness::{Client, ids_of, shop, walk_by_cursor};

const BY_UPDATE: &str = "sort=updated_at";

async fn updated_at(client: &Client, order: i64) -> String {
    let response = client.get(&format!("/api/v1/orders/{order}")).await;
    response.assert_ok()["updated_at"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_that_polls_by_the_time_of_the_last_change_reads_what_changed_since() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let first = ann.place_free_form_order("Ada", "Chair", 1).await;
    let second = bob.place_free_form_order("Blaise", "Table", 1).await;
    let third = ann.place_free_form_order("Ada", "Lamp", 1).await;
    let (all, own) = ("/api/v1/orders", "/api/v1/orders/me");
    let poll = async |client: &Client, list: &str, since: &str| {
        let query = [("sort", "updated_at"), ("updated_from", since)];
        let response = client.get(list).query(&query).await;
        let ids = ids_of(&response.assert_ok()["data"]);
        assert_eq!(response.json["total"], ids.len(), "{response}");
        ids
    };
    assert_eq!(poll(&admin, all, "2020-01-01").await, [first, second, third]);
    assert_eq!(poll(&ann, own, "2020-01-01").await, [first, third]);

    // What is changed comes last; what was seen last is seen again.
    let seen = updated_at(&admin, third).await;
    admin.transition(second, &["processing"]).await;
    admin.transition(first, &["processing"]).await;
    assert_eq!(poll(&admin, all, &seen).await, [third, second, first]);
    assert_eq!(poll(&ann, own, &seen).await, [third, first]);
    assert_eq!(poll(&bob, own, &seen).await, [second]);

    // A deleted order is in no list.
    admin.delete(&format!("/orders/{second}")).await.assert_status(204);
    assert_eq!(poll(&admin, all, &seen).await, [third, first]);
}

#[tokio::test]
async fn lists_by_the_time_of_the_last_change_are_read_page_by_page() {
    let (_server, ann, admin) = shop().await;
    let mut orders = Vec::new();
    for item in ["Chair", "Table", "Lamp", "Desk", "Shelf"] {
        orders.push(ann.place_free_form_order("Ada", item, 1).await);
    }
    admin.transition(orders[1], &["processing"]).await;
    let changed = orders.remove(1);
    orders.push(changed);
    for limit in [1, 2, 4, 5, 100] {
        for (client, list) in [(&admin, "/api/v1/orders"), (&ann, "/api/v1/orders/me")] {
            let walked = walk_by_cursor(client, &format!("{list}?{BY_UPDATE}"), limit).await;
            assert_eq!(walked, orders, "{list} by {limit}");
        }
    }
    let pending = format!("/api/v1/orders?{BY_UPDATE}&status=pending&search=ada");
    assert_eq!(walk_by_cursor(&admin, &pending, 3).await, orders[..4]);
    let second = admin.get(&format!("/api/v1/orders?{BY_UPDATE}&page=2&limit=2")).await;
    assert_eq!(ids_of(&second.assert_ok()["data"]), orders[2..4]);

    // An order that is changed between two pages moves behind the cursor.
    let first = admin.get(&format!("/api/v1/orders?{BY_UPDATE}&limit=2")).await;
    let cursor = first.assert_ok()["next_cursor"].as_str().expect("a cursor").to_owned();
    admin.transition(orders[0], &["processing"]).await;
    let rest =
        admin.get(&format!("/api/v1/orders?{BY_UPDATE}")).query(&[("cursor", &cursor)]).await;
    assert_eq!(ids_of(&rest.assert_ok()["data"]), [orders[2], orders[3], orders[4], orders[0]]);
    assert_eq!(rest.json["total"], json!(5));
    assert_eq!(rest.json["next_cursor"], json!(null));
}

#[tokio::test]
async fn an_unknown_sort_key_and_an_invalid_period_of_changes_are_refused() {
    let (_server, ann, admin) = shop().await;
    for (client, list) in [(&admin, "/api/v1/orders"), (&ann, "/api/v1/orders/me")] {
        for (name, value) in [
            ("sort", "-updated_at"),
            ("sort", "created_at"),
            ("sort", "id,updated_at"),
            ("updated_from", "yesterday"),
            ("updated_to", "2026-02-30"),
        ] {
            let response = client.get(list).query(&[(name, value)]).await;
            response.assert_invalid_parameters(&[name]);
        }
        client.get(list).query(&[("sort", "id"), ("updated_to", "2026-01-31")]).await.assert_ok();
    }
    ann.get("/api/v1/orders/me?status=pending").await.assert_invalid_parameters(&["status"]);
}
