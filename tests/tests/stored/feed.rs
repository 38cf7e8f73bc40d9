//! The feed of events: read page by page, awaited, and as a stream.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Client, Connection, Server, eventually};

/// Reads the feed from the beginning to its present end, two events at a time.
async fn feed(staff: &Client, filter: &str) -> Vec<Value> {
    let (mut after, mut events) = (0, Vec::new());
    loop {
        let path = format!("/api/v1/events?after={after}&limit=2{filter}");
        let response = staff.get(&path).await;
        let page = response.assert_ok();
        let data = page["data"].as_array().expect("events");
        if data.is_empty() {
            return events;
        }
        after = page["next_after"].as_i64().expect("a number");
        events.extend(data.iter().cloned());
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}

/// The number behind which nothing has happened yet, once as many events are settled.
async fn end(staff: &Client, events: usize) -> i64 {
    eventually("the events are settled", async || feed(staff, "").await.len() >= events).await;
    feed(staff, "").await.last().map_or(0, |event| event["id"].as_i64().expect("a number"))
}

#[tokio::test]
async fn the_feed_has_everything_that_happened_in_its_order() {
    let server = Server::start();
    let (admin, ann) = (server.admin().await, server.customer("ann").await);
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    let order = ann.place_order(lamp, 2).await;
    admin.transition(order, &["processing", "shipped"]).await;
    end(&admin, 6).await;
    let events = feed(&admin, "").await;
    let expected = [
        "account.registered",
        "account.registered",
        "product.created",
        "order.placed",
        "order.status_changed",
        "order.status_changed",
    ];
    assert_eq!(types(&events), expected);
    let placed = &events[3];
    assert_eq!(placed["order_id"], json!(order));
    assert_eq!((&placed["account_id"], &placed["actor"]), (&json!(ann.id()), &json!(ann.id())));
    let lines = json!({
        "currency": "EUR", "quantity": 2, "total": "39.80", "lines": [[lamp, 2, "19.90"]],
    });
    assert_eq!(placed["data"], lines);
    assert_eq!(events[5]["data"], json!({"from": "processing", "to": "shipped"}));
    assert_eq!(events[5]["actor"], json!(admin.id()));

    assert_eq!(feed(&admin, "&type=order.*").await.len(), 3);
    assert_eq!(feed(&admin, "&type=order.placed,product.created").await.len(), 2);
    assert_eq!(feed(&admin, &format!("&order_id={order}")).await.len(), 3);
    assert_eq!(feed(&admin, "&order_id=999").await, Vec::<Value>::new());
    let history = admin.get(&format!("/api/v1/orders/{order}/events")).await;
    let newest = &history.assert_ok()[0];
    assert_eq!(newest["id"], events[5]["id"], "the history has the numbers of the events");
}

#[tokio::test]
async fn only_staff_read_the_feed_and_what_is_not_understood_is_refused() {
    let server = Server::start();
    let (admin, ann) = (server.admin().await, server.customer("ann").await);
    for path in ["/api/v1/events", "/api/v1/events/stream"] {
        ann.get(path).await.assert_admin_required();
        server.anonymous().get(path).await.assert_not_authenticated();
        for (query, parameter) in [
            ("type=order.eaten", "type"),
            ("type=order", "type"),
            ("type=account.mail_requested", "type"),
            ("after=-1", "after"),
            ("order_id=x", "order_id"),
            ("typ=order.placed", "typ"),
        ] {
            let response = admin.get(&format!("{path}?{query}")).await;
            response.assert_invalid_parameters(&[parameter]);
        }
    }
    for (query, parameter) in [("wait=31", "wait"), ("limit=0", "limit"), ("limit=1001", "limit")] {
        let response = admin.get(&format!("/api/v1/events?{query}")).await;
        response.assert_invalid_parameters(&[parameter]);
    }
    let response = admin.get("/api/v1/events/stream").header("Last-Event-ID", "x").await;
    response.assert_invalid_parameters(&["Last-Event-ID"]);
}

#[tokio::test]
async fn a_request_that_waits_gets_the_next_event() {
    let server = Server::start();
    let (admin, ann) = (server.admin().await, server.customer("ann").await);
    let after = end(&admin, 2).await;
    let waiting = tokio::spawn({
        let admin = admin.clone();
        async move {
            let path = format!("/api/v1/events?after={after}&wait=20&type=order.*");
            admin.get(&path).await.assert_ok().clone()
        }
    });
    // It is passed over by the filter.
    admin.create_product("Lamp", "19.90", 5).await;
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    let page = waiting.await.expect("the response");
    assert_eq!(page["data"][0]["order_id"], json!(order), "{page}");
    assert_eq!(page["next_after"], page["data"][0]["id"]);
}

#[tokio::test]
async fn a_stop_ends_waiting_requests_and_streams_at_once() {
    let server = Server::start();
    let (admin, ann) = (server.admin().await, server.customer("ann").await);
    ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    let after = end(&admin, 3).await;
    let mut stream = Connection::open(&server).await.expect("a connection");
    let token = admin.access_token();
    let head = format!(
        "GET /api/v1/events/stream HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\n\
         Last-Event-ID: {}\r\n\r\n",
        after - 1
    );
    stream.send(&head).await;
    let read = stream.read_to("event: order.placed\n").await;
    assert!(read.contains("text/event-stream"), "{read}");
    assert!(read.contains(&format!("id: {after}\n")), "{read}");
    let other = ann.place_free_form_order("Ada", "another cake", 1).await;
    stream.read_to(&format!("\"order_id\":{other}")).await;

    let end = end(&admin, 4).await;
    let waiting = tokio::spawn({
        let admin = admin.clone();
        async move { admin.get(&format!("/api/v1/events?after={end}&wait=30")).await }
    });
    // Whether or not it has arrived: it is answered, or refused like any other.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = std::time::Instant::now();
    server.signal("TERM");
    let page = waiting.await.expect("a response");
    assert_eq!(page.assert_ok()["data"], json!([]));
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    let took = started.elapsed();
    assert!(took.as_secs() < 15, "shutdown took {took:?}");
}
