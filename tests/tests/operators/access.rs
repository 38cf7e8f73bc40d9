//! Access to the operators' surface on the server's main port.

use super::{FORWARDED, readiness};
use crate::harness::{Client, Connection, PendingRequest, Response, Server};

const TOKEN: &str = "a-token-of-the-operators";

/// The request as a proxy forwards it.
fn forwarded(request: PendingRequest) -> PendingRequest {
    request.header(FORWARDED.0, FORWARDED.1)
}

async fn metrics(client: &Client) -> Response {
    forwarded(client.get("/metrics")).await
}

#[track_caller]
fn assert_metrics(response: &Response) {
    response.assert_status(200);
    let kind = response.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"), "{response}");
    assert_eq!(response.header("cache-control"), Some("no-store"), "{response}");
}

#[tokio::test]
async fn anonymous_callers_get_liveness_and_readiness_without_details() {
    let server = Server::start();
    let anonymous = server.anonymous();
    let alive = forwarded(anonymous.get("/livez")).await;
    assert_eq!(alive.assert_ok(), &serde_json::json!({"status": "ok"}));
    assert_eq!(alive.header("cache-control"), Some("no-store"));
    let ready = forwarded(anonymous.get("/readyz/")).await;
    assert_eq!(ready.assert_ok(), &serde_json::json!({"status": "ready"}));
    assert_eq!(ready.header("cache-control"), Some("no-store"));
    let refused = metrics(&anonymous).await;
    let detail = &refused.assert_problem_code(401, "not_authenticated")["detail"];
    assert!(
        detail.as_str().unwrap().contains("METRICS_TOKEN"),
        "the detail names the setting: {refused}"
    );
}

#[tokio::test]
async fn callers_on_the_same_machine_get_details_and_metrics() {
    let server = Server::start();
    let ready = readiness(&server.anonymous()).await;
    let body = ready.assert_ok();
    for member in ["version", "commit", "uptime_seconds", "dependencies"] {
        assert!(!body[member].is_null(), "{member}: {ready}");
    }
    assert_metrics(&server.anonymous().get("/metrics").await);
}

#[tokio::test]
async fn requests_through_a_proxy_do_not_count_as_from_the_same_machine() {
    let server = Server::start();
    for name in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"] {
        let response = server.anonymous().get("/readyz").header(name, "127.0.0.1").await;
        assert_eq!(response.assert_ok(), &serde_json::json!({"status": "ready"}), "{name}");
        server.anonymous().get("/metrics").header(name, "127.0.0.1").await.assert_status(401);
    }
    let other_name = server.anonymous().get("/metrics").header("Host", "shop.example.com").await;
    other_name.assert_problem_code(401, "not_authenticated");
}

/// The responses to `/readyz` and `/metrics`, each requested with this header.
async fn probes_with(server: &Server, name: &str, value: &str) -> [Response; 2] {
    let client = server.anonymous();
    [
        client.get("/readyz").header(name, value).await,
        client.get("/metrics").header(name, value).await,
    ]
}

#[tokio::test]
async fn requests_of_web_pages_do_not_count_as_from_the_same_machine() {
    // The page may read every response.
    let server = Server::configure().var("ALLOWED_ORIGINS", "*").start();
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "http://localhost:3000"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let [ready, metrics] = probes_with(&server, name, value).await;
        assert_eq!(ready.assert_ok(), &serde_json::json!({"status": "ready"}), "{name}: {value}");
        metrics.assert_problem_code(401, "not_authenticated");
    }
    // A person who opens the address, and the documentation page of this server.
    for value in ["none", "same-origin"] {
        let [ready, metrics] = probes_with(&server, "Sec-Fetch-Site", value).await;
        assert!(ready.assert_ok()["dependencies"].is_array(), "{value}: {ready}");
        assert_metrics(&metrics);
    }
    let admin = server.admin().await;
    assert_metrics(&admin.get("/metrics").header("Origin", "https://evil.example").await);
}

#[tokio::test]
async fn requests_for_another_host_do_not_count_as_from_the_same_machine() {
    let server = Server::start();
    for (target, host, is_local) in [
        ("", "localhost", true),
        ("http://localhost:8000", "localhost", true),
        ("http://shop.example.com", "localhost", false),
        ("http://localhost", "shop.example.com", false),
        ("", "rebound.example.com:8000", false),
    ] {
        for (path, detail) in [("/readyz", "\"dependencies\""), ("/metrics", "oms_build_info")] {
            let mut connection = Connection::open(&server).await.expect("a connection");
            let request =
                format!("GET {target}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            connection.send(request).await;
            let response = connection.read_all().await;
            assert!(response.starts_with("HTTP/1.1 "), "{target}{path}: {response}");
            assert_eq!(response.contains(detail), is_local, "{target}{path} {host}: {response}");
        }
    }
}

#[tokio::test]
async fn the_metrics_token_grants_access_and_another_does_not() {
    let server = Server::configure().var("METRICS_TOKEN", TOKEN).start();
    let anonymous = server.anonymous();
    let operator = anonymous.with_token(TOKEN);
    assert_metrics(&metrics(&operator).await);
    let ready = forwarded(operator.get("/readyz")).await;
    assert!(ready.assert_ok()["dependencies"].is_array(), "{ready}");
    for wrong in
        ["a-token-of-the-operator", "a-token-of-the-operators!", "A-TOKEN-OF-THE-OPERATORS"]
    {
        let wrong = anonymous.with_token(wrong);
        metrics(&wrong).await.assert_problem_code(401, "invalid_token");
        assert!(forwarded(wrong.get("/readyz")).await.assert_ok()["dependencies"].is_null());
    }
    assert!(!server.printed().contains(TOKEN), "{}", server.printed());
}

#[tokio::test]
async fn admins_count_as_operators_and_customers_do_not() {
    let server = Server::start();
    let (admin, ann) = (server.admin().await, server.customer("ann").await);
    assert_metrics(&metrics(&admin).await);
    let refused = metrics(&ann).await;
    let detail = &refused.assert_problem_code(403, "admin_required")["detail"];
    assert!(
        detail.as_str().unwrap().contains("METRICS_TOKEN"),
        "the detail names the setting: {refused}"
    );
    assert!(forwarded(ann.get("/readyz")).await.assert_ok()["dependencies"].is_null());
    assert!(forwarded(admin.get("/readyz")).await.assert_ok()["dependencies"].is_array());
}
