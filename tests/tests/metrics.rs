//! Metrics: they count what was done, hold no personal data, and include all that alerts and
//! dashboards query.
#![expect(clippy::float_cmp, reason = "these are counts, which floats represent exactly")]

mod documents;
mod exposition;
mod outbox;

use reqwest::Method;
use serde_json::json;

pub(crate) use self::exposition::Metrics;
use crate::harness::{Server, Store, eventually, shop};

const REQUESTS: &str = "oms_http_requests_total";
const CACHE_REQUESTS: &str = "oms_product_cache_requests_total";

#[tokio::test]
async fn requests_are_counted_by_route_pattern_and_status() {
    let server = Server::start();
    let lamp = server.admin().await.create_product("Lamp", "19.90", 5).await;
    let client = server.anonymous();
    for id in [lamp, 900_001, 900_002] {
        client.get(&format!("/api/v1/products/{id}")).await;
    }
    let metrics = Metrics::scrape(&client).await;
    let route = [("method", "GET"), ("route", "/api/v1/products/{id}")];
    let counted = |status| metrics.sum(REQUESTS, &[&route[..], &[("status", status)]].concat());
    assert_eq!((counted("200"), counted("404")), (1.0, 2.0));
    assert_eq!(metrics.sum("oms_http_request_duration_seconds_count", &route), 3.0);
    assert_eq!(metrics.sum("oms_http_problems_total", &[("code", "product_not_found")]), 2.0);
    // The scrape itself is the request in flight.
    assert_eq!(metrics.sum("oms_http_requests_in_flight", &[]), 1.0);
}

#[tokio::test]
async fn unknown_paths_and_methods_add_no_series() {
    let server = Server::start();
    let client = server.anonymous();
    for number in 0..20 {
        client.get(&format!("/nowhere/{number}")).await.assert_problem_code(404, "route_not_found");
        let brew = Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap();
        client.request(brew, "/health").await.assert_problem_code(405, "method_not_allowed");
    }
    let metrics = Metrics::scrape(&client).await;
    let unmatched = [("method", "GET"), ("route", "unmatched"), ("status", "404")];
    assert_eq!(metrics.sum(REQUESTS, &unmatched), 20.0);
    let other_methods = [("method", "OTHER"), ("route", "/health"), ("status", "405")];
    assert_eq!(metrics.sum(REQUESTS, &other_methods), 20.0);
    for word in ["nowhere", "BREW"] {
        assert!(!metrics.text().contains(word), "{word}: {}", metrics.text());
    }
}

#[tokio::test]
async fn failed_and_rate_limited_logins_are_counted() {
    let server = Server::configure().var("RATE_LIMIT_LOGIN", "2/minute").start();
    let client = server.anonymous();
    let wrong = json!({"email": "unknown@example.com", "password": "wrong"});
    for _ in 0..5 {
        client.post("/auth/login", wrong.clone()).await;
    }
    let metrics = Metrics::scrape(&client).await;
    let refused = |code| metrics.sum("oms_http_problems_total", &[("code", code)]);
    assert_eq!((refused("invalid_credentials"), refused("rate_limited")), (2.0, 3.0));
}

