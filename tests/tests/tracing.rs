//! One trace spans a request and the deliveries of its events, in whichever process they happen.

mod caller;
mod collector;

use crate::harness::{Collector, Server, ServerBuilder, Store, redis_command, span};

/// The trace id and the span id in the client's `traceparent`.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN: &str = "00f067aa0ba902b7";

/// The client's `traceparent` header, with the sampled flag or without.
fn traceparent(sampled: bool) -> String {
    format!("00-{TRACE}-{CLIENT_SPAN}-0{}", u8::from(sampled))
}

/// Settings with which spans are exported at once and events are delivered at once.
fn with_tracing(builder: ServerBuilder, collector: &Collector) -> ServerBuilder {
    builder
        .var("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
        .var("OTEL_BSP_SCHEDULE_DELAY", 20)
        .var("OUTBOX_POLL_MS", 20)
}

const ORDER_BODY: &str =
    r#"{"customer_name": "Ada Lovelace", "item_name": "a birthday cake", "quantity": 1}"#;

/// Places an order within the client's trace.
async fn place_order(server: &Server, sampled: bool) {
    let ann = server.customer("ann").await;
    let order = serde_json::from_str(ORDER_BODY).unwrap();
    ann.post("/orders", order)
        .header("traceparent", &traceparent(sampled))
        .await
        .assert_status(201);
}

/// The `traceparent` of the last entry of this event in the Redis stream of this store.
fn traceparent_in_stream(store: &Store, event: &str) -> String {
    const LAST_TRACEPARENT: &str = "local found = 'none' \
         for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do \
         local fields = {} \
         for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end \
         if fields['event'] == ARGV[1] then found = fields['traceparent'] or 'without' end \
         end return redis.status_reply(found)";
    let variables = store.variables();
    let variable = |name| &variables.iter().find(|(known, _)| known == name).expect("Redis").1;
    let stream = format!("{{{}}}:events", variable("REDIS_PREFIX"));
    let response =
        redis_command(variable("REDIS_URL"), &["EVAL", LAST_TRACEPARENT, "1", &stream, event]);
    response.expect("a response").trim_start_matches('+').to_owned()
}

#[tokio::test]
async fn a_request_its_store_calls_and_its_deliveries_share_a_trace() {
    let collector = Collector::start().await;
    let server = with_tracing(Server::configure(), &collector).start();
    place_order(&server, true).await;
    let spans = collector.trace(TRACE, &["POST /orders", "orders.place", "deliver log"]).await;

    let request = span(&spans, "POST /orders");
    assert_eq!(
        (request.parent.as_str(), request.kind),
        (CLIENT_SPAN, 2),
        "a server span below the client's"
    );
    let attribute = |name: &str| request.attributes.get(name).map(String::as_str);
    assert_eq!(attribute("http.request.method"), Some("POST"));
    assert_eq!(attribute("http.route"), Some("/orders"));
    assert_eq!(attribute("http.response.status_code"), Some("201"));
    assert_eq!(attribute("url.scheme"), Some("http"));
    assert!(!request.failed);

    let place = span(&spans, "orders.place");
    assert_eq!((&place.parent, place.kind), (&request.id, 3));
    assert_eq!(place.attributes["oms.batch.size"], "1");
    assert!(["sqlite", "postgresql"].contains(&place.attributes["db.system.name"].as_str()));
    assert_eq!(span(&spans, "sessions.caller").parent, request.id);

    let delivery = span(&spans, "deliver log");
    assert_eq!((&delivery.parent, delivery.kind), (&request.id, 5));
    assert_eq!(delivery.attributes["oms.event"], "order_placed");
    assert_eq!(delivery.attributes["oms.outcome"], "delivered");
    assert!(delivery.attributes["messaging.message.id"].parse::<i64>().is_ok());

    assert_eq!(request.resource["service.name"], "oms");
    assert!(!request.resource["service.version"].is_empty());
    assert_eq!(delivery.resource, request.resource, "one process");
}

#[tokio::test]
async fn a_worker_delivers_in_the_trace_of_the_request() {
    let collector = Collector::start().await;
    let store = Store::on_postgres();
    let server =
        with_tracing(Server::configure_on(store).var("OUTBOX_WORKER", "off"), &collector).start();
    let worker = with_tracing(Server::configure(), &collector)
        .on_store(server.store())
        .var("OTEL_SERVICE_NAME", "oms-worker")
        .start_worker();
    place_order(&server, true).await;
    let names = ["POST /orders", "orders.place", "deliver log", "deliver mail", "deliver stream"];
    let spans = collector.trace(TRACE, &names).await;
    let request = span(&spans, "POST /orders");
    assert_eq!(request.parent, CLIENT_SPAN);
    for channel in ["deliver log", "deliver mail", "deliver stream"] {
        let delivery = span(&spans, channel);
        assert_eq!(delivery.parent, request.id);
        assert_eq!(delivery.resource["service.name"], "oms-worker");
        let instance = "service.instance.id";
        assert_ne!(delivery.resource[instance], request.resource[instance], "two processes");
    }
    let stream = span(&spans, "deliver stream");
    let header = format!("00-{TRACE}-{}-01", stream.id);
    assert_eq!(
        traceparent_in_stream(server.store(), "order_placed"),
        header,
        "consumers continue the trace"
    );
    drop(worker);
}
