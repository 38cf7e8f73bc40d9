//! Who is told how much at the server's own port.

use super::{FORWARDED, readiness};
use crate::harness::{Call, Client, Reply, Server};

const TOKEN: &str = "a-token-of-the-operators";

/// As if it came through a proxy.
fn forwarded(call: Call) -> Call {
    call.header(FORWARDED.0, FORWARDED.1)
}

async fn metrics(client: &Client) -> Reply {
    forwarded(client.get("/metrics")).await
}

#[track_caller]
fn tells_metrics(reply: &Reply) {
    reply.is(200);
    let kind = reply.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"), "{reply}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{reply}");
}

#[tokio::test]
async fn everybody_learns_whether_the_server_is_there_and_nothing_more() {
    let server = Server::start();
    let stranger = server.anonymous();
    let alive = forwarded(stranger.get("/livez")).await;
    assert_eq!(alive.ok(), &serde_json::json!({"status": "ok"}));
    assert_eq!(alive.header("cache-control"), Some("no-store"));
    let ready = forwarded(stranger.get("/readyz/")).await;
    assert_eq!(ready.ok(), &serde_json::json!({"status": "ready"}));
    assert_eq!(ready.header("cache-control"), Some("no-store"));
    let refused = metrics(&stranger).await;
    let detail = &refused.is_refused(401, "not_authenticated")["detail"];
    assert!(detail.as_str().unwrap().contains("METRICS_TOKEN"), "it says what to do: {refused}");
}

#[tokio::test]
async fn the_machine_itself_is_told_everything() {
    let server = Server::start();
    let ready = readiness(&server.anonymous()).await;
    let body = ready.ok();
    for member in ["version", "commit", "uptime_seconds", "dependencies"] {
        assert!(!body[member].is_null(), "{member}: {ready}");
    }
    tells_metrics(&server.anonymous().get("/metrics").await);
}

#[tokio::test]
async fn what_a_proxy_passes_on_is_not_the_machine_itself() {
    let server = Server::start();
    for name in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"] {
        let reply = server.anonymous().get("/readyz").header(name, "127.0.0.1").await;
        assert_eq!(reply.ok(), &serde_json::json!({"status": "ready"}), "{name}");
        server.anonymous().get("/metrics").header(name, "127.0.0.1").await.is(401);
    }
    let other_name = server.anonymous().get("/metrics").header("Host", "shop.example.com").await;
    other_name.is_refused(401, "not_authenticated");
}

#[tokio::test]
async fn the_token_lets_operators_in_and_another_does_not() {
    let server = Server::configure().var("METRICS_TOKEN", TOKEN).start();
    let nobody = server.anonymous();
    let operator = nobody.with_token(TOKEN);
    tells_metrics(&metrics(&operator).await);
    let ready = forwarded(operator.get("/readyz")).await;
    assert!(ready.ok()["dependencies"].is_array(), "{ready}");
    for wrong in
        ["a-token-of-the-operator", "a-token-of-the-operators!", "A-TOKEN-OF-THE-OPERATORS"]
    {
        let wrong = nobody.with_token(wrong);
        metrics(&wrong).await.is_refused(401, "invalid_token");
        assert!(forwarded(wrong.get("/readyz")).await.ok()["dependencies"].is_null());
    }
    assert!(!server.printed().contains(TOKEN), "{}", server.printed());
}

#[tokio::test]
async fn administrators_are_operators_and_customers_are_not() {
    let server = Server::start();
    let (admin, ann) = (server.admin().await, server.customer("ann").await);
    tells_metrics(&metrics(&admin).await);
    let refused = metrics(&ann).await;
    let detail = &refused.is_refused(403, "admin_required")["detail"];
    assert!(detail.as_str().unwrap().contains("METRICS_TOKEN"), "it says what to do: {refused}");
    assert!(forwarded(ann.get("/readyz")).await.ok()["dependencies"].is_null());
    assert!(forwarded(admin.get("/readyz")).await.ok()["dependencies"].is_array());
}
