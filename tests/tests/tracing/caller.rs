//! The client's `traceparent`, and its effect without a collector.

use super::{CLIENT_SPAN, TRACE, place_order, traceparent, traceparent_in_stream, with_tracing};
use crate::harness::{Collector, Server, ServerBuilder, Store, eventually};

fn with_info_log(builder: ServerBuilder) -> ServerBuilder {
    builder.var("RUST_LOG", "info").var("OUTBOX_POLL_MS", 20)
}

/// The log lines that contain these words, once there are at least `count`.
async fn log_lines(server: &Server, words: &[&str], count: usize) -> Vec<String> {
    let matching = || -> Vec<String> {
        let printed = server.printed();
        let lines = printed.lines().filter(|line| words.iter().all(|word| line.contains(word)));
        lines.map(str::to_owned).collect()
    };
    eventually("it is logged", async || matching().len() >= count).await;
    matching()
}

fn trace_of(line: &str) -> String {
    let (_, rest) = line.split_once("trace_id=\"").unwrap_or_else(|| panic!("no trace: {line}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn log_lines_and_events_have_the_clients_trace_id_without_a_collector() {
    let server = with_info_log(Server::configure()).start();
    place_order(&server, true).await;
    for words in [["/orders", "status=201"], ["order_placed", "message_id"]] {
        for line in log_lines(&server, &words, 1).await {
            assert_eq!(trace_of(&line), TRACE, "{line}");
        }
    }
}

#[tokio::test]
async fn a_request_without_a_valid_traceparent_begins_a_new_trace() {
    let server = with_info_log(Server::configure()).start();
    let ann = server.customer("ann").await;
    let invalid = format!("00-{}-{CLIENT_SPAN}-01", "0".repeat(32));
    let twice = traceparent(true);
    let requests = [
        ann.post("/orders", serde_json::from_str(super::ORDER_BODY).unwrap()),
        ann.post("/orders", serde_json::from_str(super::ORDER_BODY).unwrap())
            .header("traceparent", &invalid),
        ann.post("/orders", serde_json::from_str(super::ORDER_BODY).unwrap())
            .header("traceparent", &twice)
            .header("traceparent", &twice),
    ];
    for request in requests {
        request.await.assert_status(201);
    }
    let mut traces = Vec::new();
    for words in [["/orders", "status=201"], ["order_placed", "message_id"]] {
        let mut named: Vec<_> =
            log_lines(&server, &words, 3).await.iter().map(|line| trace_of(line)).collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named.len(), 3, "each has its own: {named:?}");
        assert!(named.iter().all(|trace| trace.len() == 32 && trace != TRACE), "{named:?}");
        traces.push(named);
    }
    assert_eq!(traces[0], traces[1], "an event is in the trace of its request");
}

#[tokio::test]
async fn stream_entries_carry_the_clients_traceparent_without_a_collector() {
    let server = Server::configure_on(Store::on_postgres()).var("OUTBOX_POLL_MS", 20).start();
    place_order(&server, true).await;
    let arrived = async || traceparent_in_stream(server.store(), "order_placed") != "none";
    eventually("it is in the stream", arrived).await;
    assert_eq!(traceparent_in_stream(server.store(), "order_placed"), traceparent(true));
}

#[tokio::test]
async fn unsampled_requests_and_probes_are_not_exported() {
    let collector = Collector::start().await;
    let server = with_info_log(with_tracing(Server::configure(), &collector)).start();
    place_order(&server, false).await;
    let event = log_lines(&server, &["order_placed"], 1).await;
    assert_eq!(trace_of(&event[0]), TRACE, "the trace id is logged all the same");
    let anonymous = server.anonymous();
    for probe in ["/health", "/livez", "/readyz", "/metrics"] {
        let _response = anonymous.get(probe).header("traceparent", &traceparent(true)).await;
    }
    // Spans are exported in the order in which they end.
    let other = "0af7651916cd43dd8448eb211c80319c";
    let header = format!("00-{other}-{CLIENT_SPAN}-01");
    anonymous.get("/app").header("traceparent", &header).await.assert_ok();
    collector.trace(other, &["GET /app"]).await;
    let exported = collector.spans();
    assert!(exported.iter().all(|span| span.trace != TRACE), "{exported:#?}");
}
