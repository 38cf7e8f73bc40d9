//! What a caller says of its trace, and what that means where nobody collects any.

use super::{PLACE, TRACE, in_stream, order, traced, traceparent};
use crate::harness::{Collector, Server, ServerBuilder, Store, eventually};

fn talkative(builder: ServerBuilder) -> ServerBuilder {
    builder.var("RUST_LOG", "info").var("OUTBOX_POLL_MS", 20)
}

/// The lines with these words, once there are so many.
async fn lines(server: &Server, words: &[&str], count: usize) -> Vec<String> {
    let with_words = || -> Vec<String> {
        let printed = server.printed();
        let lines = printed.lines().filter(|line| words.iter().all(|word| line.contains(word)));
        lines.map(str::to_owned).collect()
    };
    eventually("it is logged", async || with_words().len() >= count).await;
    with_words()
}

fn trace_of(line: &str) -> String {
    let (_, rest) = line.split_once("trace_id=\"").unwrap_or_else(|| panic!("no trace: {line}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn lines_and_events_name_the_caller_s_trace_without_any_collector() {
    let server = talkative(Server::configure()).start();
    order(&server, true).await;
    for words in [["/orders", "status=201"], ["order_placed", "message_id"]] {
        for line in lines(&server, &words, 1).await {
            assert_eq!(trace_of(&line), TRACE, "{line}");
        }
    }
}

#[tokio::test]
async fn a_request_that_comes_from_nowhere_begins_a_trace_of_its_own() {
    let server = talkative(Server::configure()).start();
    let ann = server.customer("ann").await;
    let invalid = format!("00-{}-{PLACE}-01", "0".repeat(32));
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
            lines(&server, &words, 3).await.iter().map(|line| trace_of(line)).collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named.len(), 3, "each has its own: {named:?}");
        assert!(named.iter().all(|trace| trace.len() == 32 && trace != TRACE), "{named:?}");
        traces.push(named);
    }
    assert_eq!(traces[0], traces[1], "an event is in the trace of its request");
}

#[tokio::test]
async fn the_stream_names_the_caller_s_place_where_nothing_is_recorded() {
    let server = Server::configure_on(Store::on_postgres()).var("OUTBOX_POLL_MS", 20).start();
    order(&server, true).await;
    let arrived = async || in_stream(server.store(), "order_placed") != "none";
    eventually("it is in the stream", arrived).await;
    assert_eq!(in_stream(server.store(), "order_placed"), traceparent(true));
}

#[tokio::test]
async fn what_the_caller_does_not_record_and_what_machines_ask_is_not_recorded() {
    let collector = Collector::start().await;
    let server = talkative(traced(Server::configure(), &collector)).start();
    order(&server, false).await;
    let event = lines(&server, &["order_placed"], 1).await;
    assert_eq!(trace_of(&event[0]), TRACE, "it is its trace all the same");
    let anonymous = server.anonymous();
    for probe in ["/health", "/livez", "/readyz", "/metrics"] {
        let _answer = anonymous.get(probe).header("traceparent", &traceparent(true)).await;
    }
    // Spans go out in the order in which they end.
    let other = "0af7651916cd43dd8448eb211c80319c";
    let header = format!("00-{other}-{PLACE}-01");
    anonymous.get("/app").header("traceparent", &header).await.assert_ok();
    collector.trace(other, &["GET /app"]).await;
    let recorded = collector.spans();
    assert!(recorded.iter().all(|span| span.trace != TRACE), "{recorded:#?}");
}
