//! A trace collector for tests: as much of OTLP over HTTP as an exporter uses.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::status::StatusCode,
};
use prost::Message as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::eventually;

/// The values of attributes as text, by key.
pub(crate) type Attributes = BTreeMap<String, String>;

/// A received span.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// The trace id in hexadecimal digits.
    pub(crate) trace: String,
    pub(crate) id: String,
    /// The id of the parent span; empty for a root span.
    pub(crate) parent: String,
    pub(crate) name: String,
    /// 1 for internal, 2 for server, 3 for client, 5 for consumer.
    pub(crate) kind: i32,
    pub(crate) attributes: Attributes,
    /// The resource attributes of the program that sent it.
    pub(crate) resource: Attributes,
    pub(crate) failed: bool,
}

/// Everything that a collector has received.
#[derive(Debug, Default)]
struct Received {
    requests: usize,
    request_heads: String,
    spans: Vec<Span>,
}

/// A collector that listens on a free port.
#[derive(Debug)]
pub(crate) struct Collector {
    url: String,
    received: Arc<Mutex<Received>>,
    accepting: JoinHandle<()>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        Self::start_with_status("200 OK").await
    }

    /// Starts a collector that answers every request with this status.
    pub(crate) async fn start_with_status(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let received: Arc<Mutex<Received>> = Arc::default();
        let shared = Arc::clone(&received);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, status, Arc::clone(&shared)));
            }
        });
        Self { url, received, accepting }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.received.lock().unwrap().requests
    }

    /// The heads of all requests, concatenated.
    pub(crate) fn request_heads(&self) -> String {
        self.received.lock().unwrap().request_heads.clone()
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.received.lock().unwrap().spans.clone()
    }

    /// The spans of a trace, once there is one of each of these names.
    pub(crate) async fn trace(&self, trace: &str, names: &[&str]) -> Vec<Span> {
        let of_trace = || -> Vec<Span> {
            self.spans().into_iter().filter(|span| span.trace == trace).collect()
        };
        eventually("the trace is complete", async || {
            let spans = of_trace();
            names.iter().all(|name| spans.iter().any(|span| span.name == *name))
        })
        .await;
        of_trace()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The only span of this name.
#[track_caller]
pub(crate) fn span<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut named = spans.iter().filter(|span| span.name == name);
    let (one, more) = (named.next(), named.next());
    assert!(more.is_none(), "more than one {name}: {spans:#?}");
    one.unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
}

/// Answers the requests on a connection until it ends.
async fn serve(stream: TcpStream, status: &str, received: Arc<Mutex<Received>>) {
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = request(&mut stream).await {
        record(&head, &body, &mut received.lock().unwrap());
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
        );
        // The sender may have closed the connection.
        let _ = stream.get_mut().write_all(response.as_bytes()).await;
    }
}

/// The head and the body of the next request, if there is one.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.expect("a content length")];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

fn record(head: &str, body: &[u8], received: &mut Received) {
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    received.requests += 1;
    received.request_heads.push_str(head);
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    for group in request.resource_spans {
        let resource = attributes(&group.resource.unwrap_or_default().attributes);
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            received.spans.push(Span {
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                name: span.name,
                kind: span.kind,
                attributes: attributes(&span.attributes),
                resource: resource.clone(),
                failed: span.status.is_some_and(|status| status.code() == StatusCode::Error),
            });
        }
    }
}

fn attributes(attributes: &[KeyValue]) -> Attributes {
    let text = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::BoolValue(truth) => truth.to_string(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let value = |attribute: &KeyValue| attribute.value.clone().and_then(|any| any.value).map(text);
    attributes
        .iter()
        .map(|attribute| (attribute.key.clone(), value(attribute).unwrap_or_default()))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("memory");
        text
    })
}
