//! Texts in any script and in any spelling: names, addresses, passwords, searches.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, PASSWORD, Server, server_with_customer, shop};

const JSON: Option<&str> = Some("application/json");

/// Ü and é, each as a letter and a mark.
const DECOMPOSED: &str = "Ju\u{308}rgens Cafe\u{301}";

async fn register(client: &Client, email: &str, password: &str) -> u16 {
    let body = json!({"name": "Jürgen", "email": email, "password": password});
    client.post("/api/v1/users/register", body).await.status
}

/// Logs in on both surfaces and returns the statuses.
async fn log_in(client: &Client, email: &str, password: &str) -> [u16; 2] {
    let body = json!({"email": email, "password": password});
    let v1 = client.post("/api/v1/users/login", body.clone()).await.status;
    [v1, client.post("/auth/login", body).await.status]
}

#[tokio::test]
async fn a_name_that_changes_the_text_around_it_is_refused_on_both_surfaces() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 1).await;
    for name in [
        "\u{200b}",
        "\u{200d}\u{ad} \u{3164}",
        "Tea\u{202e}pot",
        "Tea\u{2066}pot",
        "Tea\u{200f}pot",
        "Tea\u{2028}pot",
        "Tea\u{2029}pot",
        "Tea\npot",
        "Tea\u{7}pot",
        "Tea\u{fffe}pot",
    ] {
        ann.post("/orders", json!({"customer_name": name, "item_name": name, "quantity": 1}))
            .await
            .assert_invalid_fields(&["/customer_name", "/item_name"]);
        admin
            .post("/api/v1/products", json!({"name": name, "price": 1, "stock": 1}))
            .await
            .assert_invalid_fields(&["/name"]);
        admin
            .put(&format!("/api/v1/products/{lamp}"), json!({"name": name}))
            .await
            .assert_invalid_fields(&["/name"]);
        let person = json!({"name": name, "email": "b@example.com", "password": PASSWORD});
        ann.post("/api/v1/users/register", person).await.assert_invalid_fields(&["/name"]);
    }
    let description = json!({"description": "Two lines,\n\tone tab"});
    let changed = admin.put(&format!("/api/v1/products/{lamp}"), description).await;
    assert_eq!(changed.assert_ok()["description"], "Two lines,\n\tone tab");
    let description = json!({"description": "Tea\u{202e}pot"});
    let refused = admin.put(&format!("/api/v1/products/{lamp}"), description).await;
    refused.assert_invalid_fields(&["/description"]);
}

#[tokio::test]
async fn a_name_is_kept_composed_and_its_length_is_counted_so() {
    let (_server, ann, admin) = shop().await;
    let longest = "e\u{301}".repeat(255);
    let body = json!({"name": longest, "price": 1, "stock": 1});
    let created = admin.post("/api/v1/products", body).await;
    assert_eq!(created.assert_status(201)["name"], "é".repeat(255));
    let body = json!({"customer_name": DECOMPOSED, "item_name": DECOMPOSED, "quantity": 1});
    let placed = ann.post("/orders", body).await;
    assert_eq!(placed.assert_status(201)["item_name"], "Jürgens Café");
}

#[tokio::test]
async fn all_spellings_of_a_mailbox_are_one_account() {
    let server = Server::start();
    let anyone = server.anonymous();
    assert_eq!(register(&anyone, "jürgen@bücher.example", PASSWORD).await, 201);
    let spellings = [
        "jürgen@xn--bcher-kva.example",
        "ju\u{308}rgen@bu\u{308}cher.example",
        "JÜRGEN@BÜCHER.EXAMPLE",
        "jürgen@bücher。example",
    ];
    for spelling in spellings {
        assert_eq!(register(&anyone, spelling, PASSWORD).await, 409, "{spelling}");
        let classic = json!({"email": spelling, "password": PASSWORD});
        anyone.post("/auth/register", classic).await.assert_email_taken();
        assert_eq!(log_in(&anyone, spelling, PASSWORD).await, [200, 200], "{spelling}");
    }
    let form = anyone.request(Method::POST, "/api/v1/users/login");
    let response = form.form(&[("username", spellings[0]), ("password", PASSWORD)]).await;
    let token = response.assert_ok()["access_token"].as_str().unwrap().to_owned();
    let me = anyone.with_token(&token).get("/api/v1/users/me").await;
    assert_eq!(me.assert_ok()["email"], "jürgen@bücher.example");
}

