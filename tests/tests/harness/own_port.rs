//! The operators' own port, which a program prints when it has one.

use super::{client::Client, eventually, process::Process, server::Server};

/// Where it is, `http://127.0.0.1:<port>`, as soon as the program has printed it.
pub(crate) async fn own_port(printed: impl Fn() -> String) -> String {
    eventually("it names the operators' port", async || named_port(&printed()).is_some()).await;
    named_port(&printed()).expect("a port of their own")
}

fn named_port(printed: &str) -> Option<String> {
    let (_, rest) = printed.split_once("metrics  http://")?;
    let (address, _) = rest.split_once("/metrics")?;
    Some(format!("http://{address}"))
}

pub(crate) async fn at_own_port(server: &Server) -> Client {
    Client::anonymous(&own_port(|| server.printed()).await)
}

/// Somebody who asks a worker, which answers nowhere else.
pub(crate) async fn of_worker(worker: &Process) -> Client {
    Client::anonymous(&own_port(|| worker.printed()).await)
}
