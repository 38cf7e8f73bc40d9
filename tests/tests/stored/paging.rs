//! What all `{page}` lists of v1 have in common: page numbers, limits, cursors.

use serde_json::{Value, json};

use crate::harness::{Client, Server, ids_of, walk_by_cursor};

/// Creates five users (including the admin), five products, and five orders of the admin.
async fn five_of_everything(server: &Server) -> Client {
    let admin = server.admin().await;
    for name in ["ann", "bob", "cleo", "dan"] {
        let body = json!({"name": name, "email": format!("{name}@example.com"),
            "password": crate::harness::PASSWORD});
        admin.post("/api/v1/users/register", body).await.assert_status(201);
    }
    for number in 1..=5 {
        let product = admin.create_product(&format!("Product {number}"), "1.00", 5).await;
        admin.place_order(product, 1).await;
    }
    admin
}

const LISTS: [&str; 4] =
    ["/api/v1/users", "/api/v1/products", "/api/v1/orders", "/api/v1/orders/me"];

#[tokio::test]
async fn pages_are_numbered_from_1_and_make_up_the_whole_list() {
    let server = Server::start();
    let admin = five_of_everything(&server).await;
    for list in LISTS {
        let whole = admin.get(list).await;
        let all = ids_of(&whole.assert_ok()["data"]);
        assert_eq!(all.len(), 5, "{whole}");
        assert_eq!(
            [&whole.json["total"], &whole.json["page"], &whole.json["limit"]],
            [&json!(5), &json!(1), &json!(10)],
            "{whole}"
        );
        assert_eq!(whole.json["total_pages"], 1, "{whole}");
        let mut concatenated = Vec::new();
        for page in 1..=4 {
            let response = admin.get(&format!("{list}?page={page}&limit=2")).await;
            let body = response.assert_ok();
            assert_eq!(body["total"], 5, "{response}");
            assert_eq!(body["page"], page, "{response}");
            assert_eq!(body["limit"], 2, "{response}");
            assert_eq!(body["total_pages"], 3, "{response}");
            concatenated.extend(ids_of(&body["data"]));
        }
        assert_eq!(concatenated, all, "{list}");
    }
}

#[tokio::test]
async fn cursors_lead_through_the_whole_list() {
    let server = Server::start();
    let admin = five_of_everything(&server).await;
    for list in LISTS {
        let all = ids_of(&admin.get(list).await.assert_ok()["data"]);
        for limit in [1, 2, 4, 5, 100] {
            assert_eq!(walk_by_cursor(&admin, list, limit).await, all, "{list} by {limit}");
        }
    }
}

#[tokio::test]
async fn a_cursor_keeps_its_position_while_the_list_grows() {
    let server = Server::start();
    let admin = five_of_everything(&server).await;
    let all = ids_of(&admin.get("/api/v1/products").await.assert_ok()["data"]);
    let first = admin.get("/api/v1/products?limit=2").await;
    let cursor = first.assert_ok()["next_cursor"].as_str().expect("a cursor").to_owned();
    admin.create_product("A newer product", "1.00", 1).await;
    let next = admin.get("/api/v1/products?limit=2").query(&[("cursor", &cursor)]).await;
    assert_eq!(ids_of(&next.assert_ok()["data"]), all[2..4]);
    assert_eq!(next.json["limit"], 2);
    assert_eq!(next.json["total"], 6);
}

#[tokio::test]
async fn a_page_beyond_the_end_is_empty() {
    let server = Server::start();
    let admin = five_of_everything(&server).await;
    for list in LISTS {
        for page in [2, 1_000_000, i64::MAX] {
            let response = admin.get(&format!("{list}?page={page}")).await;
            assert_eq!(response.assert_ok()["data"], json!([]), "{response}");
            assert_eq!(response.json["total"], 5, "{response}");
            assert_eq!(response.json["page"], page, "{response}");
            assert_eq!(response.json["next_cursor"], Value::Null, "{response}");
        }
    }
}

#[tokio::test]
async fn an_empty_list_has_no_pages() {
    let server = Server::start();
    let response = server.anonymous().get("/api/v1/products").await;
    assert_eq!(response.assert_ok()["data"], json!([]));
    assert_eq!(response.json["total"], 0);
    assert_eq!(response.json["total_pages"], 0);
    assert_eq!(response.json["next_cursor"], Value::Null);
}

