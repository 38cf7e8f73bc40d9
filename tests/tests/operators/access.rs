//! Who is told how much at the server's own port.

use super::{FORWARDED, readiness};
use crate::harness::{Client, PendingRequest, Response, Server};

const TOKEN: &str = "a-token-of-the-operators";

/// As if it came through a proxy.
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
async fn everybody_learns_whether_the_server_is_there_and_nothing_more() {
    let server = Server::start();
    let stranger = server.anonymous();
    let alive = forwarded(stranger.get("/livez")).await;
    assert_eq!(alive.assert_ok(), &serde_json::json!({"status": "ok"}));
    assert_eq!(alive.header("cache-control"), Some("no-store"));
    let ready = forwarded(stranger.get("/readyz/")).await;
    assert_eq!(ready.assert_ok(), &serde_json::json!({"status": "ready"}));
    assert_eq!(ready.header("cache-control"), Some("no-store"));
    let refused = metrics(&stranger).await;
    let detail = &refused.assert_problem_code(401, "not_authenticated")["detail"];
    assert!(detail.as_str().unwrap().contains("METRICS_TOKEN"), "it says what to do: {refused}");
}

#[tokio::test]
async fn the_machine_itself_is_told_everything() {
    let server = Server::start();
    let ready = readiness(&server.anonymous()).await;
    let body = ready.assert_ok();
    for member in ["version", "commit", "uptime_seconds", "dependencies"] {
        assert!(!body[member].is_null(), "{member}: {ready}");
    }
    assert_metrics(&server.anonymous().get("/metrics").await);
}

#[tokio::test]
async fn what_a_proxy_passes_on_is_not_the_machine_itself() {
    let server = Server::start();
    for name in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"] {
        let response = server.anonymous().get("/readyz").header(name, "127.0.0.1").await;
        assert_eq!(response.assert_ok(), &serde_json::json!({"status": "ready"}), "{name}");
        server.anonymous().get("/metrics").header(name, "127.0.0.1").await.assert_status(401);
    }
    let other_name = server.anonymous().get("/metrics").header("Host", "shop.example.com").await;
    other_name.assert_problem_code(401, "not_authenticated");
}

#[tokio::test]
async fn the_token_lets_operators_in_and_another_does_not() {
    let server = Server::configure().var("METRICS_TOKEN", TOKEN).start();
    let nobody = server.anonymous();
    let operator = nobody.with_token(TOKEN);
    assert_metrics(&metrics(&operator).await);
    let ready = forwarded(operator.get("/readyz")).await;
    assert!(ready.assert_ok()["dependencies"].is_array(), "{ready}");
    for wrong in
        ["a-token-of-the-operator", "a-token-of-the-operators!", "A-TOKEN-OF-THE-OPERATORS"]
    {
        let wrong = nobody.with_token(wrong);
        metrics(&wrong).await.assert_problem_code(401, "invalid_token");
        assert!(forwarded(wrong.get("/readyz")).await.assert_ok()["dependencies"].is_null());
    }
    assert!(!server.printed().contains(TOKEN), "{}", server.printed());
}

#[tokio::test]
async fn administrators_are_operators_and_customers_are_not() {
    let server = Server::start();
    let (admin, ann) = (server.admin().await, server.customer("ann").await);
    assert_metrics(&metrics(&admin).await);
    let refused = metrics(&ann).await;
    let detail = &refused.assert_problem_code(403, "admin_required")["detail"];
    assert!(detail.as_str().unwrap().contains("METRICS_TOKEN"), "it says what to do: {refused}");
    assert!(forwarded(ann.get("/readyz")).await.assert_ok()["dependencies"].is_null());
    assert!(forwarded(admin.get("/readyz")).await.assert_ok()["dependencies"].is_array());
}
