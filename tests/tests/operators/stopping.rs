//! The end of a server, as those see it who send it requests.

use super::readiness;
use crate::harness::{
    MailServer, ORDER_BODY, Server, eventually, operator_client, order_in_flight,
    wait_until_not_listening,
};

/// Longer than any test waits.
const NEVER: u32 = 3_600;

#[tokio::test]
async fn after_sigterm_it_is_not_ready_and_serves_on_for_the_delay() {
    let server = Server::configure().var("SHUTDOWN_DELAY_SECONDS", NEVER).start();
    let ann = server.customer("ann").await;
    server.signal("TERM");
    eventually("it says so", async || readiness(&ann).await.json["status"] == "stopping").await;
    let stopping = readiness(&ann).await;
    stopping.assert_status(503);
    assert_eq!(stopping.header("retry-after"), Some("1"));
    ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    ann.get("/livez").await.assert_ok();
    // A second one skips the rest.
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn when_the_delay_is_over_it_ends_by_itself() {
    let server = Server::configure().var("SHUTDOWN_DELAY_SECONDS", 1).start();
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn somebody_at_a_terminal_does_not_wait_for_the_delay() {
    let server = Server::configure().var("SHUTDOWN_DELAY_SECONDS", NEVER).start();
    server.signal("INT");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_does_not_wait_for_deliveries_either() {
    let mut mail = MailServer::start().await;
    mail.hang().await;
    let server = Server::configure()
        .var("SMTP_URL", mail.url())
        .var("MAIL_FROM", "shop@example.com")
        .var("OUTBOX_POLL_MS", 20)
        .start();
    server.customer("ann").await.place_free_form_order("Ada", "a birthday cake", 1).await;
    eventually("a mail is under way", async || !mail.hanging().is_empty()).await;
    server.signal("TERM");
    wait_until_not_listening(&server).await;
    server.signal("TERM");
    eventually("it says so", async || {
        server.printed().contains("second signal: leaving the rest unfinished")
    })
    .await;
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn the_operators_port_answers_until_the_last_request_is_finished() {
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