#[tokio::test]
async fn an_address_that_no_mail_can_be_sent_to_is_refused() {
    let server = Server::start();
    let anyone = server.anonymous();
    for email in ["\"a b\"@example.com", "x@xn--a.example", "x@127.0.0.1", "x@[127.0.0.1]"] {
        let body = json!({"name": "X", "email": email, "password": PASSWORD});
        anyone
            .post("/api/v1/users/register", body.clone())
            .await
            .assert_invalid_fields(&["/email"]);
        anyone.post("/auth/register", body).await.assert_invalid_fields(&["/email"]);
        assert_eq!(log_in(&anyone, email, PASSWORD).await, [401, 401], "{email}");
    }
}

#[tokio::test]
async fn a_password_is_the_same_in_either_normal_form() {
    let server = Server::start();
    let anyone = server.anonymous();
    let passwords = ["Jürgens Café", DECOMPOSED];
    for (number, password) in passwords.iter().enumerate() {
        let email = format!("a{number}@example.com");
        assert_eq!(register(&anyone, &email, password).await, 201);
        for attempt in passwords {
            assert_eq!(log_in(&anyone, &email, attempt).await, [200, 200], "{attempt:?}");
        }
        assert_eq!(log_in(&anyone, &email, "Jurgens Cafe").await, [401, 401]);
    }
    // 36 letters of two bytes are 72 bytes, however they are sent.
    assert_eq!(register(&anyone, "b@example.com", &"u\u{308}".repeat(36)).await, 201);
    assert_eq!(register(&anyone, "c@example.com", &"u\u{308}".repeat(37)).await, 422);
    assert_eq!(register(&anyone, "d@example.com", &"u\u{308}".repeat(7)).await, 422);
}

#[tokio::test]
async fn searches_find_what_a_reader_takes_for_the_same_text() {
    let (_server, ann, admin) = shop().await;
    let names = ["İstanbul", "Straße", "Café", "Cafe\u{301} au lait"];
    for name in names {
        admin.create_product(name, "1.00", 1).await;
        let order = json!({"customer_name": "Ann", "item_name": name, "quantity": 1});
        ann.post("/orders", order).await.assert_status(201);
    }
    for (search, found) in [
        ("istanbul", &["İstanbul"][..]),
        ("strasse", &["Straße"]),
        ("cafe", &["Café au lait", "Café"]),
        ("café", &["Café au lait", "Café"]),
        ("cafe\u{301}", &["Café au lait", "Café"]),
        ("CAFÉ\u{a0} au", &["Café au lait"]),
    ] {
        let names = |list: &Value, member: &str| -> Vec<String> {
            let entries = list.as_array().unwrap().iter();
            entries.map(|entry| entry[member].as_str().unwrap().to_owned()).collect()
        };
        let products = ann.get("/api/v1/products").query(&[("search", search)]).await;
        assert_eq!(names(&products.assert_ok()["data"], "name"), found, "{search}");
        let orders = ann.get("/orders").query(&[("search", search)]).await;
        assert_eq!(names(orders.assert_ok(), "item_name"), found, "{search}");
    }
}

#[tokio::test]
async fn a_search_of_more_than_255_characters_after_normalising_is_422() {
    let (_server, ann) = server_with_customer().await;
    for path in ["/api/v1/products", "/orders"] {
        for longest in ["x".repeat(255), "e\u{301}".repeat(255), format!("a{}b", " ".repeat(300))] {
            ann.get(path).query(&[("search", &longest)]).await.assert_ok();
        }
        for too_long in ["x".repeat(256), "ﬃ".repeat(86), "x".repeat(20_000)] {
            let response = ann.get(path).query(&[("search", &too_long)]).await;
            response.assert_invalid_parameters(&["search"]);
        }
    }
}

#[tokio::test]
async fn a_body_may_begin_with_a_byte_order_mark() {
    let (server, ann) = server_with_customer().await;
    let order = "\u{feff}{\"customer_name\": \"Ann\", \"item_name\": \"Tea\", \"quantity\": 1}";
    let placed = ann.with_body(Method::POST, "/orders", JSON, order).await;
    placed.created_at("/orders/");
    let login = format!("\u{feff}username={}&password={PASSWORD}", ann.email());
    let anyone = server.anonymous();
    let form = Some("application/x-www-form-urlencoded");
    anyone.with_body(Method::POST, "/api/v1/users/login", form, login).await.assert_ok();
    let only_marked = ann.with_body(Method::POST, "/orders", JSON, "\u{feff}").await;
    only_marked.assert_problem_code(422, "invalid_input");
}
