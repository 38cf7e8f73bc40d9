//! What a collector is told, and that nobody has to wait for one.

use tokio::net::TcpSocket;

use super::{ORDER_BODY, TRACE, order, traced};
use crate::harness::{Collector, PASSWORD, Server, Store, eventually, span};

/// What is said in the log when spans do not arrive.
const AWAY: &str = "traces do not get to the collector";

#[tokio::test]
async fn a_collector_that_is_away_disturbs_nothing_and_is_told_of_once() {
    // Bound, so that nobody else gets the port, and deaf.
    let deaf = TcpSocket::new_v4().unwrap();
    deaf.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let gone = format!("http://{}", deaf.local_addr().unwrap());
    let failing = Collector::start_answering("500 Internal Server Error").await;
    for url in [gone.as_str(), failing.url()] {
        let server = Server::configure()
            .var("OTEL_EXPORTER_OTLP_ENDPOINT", url)
            .var("OTEL_BSP_SCHEDULE_DELAY", 5)
            .start();
        order(&server, true).await;
        eventually("it is told", async || server.printed().contains(AWAY)).await;
        let anonymous = server.anonymous();
        for _ in 0..50 {
            anonymous.get("/app").await.assert_ok();
        }
        let store = std::sync::Arc::clone(server.store());
        let printed = server.printed();
        assert_eq!(printed.matches(AWAY).count(), 1, "{printed}");
        server.signal("TERM");
        assert_eq!(server.wait_for_exit().await.code(), Some(0));
        drop(store);
    }
    eventually("it was tried more than once", async || failing.requests() > 1).await;
}

#[tokio::test]
async fn the_last_spans_are_sent_before_the_end() {
    let collector = Collector::start().await;
    let server =
        traced(Server::configure(), &collector).var("OTEL_BSP_SCHEDULE_DELAY", 600_000).start();
    order(&server, true).await;
    assert_eq!(collector.requests(), 0, "they wait for more");
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    assert!(collector.spans().iter().any(|span| span.trace == TRACE));
}

#[tokio::test]
async fn headers_go_along_and_stay_out_of_the_log() {
    let collector = Collector::start().await;
    let server = traced(Server::configure(), &collector)
        .var("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2")
        .var("RUST_LOG", "trace")
        .start();
    order(&server, true).await;
    collector.trace(TRACE, &["POST /orders"]).await;
    let heads = collector.heads().to_ascii_lowercase();
    assert!(heads.contains("\r\nauthorization: bearer hunter2\r\n"), "{heads}");
    assert!(heads.contains("\r\ncontent-type: application/x-protobuf\r\n"), "{heads}");
    assert!(!server.printed().contains("hunter2"));
}

#[tokio::test]
async fn an_env_file_may_say_it_all() {
    let collector = Collector::start().await;
    let store = std::sync::Arc::new(Store::fresh());
    let file = format!(
        "OTEL_EXPORTER_OTLP_ENDPOINT={}\n\
         OTEL_EXPORTER_OTLP_HEADERS=x-shop=corner%20shop\n\
         OTEL_SERVICE_NAME=till\n\
         OTEL_RESOURCE_ATTRIBUTES=service.name=shop,deployment.environment.name=production\n\
         OTEL_TRACES_SAMPLER=always_on\n\
         OTEL_BSP_SCHEDULE_DELAY=20\n",
        collector.url()
    );
    std::fs::write(store.working_dir().join(".env"), file).unwrap();
    let server = Server::configure().on_store(&store).start();
    // The caller does not record it, and is not asked.
    order(&server, false).await;
    let spans = collector.trace(TRACE, &["POST /orders"]).await;
    let resource = &span(&spans, "POST /orders").resource;
    assert_eq!(resource["service.name"], "till");
    assert_eq!(resource["deployment.environment.name"], "production");
    let heads = collector.heads().to_ascii_lowercase();
    assert!(heads.contains("\r\nx-shop: corner shop\r\n"), "{heads}");
}

#[tokio::test]
async fn no_span_says_who_it_was_about() {
    let collector = Collector::start().await;
    let server = traced(Server::configure(), &collector).start();
    let ann = server.customer("ann").await;
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    ann.place_order(lamp, 1).await;
    ann.post("/orders", serde_json::from_str(ORDER_BODY).unwrap()).await.assert_status(201);
    ann.get("/orders").query(&[("search", "birthday")]).await.assert_ok();
    ann.get("/api/v1/products").query(&[("search", "lamp")]).await.assert_ok();
    ann.get(&format!("/api/v1/users/{}", ann.id())).await.assert_ok();
    let wrong = [("username", "ann@example.com"), ("password", "not her password")];
    let login = "/api/v1/users/login";
    ann.request(reqwest::Method::POST, login)
        .form(&wrong)
        .await
        .assert_problem_code(401, "invalid_credentials");
    ann.get("/nowhere/ann@example.com").await.assert_problem_code(404, "route_not_found");
    ann.get("/app").header("traceparent", &super::traceparent(true)).await.assert_ok();
    collector.trace(TRACE, &["GET /app"]).await;

    for name in ["password.hash", "password.verify", "accounts.create", "cache.page", "deliver log"]
    {
        eventually(name, async || collector.spans().iter().any(|span| span.name == name)).await;
    }
    let spans = collector.spans();
    let told = format!("{spans:?}").to_lowercase();
    let token = ann.access_token().to_lowercase();
    let secrets = ["example.com", "lovelace", "birthday", "lamp", PASSWORD, "not her", &token];
    for secret in secrets {
        assert!(!told.contains(secret), "{secret}");
    }
    assert!(!told.contains("search="), "no query");
}
