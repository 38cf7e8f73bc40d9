//! `oms health`, as a container's host calls it.

use super::{REMOVE_LAST_MIGRATION, wait_for_readiness};
use crate::harness::{Program, ProgramOutput, Server, operator_client, operator_port};

/// Asks the server that these settings start.
fn ask(server: &Server, variables: &[(&str, &str)], arguments: &[&str]) -> ProgramOutput {
    let program = Program::new(server.store(), &[&["health"], arguments].concat());
    variables.iter().fold(program, |program, (name, value)| program.var(name, value)).run()
}

fn port(base: &str) -> &str {
    base.rsplit(':').next().expect("a port")
}

#[tokio::test]
async fn it_succeeds_while_the_server_is_ready_and_fails_while_it_is_not() {
    let server = Server::start();
    let port = port(server.base_url());
    let settings = [("HOST", "0.0.0.0"), ("PORT", port)];
    assert_eq!(ask(&server, &settings, &[]).assert_success().stdout, "ready\n");
    let named = ask(&server, &[], &["--url", server.base_url()]);
    assert_eq!(named.assert_success().stdout, "ready\n");

    server.store().tamper(REMOVE_LAST_MIGRATION).await;
    wait_for_readiness(&server.anonymous(), "not_ready").await;
    let output = ask(&server, &settings, &[]);
    let line = output.assert_failure(1);
    assert!(line.contains("not ready") && line.contains("lacks migrations"), "{line}");
}

#[tokio::test]
async fn it_asks_at_the_operators_port_if_there_is_one() {
    let server = Server::configure().var("METRICS_PORT", 0).start();
    let own = operator_port(|| server.printed()).await;
    wait_for_readiness(&operator_client(&server).await, "ready").await;
    let settings = [("PORT", "1"), ("METRICS_PORT", port(&own))];
    assert_eq!(ask(&server, &settings, &[]).assert_success().stdout, "ready\n");
}

#[tokio::test]
async fn it_fails_if_nobody_answers() {
    let server = Server::start();
    let output = ask(&server, &[("PORT", "1")], &["--timeout", "1"]);
    assert!(output.assert_failure(1).contains("127.0.0.1:1"), "{output}");
}

#[tokio::test]
async fn it_says_what_it_was_asked_wrongly() {
    let server = Server::start();
    let output = ask(&server, &[], &["--url", "https://shop.example.com"]);
    assert!(output.assert_failure(2).contains("http://"), "{output}");
    assert!(ask(&server, &[("PORT", "0")], &[]).assert_failure(2).contains("PORT"));
    assert_eq!(ask(&server, &[], &["--timeout", "0"]).code, Some(2));
}
