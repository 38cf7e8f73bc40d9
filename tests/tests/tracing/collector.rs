//! The export of spans to a collector, which no request waits for.

use tokio::net::TcpSocket;

use super::{ORDER_BODY, TRACE, place_order, with_tracing};
use crate::harness::{Collector, PASSWORD, Server, Store, eventually, span};

/// The log message when spans cannot be exported.
const EXPORT_FAILED: &str = "traces do not get to the collector";

#[tokio::test]
async fn an_unavailable_collector_fails_no_request_and_is_logged_once() {
    // Bound, so that no other program gets the port, but not listening.
    let not_listening = TcpSocket::new_v4().unwrap();
    not_listening.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let unreachable = format!("http://{}", not_listening.local_addr().unwrap());
    let failing = Collector::start_with_status("500 Internal Server Error").await;
    for url in [unreachable.as_str(), failing.url()] {
        let server = Server::configure()
            .var("OTEL_EXPORTER_OTLP_ENDPOINT", url)
            .var("OTEL_BSP_SCHEDULE_DELAY", 5)
            .start();
        place_order(&server, true).await;
        eventually("the failure is logged", async || server.printed().contains(EXPORT_FAILED))
            .await;
        let anonymous = server.anonymous();
        for _ in 0..50 {
            anonymous.get("/app").await.assert_ok();
        }
        let store = std::sync::Arc::clone(server.store());
        let printed = server.printed();
        assert_eq!(printed.matches(EXPORT_FAILED).count(), 1, "{printed}");
        server.signal("TERM");
        assert_eq!(server.wait_for_exit().await.code(), Some(0));
        drop(store);
    }
    eventually("the export is retried", async || failing.requests() > 1).await;
}

#[tokio::test]
async fn the_last_spans_are_exported_at_shutdown() {
    let collector = Collector::start().await;
    let server = with_tracing(Server::configure(), &collector)
        .var("OTEL_BSP_SCHEDULE_DELAY", 600_000)
        .start();
    place_order(&server, true).await;
    assert_eq!(collector.requests(), 0, "the batch is not due yet");
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    assert!(collector.spans().iter().any(|span| span.trace == TRACE));
}

#[tokio::test]
async fn exporter_headers_are_sent_and_not_logged() {
    let collector = Collector::start().await;
    let server = with_tracing(Server::configure(), &collector)
        .var("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2")
        .var("RUST_LOG", "trace")
        .start();
    place_order(&server, true).await;
    collector.trace(TRACE, &["POST /orders"]).await;
    let request_heads = collector.request_heads().to_ascii_lowercase();
    assert!(request_heads.contains("\r\nauthorization: bearer hunter2\r\n"), "{request_heads}");
    assert!(
        request_heads.contains("\r\ncontent-type: application/x-protobuf\r\n"),
        "{request_heads}"
    );
    assert!(!server.printed().contains("hunter2"));
}

#[tokio::test]
async fn an_env_file_can_configure_the_exporter() {
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
    // The sampler is always_on, which ignores the client's sampled flag.
    place_order(&server, false).await;
    let spans = collector.trace(TRACE, &["POST /orders"]).await;
    let resource = &span(&spans, "POST /orders").resource;
    assert_eq!(resource["service.name"], "till");
    assert_eq!(resource["deployment.environment.name"], "production");
    let request_heads = collector.request_heads().to_ascii_lowercase();
    assert!(request_heads.contains("\r\nx-shop: corner shop\r\n"), "{request_heads}");
}

#[tokio::test]
async fn spans_hold_no_personal_data_and_no_secrets() {
    let collector = Collector::start().await;
    let server = with_tracing(Server::configure(), &collector).start();
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
    let text = format!("{spans:?}").to_lowercase();
    let token = ann.access_token().to_lowercase();
    let secrets = ["example.com", "lovelace", "birthday", "lamp", PASSWORD, "not her", &token];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(!text.contains("search="), "no query");
}
