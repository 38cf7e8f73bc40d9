//! A schema that is older or newer than the program, or not migrated at the start.

use crate::{
    harness::{Program, Server, Store},
    operators::{ADD_UNKNOWN_MIGRATION, REMOVE_LAST_MIGRATION, dependency, wait_for_readiness},
};

#[tokio::test]
async fn a_running_server_is_not_ready_on_an_older_schema() {
    let server = Server::start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    server.store().tamper(REMOVE_LAST_MIGRATION).await;
    let response = wait_for_readiness(&operator, "not_ready").await;
    assert_eq!(response.header("retry-after"), Some("1"), "{response}");
    let database = dependency(&response, "database");
    assert_eq!(
        (&database["condition"], &database["importance"]),
        (&"unfit".into(), &"required".into())
    );
    let problem = database["problem"].as_str().expect("a problem");
    assert!(problem.contains("lacks migrations"), "{response}");
}

#[tokio::test]
async fn a_running_server_stays_ready_on_a_newer_schema() {
    let server = Server::start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    server.store().tamper(ADD_UNKNOWN_MIGRATION).await;
    crate::harness::eventually("the newer schema shows", async || {
        let response = wait_for_readiness(&operator, "ready").await;
        let note =
            dependency(&response, "database")["note"].as_str().unwrap_or_default().to_owned();
        note.contains("newer") && note.contains("99990101000001")
    })
    .await;
}

#[tokio::test]
async fn with_migrations_off_a_start_fails_on_an_older_schema() {
    let store = Store::fresh();
    for command in ["serve", "worker"] {
        let output =
            Program::new(&store, &[command]).var("PORT", "0").var("MIGRATE_ON_START", "off").run();
        assert!(output.assert_failure(1).contains("oms migrate"), "{output}");
    }
}

#[tokio::test]
async fn with_migrations_off_a_start_succeeds_on_a_current_schema() {
    let store = std::sync::Arc::new(Store::fresh());
    Program::new(&store, &["migrate"]).run().assert_success();
    let server = Server::configure().on_store(&store).var("MIGRATE_ON_START", "off").start();
    wait_for_readiness(&server.anonymous(), "ready").await;
}

#[tokio::test]
async fn a_schema_from_before_the_first_release_is_refused() {
    let store = Store::fresh();
    Program::new(&store, &["migrate"]).run().assert_success();
    store
        .tamper(
            "DELETE FROM __diesel_schema_migrations;
             INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000001')",
        )
        .await;
    for command in ["serve", "worker", "migrate"] {
        let output = Program::new(&store, &[command]).var("PORT", "0").run();
        assert!(output.assert_failure(1).contains("before the first release"), "{output}");
    }
}
