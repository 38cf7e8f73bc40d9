//! A port of the operators' own, of a server and of a worker.

use std::sync::Arc;

use super::{dependency, readiness, wait_for_readiness};
use crate::harness::{Program, Server, Store, operator_client, worker_client};

#[tokio::test]
async fn it_tells_everything_to_everybody_who_reaches_it_and_the_main_port_has_no_metrics_then() {
    let server = Server::configure().var("METRICS_PORT", 0).start();
    let operator = operator_client(&server).await;
    let passed_on = |path: &str| operator.get(path).header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(passed_on("/livez").await.assert_ok()["status"], "ok");
    let ready = passed_on("/readyz").await;
    assert_eq!(dependency(&ready, "database")["condition"], "up", "{ready}");
    let metrics = passed_on("/metrics").await;
    metrics.assert_status(200);
    let kind = metrics.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"), "{metrics}");
    operator.get("/api/v1/products").await.assert_problem_code(404, "route_not_found");

    let main = server.anonymous();
    main.get("/metrics").await.assert_problem_code(404, "route_not_found");
    server.admin().await.get("/metrics").await.assert_problem_code(404, "route_not_found");
    assert!(readiness(&main).await.assert_ok()["dependencies"].is_array());
    assert_eq!(main.get("/livez").await.assert_ok()["status"], "ok");
}

#[tokio::test]
async fn a_worker_answers_there() {
    // Kept until the worker has ended: what is in it goes with it.
    let store = Arc::new(Store::fresh());
    let worker = Server::configure().on_store(&store).var("METRICS_PORT", 0).start_worker();
    let operator = worker_client(&worker).await;
    assert_eq!(operator.get("/livez").await.assert_ok()["status"], "ok");
    let ready = wait_for_readiness(&operator, "ready").await;
    assert_eq!(dependency(&ready, "database")["importance"], "required");
    operator.get("/metrics").await.assert_status(200);
    operator.get("/health").await.assert_problem_code(404, "route_not_found");
}

#[tokio::test]
async fn a_worker_is_not_ready_without_its_schema() {
    let server = Server::start();
    let store = server.store();
    let mut worker = Server::configure().on_store(store).var("METRICS_PORT", 0).start_worker();
    let operator = worker_client(&worker).await;
    wait_for_readiness(&operator, "ready").await;
    store.tamper(super::REMOVE_LAST_MIGRATION).await;
    wait_for_readiness(&operator, "not_ready").await;
    operator.get("/livez").await.assert_ok();
    worker.signal("TERM");
    assert_eq!(worker.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn a_port_in_use_stops_the_start_of_a_server_and_of_a_worker() {
    let server = Server::start();
    let port = server.address().rsplit(':').next().unwrap();
    for command in ["serve", "worker"] {
        let store = Store::fresh();
        let secret = "of which no server on PostgreSQL warns that it is missing";
        let output = Program::new(&store, &[command])
            .var("PORT", "0")
            .var("METRICS_PORT", port)
            .var("SECRET_KEY", secret)
            .run();
        assert_eq!(output.code, Some(1), "{output}");
        // Others may have warned of something before: that Redis is slow, for one.
        let last = output.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("oms: ") && last.contains(port), "{output}");
    }
}
