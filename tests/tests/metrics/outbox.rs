//! Metrics of the outbox: pending events and deliveries.

use super::exposition::Metrics;
use crate::harness::{MailServer, Server, Store, eventually, worker_client};

const DELIVERIES: &str = "oms_outbox_deliveries_total";

#[tokio::test]
async fn servers_count_pending_events_and_workers_count_deliveries() {
    // Several programs share a database only on PostgreSQL.
    let first = Server::configure_on(Store::on_postgres()).var("OUTBOX_WORKER", "off").start();
    let ann = first.customer("ann").await;
    for _ in 0..3 {
        ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    }
    let store = first.store();
    // A server counts the pending events when it starts, and then only at long intervals.
    let pending = async |server: &Server| {
        Metrics::scrape(&server.anonymous())
            .await
            .sum("oms_outbox_waiting", &[("subscription", "log")])
    };
    let second = Server::configure().on_store(store).var("OUTBOX_WORKER", "off").start();
    eventually("the pending events are counted", async || pending(&second).await >= 3.0).await;
    let metrics = Metrics::scrape(&second.anonymous()).await;
    assert!(metrics.sum("oms_outbox_oldest_seconds", &[]) > 0.0);
    assert_eq!(metrics.sum("oms_outbox_dead", &[]), 0.0);
    let total = metrics.sum("oms_outbox_waiting", &[("subscription", "log")]);

    let worker = Server::configure()
        .on_store(store)
        .var("METRICS_PORT", 0)
        .var("OUTBOX_POLL_MS", 20)
        .start_worker();
    let operator = worker_client(&worker).await;
    let delivered = [("channel", "log"), ("outcome", "delivered")];
    eventually("all events are delivered", async || {
        Metrics::scrape(&operator).await.sum(DELIVERIES, &delivered) >= total
    })
    .await;
    let metrics = Metrics::scrape(&operator).await;
    let timed = metrics.sum("oms_outbox_delivery_duration_seconds_count", &[("channel", "log")]);
    assert!(timed > 0.0 && timed <= total, "many events are logged in one call: {timed}");
    assert!(!metrics.families().iter().any(|name| name.starts_with("oms_http_")));
    for name in ["oms_build_info", "oms_db_pool_waiting", "process_resident_memory_bytes"] {
        assert!(metrics.has(name), "{name}");
    }

    let third = Server::configure().on_store(store).var("OUTBOX_WORKER", "off").start();
    // The metric is NaN until the first count.
    eventually("no event is pending", async || pending(&third).await == 0.0).await;
}

#[tokio::test]
async fn refused_mails_count_as_failed_or_as_undeliverable() {
    let mut mail = MailServer::start().await;
    mail.refuse_to("bob@example.com", 550).await;
    mail.refuse_to("ann@example.com", 451).await;
    let server = Server::configure()
        .var("SMTP_URL", mail.url())
        .var("REQUIRE_VERIFIED_EMAIL", "off")
        .var("MAIL_FROM", "shop@example.com")
        .var("OUTBOX_POLL_MS", 20)
        .var("OUTBOX_RETRY_MS", 20)
        .start();
    for name in ["ann", "bob"] {
        server.customer(name).await.place_free_form_order("Ada", "a birthday cake", 1).await;
    }
    let client = server.anonymous();
    for outcome in ["failed", "undeliverable"] {
        let labels = [("channel", "mail"), ("outcome", outcome)];
        eventually(outcome, async || Metrics::scrape(&client).await.sum(DELIVERIES, &labels) > 0.0)
            .await;
    }
}
