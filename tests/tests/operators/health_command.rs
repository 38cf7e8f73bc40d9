//! `oms health`, as a container's health check runs it.

use super::{REMOVE_LAST_MIGRATION, wait_for_readiness};
use crate::harness::{Program, ProgramOutput, Server, operator_client, operator_port};

/// Runs `oms health` with these variables and arguments.
fn health(server: &Server, variables: &[(&str, &str)], arguments: &[&str]) -> ProgramOutput {
    let program = Program::new(server.store(), &[&["health"], arguments].concat());
    variables.iter().fold(program, |program, (name, value)| program.var(name, value)).run()
}

fn port(base: &str) -> &str {
    base.rsplit(':').next().expect("a port")
}

#[tokio::test]
async fn health_succeeds_while_the_server_is_ready_and_fails_otherwise() {
    let server = Server::start();
    let port = port(server.base_url());
    let settings = [("HOST", "0.0.0.0"), ("PORT", port)];
    assert_eq!(health(&server, &settings, &[]).assert_success().stdout, "ready\n");
    let named = health(&server, &[], &["--url", server.base_url()]);
    assert_eq!(named.assert_success().stdout, "ready\n");

    server.store().tamper(REMOVE_LAST_MIGRATION).await;
    wait_for_readiness(&server.anonymous(), "not_ready").await;
    let output = health(&server, &settings, &[]);
    let line = output.assert_failure(1);
    assert!(line.contains("not ready") && line.contains("lacks migrations"), "{line}");
}

#[tokio::test]
async fn health_uses_the_operator_port_if_there_is_one() {
    let server = Server::configure().var("METRICS_PORT", 0).start();
    let base_url = operator_port(|| server.printed()).await;
    wait_for_readiness(&operator_client(&server).await, "ready").await;
    let settings = [("PORT", "1"), ("METRICS_PORT", port(&base_url))];
    assert_eq!(health(&server, &settings, &[]).assert_success().stdout, "ready\n");
}

#[tokio::test]
async fn health_fails_if_no_server_responds() {
    let server = Server::start();
    let output = health(&server, &[("PORT", "1")], &["--timeout", "1"]);
    assert!(output.assert_failure(1).contains("127.0.0.1:1"), "{output}");
}

#[tokio::test]
async fn health_names_an_invalid_url_port_or_timeout() {
    let server = Server::start();
    let output = health(&server, &[], &["--url", "https://shop.example.com"]);
    assert!(output.assert_failure(2).contains("http://"), "{output}");
    assert!(health(&server, &[("PORT", "0")], &[]).assert_failure(2).contains("PORT"));
    assert_eq!(health(&server, &[], &["--timeout", "0"]).code, Some(2));
}
