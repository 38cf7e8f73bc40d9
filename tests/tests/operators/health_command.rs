//! `oms health`, as a container's host calls it.

use super::{AGE, becomes};
use crate::harness::{Exit, Program, Server, at_own_port, own_port};

/// Asks the server that these settings start.
fn ask(server: &Server, variables: &[(&str, &str)], arguments: &[&str]) -> Exit {
    let program = Program::new(server.store(), &[&["health"], arguments].concat());
    variables.iter().fold(program, |program, (name, value)| program.var(name, value)).run()
}

fn port(base: &str) -> &str {
    base.rsplit(':').next().expect("a port")
}

#[tokio::test]
async fn it_succeeds_while_the_server_is_ready_and_fails_while_it_is_not() {
    let server = Server::start();
    let port = port(server.base());
    let settings = [("HOST", "0.0.0.0"), ("PORT", port)];
    assert_eq!(ask(&server, &settings, &[]).succeeded().stdout, "ready\n");
    let named = ask(&server, &[], &["--url", server.base()]);
    assert_eq!(named.succeeded().stdout, "ready\n");

    server.store().tamper(AGE).await;
    becomes(&server.anonymous(), "not_ready").await;
    let exit = ask(&server, &settings, &[]);
    let line = exit.failed(1);
    assert!(line.contains("not ready") && line.contains("lacks migrations"), "{line}");
}

#[tokio::test]
async fn it_asks_at_the_operators_port_if_there_is_one() {
    let server = Server::configure().var("METRICS_PORT", 0).start();
    let own = own_port(|| server.printed()).await;
    becomes(&at_own_port(&server).await, "ready").await;
    let settings = [("PORT", "1"), ("METRICS_PORT", port(&own))];
    assert_eq!(ask(&server, &settings, &[]).succeeded().stdout, "ready\n");
}

#[tokio::test]
async fn it_fails_if_nobody_answers() {
    let server = Server::start();
    let exit = ask(&server, &[("PORT", "1")], &["--timeout", "1"]);
    assert!(exit.failed(1).contains("127.0.0.1:1"), "{exit}");
}

#[tokio::test]
async fn it_says_what_it_was_asked_wrongly() {
    let server = Server::start();
    let exit = ask(&server, &[], &["--url", "https://shop.example.com"]);
    assert!(exit.failed(2).contains("http://"), "{exit}");
    assert!(ask(&server, &[("PORT", "0")], &[]).failed(2).contains("PORT"));
    assert_eq!(ask(&server, &[], &["--timeout", "0"]).code, Some(2));
}
