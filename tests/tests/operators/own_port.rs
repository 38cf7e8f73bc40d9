//! A port of the operators' own, of a server and of a worker.

use std::sync::Arc;

use super::{becomes, dependency, readiness};
use crate::harness::{Program, Server, Store, at_own_port, of_worker};

#[tokio::test]
async fn it_tells_everything_to_everybody_who_reaches_it_and_the_main_port_has_no_metrics_then() {
    let server = Server::configure().var("METRICS_PORT", 0).start();
    let operator = at_own_port(&server).await;
    let passed_on = |path: &str| operator.get(path).header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(passed_on("/livez").await.ok()["status"], "ok");
    let ready = passed_on("/readyz").await;
    assert_eq!(dependency(&ready, "database")["condition"], "up", "{ready}");
    let metrics = passed_on("/metrics").await;
    metrics.is(200);
    let kind = metrics.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"), "{metrics}");
    operator.get("/api/v1/products").await.is_refused(404, "route_not_found");

    let main = server.anonymous();
    main.get("/metrics").await.is_refused(404, "route_not_found");
    server.admin().await.get("/metrics").await.is_refused(404, "route_not_found");
    assert!(readiness(&main).await.ok()["dependencies"].is_array());
    assert_eq!(main.get("/livez").await.ok()["status"], "ok");
}

#[tokio::test]
async fn a_worker_answers_there() {
    // Kept until the worker has ended: what is in it goes with it.
    let store = Arc::new(Store::fresh());
    let worker = Server::configure().on(&store).var("METRICS_PORT", 0).start_worker();
    let operator = of_worker(&worker).await;
    assert_eq!(operator.get("/livez").await.ok()["status"], "ok");
    let ready = becomes(&operator, "ready").await;
    assert_eq!(dependency(&ready, "database")["importance"], "required");
    operator.get("/metrics").await.is(200);
    operator.get("/health").await.is_refused(404, "route_not_found");
}

#[tokio::test]
async fn a_worker_is_not_ready_without_its_schema() {
    let server = Server::start();
    let store = server.store();
    let mut worker = Server::configure().on(store).var("METRICS_PORT", 0).start_worker();
    let operator = of_worker(&worker).await;
    becomes(&operator, "ready").await;
    store.tamper(super::AGE).await;
    becomes(&operator, "not_ready").await;
    operator.get("/livez").await.ok();
    worker.signal("TERM");
    assert_eq!(worker.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_port_in_use_stops_the_start_of_a_server_and_of_a_worker() {
    let server = Server::start();
    let port = server.address().rsplit(':').next().unwrap();
    for command in ["serve", "worker"] {
        let store = Store::fresh();
        let secret = "of which no server on PostgreSQL warns that it is missing";
        let exit = Program::new(&store, &[command])
            .var("PORT", "0")
            .var("METRICS_PORT", port)
            .var("SECRET_KEY", secret)
            .run();
        assert_eq!(exit.code, Some(1), "{exit}");
        // Others may have warned of something before: that Redis is slow, for one.
        let last = exit.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("oms: ") && last.contains(port), "{exit}");
    }
}
