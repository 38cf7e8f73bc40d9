//! Shutdown as clients and load balancers see it.

use super::readiness;
use crate::harness::{
    MailServer, ORDER_BODY, Server, eventually, operator_client, order_in_flight,
    wait_until_not_listening,
};

/// A delay in seconds that exceeds every timeout of the tests.
const ENDLESS_DELAY: u32 = 3_600;

#[tokio::test]
async fn after_sigterm_a_server_is_not_ready_but_serves_requests_during_the_delay() {
    let server = Server::configure().var("SHUTDOWN_DELAY_SECONDS", ENDLESS_DELAY).start();
    let ann = server.customer("ann").await;
    server.signal("TERM");
    eventually("the status is reported", async || {
        readiness(&ann).await.json["status"] == "stopping"
    })
    .await;
    let stopping = readiness(&ann).await;
    stopping.assert_status(503);
    assert_eq!(stopping.header("retry-after"), Some("1"));
    ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    ann.get("/livez").await.assert_ok();
    // A second signal skips the rest of the delay.
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn a_server_exits_when_the_shutdown_delay_is_over() {
    let server = Server::configure().var("SHUTDOWN_DELAY_SECONDS", 1).start();
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn sigint_skips_the_shutdown_delay() {
    let server = Server::configure().var("SHUTDOWN_DELAY_SECONDS", ENDLESS_DELAY).start();
    server.signal("INT");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_the_wait_for_deliveries() {
    let mut mail = MailServer::start().await;
    mail.hang().await;
    let server = Server::configure()
        .var("SMTP_URL", mail.url())
        .var("REQUIRE_VERIFIED_EMAIL", "off")
        .var("MAIL_FROM", "shop@example.com")
        .var("OUTBOX_POLL_MS", 20)
        .start();
    server.customer("ann").await.place_free_form_order("Ada", "a birthday cake", 1).await;
    eventually("a mail is under way", async || !mail.hanging().is_empty()).await;
    server.signal("TERM");
    wait_until_not_listening(&server).await;
    server.signal("TERM");
    eventually("the status is reported", async || {
        server.printed().contains("second signal: leaving the rest unfinished")
    })
    .await;
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn the_operator_port_responds_until_the_last_request_is_finished() {
    let server = Server::configure().var("METRICS_PORT", 0).start();
    let (ann, operator) = (server.customer("ann").await, operator_client(&server).await);
    let mut waiting = order_in_flight(&server, &ann).await;
    server.signal("TERM");
    wait_until_not_listening(&server).await;
    assert_eq!(readiness(&operator).await.assert_status(503)["status"], "stopping");
    operator.get("/metrics").await.assert_status(200);
    operator.get("/livez").await.assert_ok();
    waiting.send(ORDER_BODY).await;
    waiting.read_to("\"PENDING\"").await;
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}
