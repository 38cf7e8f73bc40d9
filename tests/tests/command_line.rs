//! The commands other than `oms serve`.

use serde_json::{Value, json};

use crate::{
    harness::{PASSWORD, Program, Server, Store},
    system::assert_describes_every_route,
};

#[test]
fn help_lists_every_command() {
    let store = Store::fresh();
    let output = Program::new(&store, &["--help"]).run();
    output.assert_success();
    for command in ["serve", "migrate", "admin", "demo", "openapi"] {
        assert!(output.stdout.contains(command), "{output}");
        let help = Program::new(&store, &[command, "--help"]).run();
        assert!(help.assert_success().stdout.contains("oms "), "an example: {help}");
    }
    let version = Program::new(&store, &["--version"]).run();
    assert!(version.assert_success().stdout.starts_with("oms "), "{version}");
    assert!(!store.data_dir().exists(), "help creates nothing");
}

#[test]
fn a_usage_error_exits_with_2() {
    let store = Store::fresh();
    for arguments in [&["sell"][..], &["serve", "--fast"], &["admin", "create"], &[]] {
        let output = Program::new(&store, arguments).run();
        assert_eq!(output.code, Some(2), "{output}");
        assert!(!output.stderr.is_empty(), "{output}");
    }
}

#[tokio::test]
async fn an_admin_can_be_created_while_the_server_runs() {
    let server = Server::configure().without("ADMIN_EMAIL").without("ADMIN_PASSWORD").start();
    let store = server.store();
    let arguments = ["admin", "create", "--email", "Boss@example.com", "--name", "The Boss"];
    let output = Program::new(store, &arguments).input(&format!("{PASSWORD}\n")).run();
    output.assert_success();
    assert!(!format!("{output}").contains(PASSWORD), "{output}");
    let boss = server.anonymous().log_in("boss@example.com").await;
    assert_eq!(boss.get("/api/v1/users/me").await.assert_ok()["name"], "The Boss");
    boss.get("/api/v1/users").await.assert_ok();

    let line = Program::new(store, &arguments).input(PASSWORD).run().assert_failure(1).to_owned();
    assert!(line.contains("boss@example.com"), "{line}");
}

#[test]
fn an_admins_password_is_validated() {
    let store = Store::fresh();
    for password in ["", "brief\n", &"x".repeat(73)] {
        let arguments = ["admin", "create", "--email", "boss@example.com"];
        let output = Program::new(&store, &arguments).input(password).run();
        let code = output.code.unwrap_or_default();
        assert!([1, 2].contains(&code), "{output}");
        let line = output.assert_failure(code);
        assert!(line.contains("password"), "{line}");
    }
}

#[tokio::test]
async fn demo_fills_an_empty_shop_and_refuses_any_other() {
    let store = &std::sync::Arc::new(Store::fresh());
    let arguments =
        ["demo", "--products", "7", "--customers", "4", "--orders", "100", "--seed", "7"];
    Program::new(store, &arguments).run().assert_success();
    let boss = ["admin", "create", "--email", "boss@example.com"];
    Program::new(store, &boss).input(PASSWORD).run().assert_success();
    let start = || {
        let server = Server::configure().on_store(store);
        server.without("ADMIN_EMAIL").without("ADMIN_PASSWORD").start()
    };
    let server = start();
    let boss = server.anonymous().log_in("boss@example.com").await;
    assert_eq!(boss.get("/api/v1/products").await.assert_ok()["total"], 7);
    assert_eq!(boss.get("/api/v1/orders").await.assert_ok()["total"], 100);
    let users = boss.get("/api/v1/users?limit=100").await;
    assert!(users.assert_ok()["total"].as_i64().is_some_and(|total| total >= 5), "{users}");
    let orders = boss.get("/api/v1/orders?limit=100").await;
    let statuses: std::collections::BTreeSet<_> = orders.assert_ok()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| order["status"].as_str().unwrap())
        .collect();
    assert!(statuses.len() >= 3, "orders in several statuses: {statuses:?}");
    assert_eq!(boss.get("/orders?limit=100").await.assert_ok().as_array().map(Vec::len), Some(100));

    server.kill().await;
    let output = Program::new(store, &arguments).run();
    assert!(output.assert_failure(1).contains("--force"), "{output}");
    let server = start();
    let boss = boss.with_base_url(server.base_url());
    assert_eq!(boss.get("/api/v1/products").await.assert_ok()["total"], 7);
}

#[tokio::test]
async fn a_second_migrate_changes_nothing() {
    let server = Server::configure();
    let store = std::sync::Arc::new(Store::fresh());
    let first = Program::new(&store, &["migrate"]).run();
    first.assert_success();
    let second = Program::new(&store, &["migrate"]).run();
    second.assert_success();
    assert!(!first.stdout.trim().is_empty(), "{first}");
    assert!(second.stdout.contains("current"), "{second}");
    assert!(!first.stdout.contains("current"), "{first}");
    let server = server.on_store(&store).start();
    server.customer("ann").await.get("/orders").await.assert_ok();
}

#[tokio::test]
async fn the_printed_openapi_document_is_the_served_one() {
    let store = Store::fresh();
    let output = Program::new(&store, &["openapi"]).run();
    let printed: Value = serde_json::from_str(&output.assert_success().stdout).expect("JSON");
    assert_describes_every_route(&printed);
    let server = Server::start();
    assert_eq!(server.anonymous().get("/openapi.json").await.assert_ok(), &printed);
    assert_ne!(printed["paths"], json!({}));
}