#[tokio::test]
async fn parameters_out_of_range_are_all_named() {
    let server = Server::start();
    let admin = server.admin().await;
    for list in LISTS {
        for query in ["page=0", "page=-1", "page=x", "page=1.5", "page=9223372036854775808"] {
            admin.get(&format!("{list}?{query}")).await.assert_invalid_parameters(&["page"]);
        }
        for query in ["limit=0", "limit=101", "limit=-5", "limit=ten", "limit=1e3"] {
            admin.get(&format!("{list}?{query}")).await.assert_invalid_parameters(&["limit"]);
        }
        for query in ["cursor=nonsense", "cursor=%00", "cursor=%27%3B--"] {
            admin.get(&format!("{list}?{query}")).await.assert_invalid_parameters(&["cursor"]);
        }
        admin
            .get(&format!("{list}?page=0&limit=0"))
            .await
            .assert_invalid_parameters(&["page", "limit"]);
        let unknown = admin.get(&format!("{list}?limit=100&colour=red"));
        unknown.await.assert_invalid_parameters(&["colour"]);
    }
}

#[tokio::test]
async fn a_cursor_is_valid_for_its_list_its_filters_and_its_sort_key_only() {
    let server = Server::start();
    let admin = five_of_everything(&server).await;
    let user = format!("user_id={}", admin.id());
    let other_user = format!("user_id={}", admin.id() + 1);
    let search = "search=product";
    let lists = [
        ("/api/v1/users", ""),
        ("/api/v1/products", ""),
        ("/api/v1/products", search),
        ("/api/v1/products", "search=prod"),
        ("/api/v1/orders/me", ""),
        ("/api/v1/orders", ""),
        ("/api/v1/orders", "status=pending"),
        ("/api/v1/orders", "status=pending,cancelled"),
        ("/api/v1/orders", user.as_str()),
        ("/api/v1/orders", "created_from=2020-01-01"),
        ("/api/v1/orders", "created_to=9999-12-31"),
        ("/api/v1/orders", "updated_to=9999-12-31"),
        ("/api/v1/orders", "sort=updated_at"),
        ("/api/v1/orders/me", "updated_from=2020-01-01"),
        ("/api/v1/orders/me", "sort=updated_at"),
        ("/api/v1/orders/me", "sort=updated_at&updated_from=2020-01-01"),
    ];
    let get = |(list, filter): (&str, &str), cursor: &str, limit: &str| {
        admin.get(&format!("{list}?{filter}")).query(&[("cursor", cursor), ("limit", limit)])
    };
    let mut cursors = Vec::new();
    for list in lists {
        let first = get(list, "", "2").await;
        cursors.push(first.assert_ok()["next_cursor"].as_str().expect("a cursor").to_owned());
    }
    for (list, cursor) in lists.iter().zip(&cursors) {
        for (other, of_other) in lists.iter().zip(&cursors) {
            let response = get(*list, of_other, "100").await;
            if list == other {
                assert_eq!(ids_of(&response.assert_ok()["data"]).len(), 3, "{response}");
            } else {
                response.assert_invalid_parameters(&["cursor"]);
            }
        }
        // The same filter in other words, and the form that a cursor had before.
        let same = [
            ("status=pending,cancelled", "status=CANCELLED&status=pending"),
            (search, "search=%20PRODUCT%20"),
            ("created_to=9999-12-31", "created_to=9999-12-31T23:59:59.999999Z"),
            ("updated_to=9999-12-31", "updated_to=9999-12-31T23:59:59Z&sort=id"),
            ("sort=updated_at", "sort=%20Updated_At&updated_from="),
        ];
        for (_, reworded) in same.iter().filter(|(filter, _)| *filter == list.1) {
            get((list.0, reworded), cursor, "1").await.assert_ok();
        }
        get(*list, "AAAAAAAAACo", "1").await.assert_invalid_parameters(&["cursor"]);
    }
    let foreign = get(("/api/v1/orders", &other_user), &cursors[8], "1").await;
    foreign.assert_invalid_parameters(&["cursor"]);
}

#[tokio::test]
async fn a_cursor_of_movements_is_valid_for_its_product_only() {
    let server = Server::start();
    let admin = server.admin().await;
    let mut lists = Vec::new();
    for name in ["Lamp", "Desk"] {
        let product = admin.create_product(name, "1.00", 5).await;
        admin.place_order(product, 1).await;
        lists.push(format!("/api/v1/products/{product}/movements"));
    }
    let first = admin.get(&format!("{}?limit=1", lists[0])).await;
    let cursor = first.assert_ok()["next_cursor"].as_str().expect("a cursor");
    let next = async |list: &str| admin.get(list).query(&[("cursor", cursor)]).await;
    next(&lists[0]).await.assert_ok();
    next(&lists[1]).await.assert_invalid_parameters(&["cursor"]);
}
