//! Starting: the first time, again on the same data, and with other locations.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use serde_json::json;

use crate::harness::{ADMIN_EMAIL, PASSWORD, Program, Server, Store};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[tokio::test]
async fn the_first_start_creates_files_that_only_the_owner_can_read() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let data = server.store().data_dir();
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("secret.key")), 0o600);
    assert!(data.join("oms.db").is_file());
    let key = fs::read(data.join("secret.key")).unwrap();
    assert!(key.len() >= 32, "{} bytes", key.len());
}

#[tokio::test]
async fn tokens_stay_valid_after_a_restart() {
    let server = Server::start();
    let store = Arc::clone(server.store());
    let ann = server.customer("ann").await;
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    let server = Server::configure().on_store(&store).start();
    ann.with_base_url(server.base_url()).get("/api/v1/users/me").await.assert_ok();
    let body = json!({"refresh_token": ann.refresh_token()});
    server.anonymous().post("/api/v1/users/refresh", body).await.assert_ok();
}

#[tokio::test]
async fn the_first_admin_is_created_once() {
    let server = Server::start();
    let store = Arc::clone(server.store());
    server.admin().await.get("/api/v1/users").await.assert_ok();
    server.kill().await;
    let server = Server::configure()
        .on_store(&store)
        .var("ADMIN_EMAIL", "second@example.com")
        .var("ADMIN_PASSWORD", "another password")
        .start();
    let log_in = |email: &str, password: &str| {
        server
            .anonymous()
            .post("/api/v1/users/login", json!({"username": email, "password": password}))
            .into_future()
    };
    log_in("second@example.com", "another password").await.assert_status(401);
    log_in(ADMIN_EMAIL, PASSWORD).await.assert_ok();
}

#[tokio::test]
async fn without_an_admin_the_server_logs_how_to_create_one() {
    let server = Server::configure().without("ADMIN_EMAIL").without("ADMIN_PASSWORD").start();
    server.anonymous().get("/health").await.assert_ok();
    assert!(server.printed().contains("oms admin create"), "{}", server.printed());
}

#[tokio::test]
async fn logs_hold_no_secret() {
    let secret = "a secret that must not appear in any output";
    let server = Server::configure().var("SECRET_KEY", secret).var("RUST_LOG", "debug").start();
    let ann = server.customer("ann").await;
    ann.get("/api/v1/users/me").await.assert_ok();
    let printed = server.printed();
    for hidden in [secret, PASSWORD, ann.access_token(), ann.refresh_token(), "$2b$"] {
        assert!(!printed.contains(hidden), "{hidden}: {printed}");
    }
}

#[tokio::test]
async fn database_url_sets_the_path_of_the_sqlite_file() {
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("shop.db");
    let url = format!("sqlite://{}", file.display());
    let server = Server::configure_on(Store::on_sqlite()).var("DATABASE_URL", &url).start();
    let ann = server.customer("ann").await;
    assert!(file.is_file());
    server.kill().await;
    let server = Server::configure_on(Store::on_sqlite()).var("DATABASE_URL", &url).start();
    server.anonymous().log_in(ann.email()).await;
}

#[tokio::test]
async fn an_env_file_sets_variables_that_the_environment_lacks() {
    let store = Arc::new(Store::fresh());
    let file = store.working_dir().join("shop.env");
    fs::write(
        &file,
        "# the shop\nACCESS_TOKEN_EXPIRE_MINUTES=5\nCURRENCY=\"CHF\"\nPORT=nonsense\n",
    )
    .unwrap();
    let server = Server::configure().on_store(&store).var("ENV_FILE", file.display()).start();
    let admin = server.admin().await;
    let body = json!({"username": ADMIN_EMAIL, "password": PASSWORD});
    let login = server.anonymous().post("/api/v1/users/login", body).await;
    assert_eq!(login.assert_ok()["expires_in"], 300);
    let lamp = admin.create_product("Lamp", "1.00", 1).await;
    assert_eq!(admin.order_request(lamp, 1).await.assert_status(201)["currency"], "CHF");
}

#[tokio::test]
async fn a_port_in_use_stops_the_start() {
    let server = Server::start();
    let port = server.address().rsplit(':').next().unwrap().to_owned();
    let store = Store::fresh();
    let secret = "set so that no server on PostgreSQL warns of a missing secret";
    let output =
        Program::new(&store, &["serve"]).var("PORT", &port).var("SECRET_KEY", secret).run();
    let line = output.assert_failure(1);
    assert!(line.contains(&port), "{line}");
    server.anonymous().get("/health").await.assert_ok();
}

#[tokio::test]
async fn two_servers_on_one_sqlite_file_see_each_others_changes() {
    let one = Server::configure_on(Store::on_sqlite()).start();
    let other = Server::configure().on_store(one.store()).start();
    let (ann, admin) = (one.customer("ann").await, one.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = ann.with_base_url(other.base_url()).place_order(lamp, 2).await;
    assert_eq!(ann.order_status(order).await, "pending");
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    assert_eq!(ann.with_base_url(other.base_url()).order_status(order).await, "cancelled");
}
