//! What waits in the outbox, and what becomes of it.

use super::numbers::Numbers;
use crate::harness::{MailServer, Server, eventually, of_worker};

const DELIVERIES: &str = "oms_outbox_deliveries_total";

#[tokio::test]
async fn what_waits_is_told_and_a_worker_tells_what_it_delivers() {
    let first = Server::configure().var("OUTBOX_WORKER", "off").start();
    let ann = first.customer("ann").await;
    for _ in 0..3 {
        ann.order_in_words("Ada", "a birthday cake", 1).await;
    }
    let store = first.store();
    // A server looks when it starts, and then only now and then.
    let waiting = async |server: &Server| {
        Numbers::of(&server.anonymous()).await.sum("oms_outbox_waiting", &[])
    };
    let second = Server::configure().on(store).var("OUTBOX_WORKER", "off").start();
    eventually("it is told that something waits", async || waiting(&second).await >= 3.0).await;
    let numbers = Numbers::of(&second.anonymous()).await;
    assert!(numbers.sum("oms_outbox_oldest_seconds", &[]) > 0.0);
    assert_eq!(numbers.sum("oms_outbox_dead", &[]), 0.0);
    let in_all = numbers.sum("oms_outbox_waiting", &[]);

    let worker = Server::configure()
        .on(store)
        .var("METRICS_PORT", 0)
        .var("OUTBOX_POLL_MS", 20)
        .start_worker();
    let operator = of_worker(&worker).await;
    let delivered = [("channel", "log"), ("outcome", "delivered")];
    eventually("all are delivered", async || {
        Numbers::of(&operator).await.sum(DELIVERIES, &delivered) >= in_all
    })
    .await;
    let numbers = Numbers::of(&operator).await;
    let timed = numbers.sum("oms_outbox_delivery_duration_seconds_count", &[("channel", "log")]);
    assert!(timed >= in_all);
    assert!(!numbers.families().iter().any(|name| name.starts_with("oms_http_")));
    for name in ["oms_build_info", "oms_db_pool_waiting", "process_resident_memory_bytes"] {
        assert!(numbers.has(name), "{name}");
    }

    let third = Server::configure().on(store).var("OUTBOX_WORKER", "off").start();
    // Until it has looked, it does not say so.
    eventually("nothing waits any more", async || waiting(&third).await == 0.0).await;
}

#[tokio::test]
async fn a_mail_that_is_refused_counts_as_failed_or_for_good_as_undeliverable() {
    let mut mail = MailServer::start().await;
    mail.refuse_to("bob@example.com", 550).await;
    mail.refuse_to("ann@example.com", 451).await;
    let server = Server::configure()
        .var("SMTP_URL", mail.url())
        .var("MAIL_FROM", "shop@example.com")
        .var("OUTBOX_POLL_MS", 20)
        .var("OUTBOX_RETRY_MS", 20)
        .start();
    for name in ["ann", "bob"] {
        server.customer(name).await.order_in_words("Somebody", "a birthday cake", 1).await;
    }
    let client = server.anonymous();
    for outcome in ["failed", "undeliverable"] {
        let of_mails = [("channel", "mail"), ("outcome", outcome)];
        eventually(outcome, async || Numbers::of(&client).await.sum(DELIVERIES, &of_mails) > 0.0)
            .await;
    }
}
