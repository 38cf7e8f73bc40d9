//! The operator port (`METRICS_PORT`) of a server and of a worker.

use std::sync::Arc;

use super::{dependency, readiness, wait_for_readiness};
use crate::harness::{Program, Server, Store, operator_client, worker_client};

#[tokio::test]
async fn the_operator_port_serves_all_details_and_the_main_port_no_metrics() {
    let server = Server::configure().var("METRICS_PORT", 0).start();
    let operator = operator_client(&server).await;
    let forwarded = |path: &str| operator.get(path).header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(forwarded("/livez").await.assert_ok()["status"], "ok");
    let ready = forwarded("/readyz").await;
    assert_eq!(dependency(&ready, "database")["condition"], "up", "{ready}");
    let metrics = forwarded("/metrics").await;
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
async fn a_worker_serves_its_health_and_metrics_on_the_operator_port() {
    // Kept until the worker has ended: dropping it removes the data.
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
async fn a_worker_is_not_ready_on_an_older_schema() {
    let store = Arc::new(Store::fresh());
    let mut worker = Server::configure().on_store(&store).var("METRICS_PORT", 0).start_worker();
    let operator = worker_client(&worker).await;
    wait_for_readiness(&operator, "ready").await;
    store.tamper(super::REMOVE_LAST_MIGRATION).await;
    wait_for_readiness(&operator, "not_ready").await;
    operator.get("/livez").await.assert_ok();
    worker.signal("TERM");
    assert_eq!(worker.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn an_operator_port_in_use_stops_the_start_of_servers_and_workers() {
    let server = Server::start();
    let port = server.address().rsplit(':').next().unwrap();
    for command in ["serve", "worker"] {
        let store = Store::fresh();
        let secret = "set so that no server on PostgreSQL warns of a missing secret";
        let output = Program::new(&store, &[command])
            .var("PORT", "0")
            .var("METRICS_PORT", port)
            .var("SECRET_KEY", secret)
            .run();
        assert_eq!(output.code, Some(1), "{output}");
        // Warnings may precede it, for example that Redis is slow.
        let last = output.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("oms: ") && last.contains(port), "{output}");
        assert!(!store.data_dir().exists(), "nothing is written: {output}");
    }
}
