//! The operator port (`METRICS_PORT`), which a program prints when it has one.

use super::{client::Client, eventually, process::Process, server::Server};

/// The port's base URL, `http://127.0.0.1:<port>`, as soon as the program has printed it.
pub(crate) async fn operator_port(printed: impl Fn() -> String) -> String {
    eventually("it prints the operator port", async || parse_port(&printed()).is_some()).await;
    parse_port(&printed()).expect("an operator port")
}

fn parse_port(printed: &str) -> Option<String> {
    let (_, rest) = printed.split_once("metrics  http://")?;
    let (address, _) = rest.split_once("/metrics")?;
    Some(format!("http://{address}"))
}

/// An anonymous client of the operator port of a server.
pub(crate) async fn operator_client(server: &Server) -> Client {
    Client::anonymous(&operator_port(|| server.printed()).await)
}

/// An anonymous client of the operator port of a worker, its only port.
pub(crate) async fn worker_client(worker: &Process) -> Client {
    Client::anonymous(&operator_port(|| worker.printed()).await)
}