#[tokio::test]
async fn placed_and_refused_orders_and_status_changes_are_counted() {
    let (server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    let shipped = ann.order_request(lamp, 1).header("Idempotency-Key", "once").await.id();
    assert_eq!(ann.order_request(lamp, 1).header("Idempotency-Key", "once").await.id(), shipped);
    ann.order_request(lamp, 900).await.assert_problem_code(409, "insufficient_stock");
    ann.order_request(900_001, 1).await.assert_problem_code(404, "product_not_found");
    admin.transition(shipped, &["processing", "shipped"]).await;
    let cancelled = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    ann.put_empty(&format!("/api/v1/orders/{cancelled}/cancel")).await.assert_ok();
    ann.put_empty(&format!("/api/v1/orders/{cancelled}/cancel")).await.assert_status(409);
    admin.delete(&format!("/orders/{cancelled}")).await.assert_status(204);

    let metrics = Metrics::scrape(&server.anonymous()).await;
    assert_eq!(metrics.sum("oms_orders_placed_total", &[]), 2.0, "a replay is not counted");
    let refused = |reason| metrics.sum("oms_orders_refused_total", &[("reason", reason)]);
    assert_eq!((refused("insufficient_stock"), refused("product_not_found")), (1.0, 1.0));
    assert_eq!(metrics.sum("oms_orders_refused_total", &[]), 2.0);
    let changed = |to| metrics.sum("oms_order_status_changes_total", &[("to", to)]);
    for to in ["processing", "shipped", "cancelled", "deleted"] {
        assert_eq!(changed(to), 1.0, "{to}");
    }
    assert_eq!(changed("delivered"), 0.0);
    // Refused orders are in a batch as well.
    assert_eq!(metrics.sum("oms_placement_batch_size_sum", &[]), 5.0);
    assert_eq!(metrics.sum("oms_placement_queue_length", &[]), 0.0);
    assert!(metrics.sum("oms_db_pool_wait_seconds_count", &[]) > 0.0);
    assert!(metrics.sum("oms_db_pool_connections", &[]) > 0.0);
}

#[tokio::test]
async fn orders_that_are_cancelled_with_their_account_are_counted() {
    let (server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    for _ in 0..3 {
        ann.place_order(lamp, 1).await;
    }
    ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    admin.delete(&format!("/api/v1/users/{}", ann.id())).await.assert_ok();
    let metrics = Metrics::scrape(&server.anonymous()).await;
    assert_eq!(metrics.sum("oms_order_status_changes_total", &[("to", "cancelled")]), 3.0);
}

#[tokio::test]
async fn cache_hits_and_misses_are_counted() {
    let server = Server::start();
    let client = server.anonymous();
    let lamp = server.admin().await.create_product("Lamp", "19.90", 5).await;
    let near = |result| [("layer", "near"), ("result", result)];
    // With Redis, the near cache keeps an entry for only half a second, so a read on a busy machine
    // may miss.
    eventually("the near cache has a hit", async || {
        client.get(&format!("/api/v1/products/{lamp}")).await.assert_ok();
        Metrics::scrape(&client).await.sum(CACHE_REQUESTS, &near("hit")) > 0.0
    })
    .await;
    assert!(Metrics::scrape(&client).await.sum(CACHE_REQUESTS, &near("miss")) > 0.0);
}

#[tokio::test]
async fn a_replica_hits_in_redis_what_another_has_cached() {
    let first = Server::configure_on(Store::on_postgres()).start();
    let second = Server::configure().on_store(first.store()).start();
    let lamp = first.admin().await.create_product("Lamp", "19.90", 5).await;
    let (reader, other) = (first.anonymous(), second.anonymous());
    let path = format!("/api/v1/products/{lamp}");
    eventually("Redis has a hit", async || {
        reader.get(&path).await.assert_ok();
        other.get(&path).await.assert_ok();
        let metrics = [Metrics::scrape(&reader).await, Metrics::scrape(&other).await];
        let hits = [("layer", "redis"), ("result", "hit")];
        metrics.iter().map(|metrics| metrics.sum(CACHE_REQUESTS, &hits)).sum::<f64>() > 0.0
    })
    .await;
    assert_eq!(Metrics::scrape(&reader).await.sum("oms_redis_up", &[]), 1.0);
}

#[tokio::test]
async fn metrics_hold_no_personal_data() {
    let server = Server::start();
    let (customer, admin) = (server.customer("annabellina").await, server.admin().await);
    let product = admin.create_product("Zanzibarlamp", "19.90", 5).await;
    customer.order_request(product, 1).header("Idempotency-Key", "kept-to-herself").await.id();
    customer.place_free_form_order("Bartholomea", "a birthday cake", 1).await;
    customer.get("/api/v1/products").query(&[("search", "Zanzibar")]).await.assert_ok();
    let metrics = Metrics::scrape(&server.anonymous()).await;
    let text = metrics.text().to_lowercase();
    let token = customer.access_token().to_lowercase();
    for private in [
        "annabellina",
        "@example.com",
        "zanzibar",
        "bartholomea",
        "cake",
        "kept-to-herself",
        &token,
    ] {
        assert!(!text.contains(private), "{private}: {text}");
    }
}
