//! Starting: the first time, again on the same data, and with other locations.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    sync::Arc,
};

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
async fn files_that_other_users_have_access_to_are_logged_at_the_start() {
    const WARNINGS: [&str; 2] =
        ["other users can replace the files in", "other users can read the database"];
    let server = Server::configure_on(Store::on_sqlite()).start();
    let store = Arc::clone(server.store());
    for warning in WARNINGS {
        assert!(!server.printed().contains(warning), "{}", server.printed());
    }
    server.kill().await;
    let (data, database) = (store.data_dir(), store.data_dir().join("oms.db"));
    for (path, mode) in [(&data, 0o777), (&database, 0o644)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let server = Server::configure().on_store(&store).start();
    let printed = server.printed();
    for (warning, remedy) in WARNINGS.into_iter().zip([
        format!("chmod go-w {}`", data.display()),
        format!("chmod 600 {}`", database.display()),
    ]) {
        let lines: Vec<_> = printed.lines().filter(|line| line.contains(warning)).collect();
        assert!(matches!(lines[..], [line] if line.contains(&remedy)), "{warning}: {printed}");
    }
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
    assert_eq!(line.matches("cannot listen on").count(), 1, "{line}");
    assert!(line.contains(&port), "{line}");
    assert!(!store.data_dir().exists(), "nothing is written: {output}");
    server.anonymous().get("/health").await.assert_ok();
}

#[tokio::test]
async fn a_second_server_on_one_sqlite_file_is_refused_until_the_first_has_ended() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let store = Arc::clone(server.store());
    let ann = server.customer("ann").await;
    let other_path = store.working_dir().join("link.db");
    symlink(store.data_dir().join("oms.db"), &other_path).unwrap();
    let linked_url = format!("sqlite://{}", other_path.display());
    for (command, url) in
        [("serve", store.database_url()), ("serve", linked_url), ("worker", store.database_url())]
    {
        let output = Program::new(&store, &[command])
            .var("PORT", "0")
            .var("DATABASE_URL", &url)
            .var("DATA_DIR", &store.working_dir().join("other").display().to_string())
            .run();
        let line = output.assert_failure(1);
        let expected = format!("another program (process {}) uses the file", server.process_id());
        assert!(line.contains(&expected) && line.contains(".db"), "{line}");
    }
    let output = Program::new(&store, &["demo", "--orders", "0"]).run();
    assert!(output.assert_failure(1).contains("another program"), "{output}");
    ann.get("/api/v1/users/me").await.assert_ok();

    server.kill().await;
    let server = Server::configure().on_store(&store).start();
    ann.with_base_url(server.base_url()).get("/api/v1/users/me").await.assert_ok();
}

#[tokio::test]
async fn commands_that_change_little_work_beside_a_server_on_one_sqlite_file() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let store = server.store();
    let boss = ["admin", "create", "--email", "boss@example.com"];
    Program::new(store, &boss).input(PASSWORD).run().assert_success();
    server.anonymous().log_in("boss@example.com").await.get("/api/v1/users").await.assert_ok();
    for command in [&["outbox", "list", "--all"][..], &["audit"], &["migrate"]] {
        Program::new(store, command).run().assert_success();
    }
}

#[tokio::test]
async fn another_currency_than_the_shops_stops_the_start() {
    let secret = "set so that no server on PostgreSQL warns of a missing secret";
    let server = Server::configure().var("CURRENCY", "USD").start();
    let store = Arc::clone(server.store());
    let lamp = server.admin().await.create_product("Lamp", "1.00", 5).await;
    server.kill().await;
    for command in
        [&["serve"][..], &["worker"], &["demo"], &["admin", "create", "--email", "a@b.example"]]
    {
        let output = Program::new(&store, command)
            .var("PORT", "0")
            .var("SECRET_KEY", secret)
            .var("CURRENCY", "EUR")
            .input(PASSWORD)
            .run();
        assert_eq!(
            output.assert_failure(2),
            "oms: CURRENCY: must be USD, the shop's currency, or unset, not EUR"
        );
    }
    // Without the setting, the shop keeps its currency.
    let server = Server::configure().on_store(&store).start();
    let order = server.admin().await.order_request(lamp, 1).await;
    assert_eq!(order.assert_status(201)["currency"], "USD");
}

#[tokio::test]
async fn the_shops_currency_is_that_of_its_newest_order_if_its_record_is_missing() {
    let server = Server::configure().var("CURRENCY", "USD").start();
    let store = Arc::clone(server.store());
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    admin.place_order(lamp, 1).await;
    server.kill().await;
    store.tamper("DELETE FROM shop").await;
    let server = Server::configure().on_store(&store).start();
    let order = server.admin().await.order_request(lamp, 1).await;
    assert_eq!(order.assert_status(201)["currency"], "USD");
}

#[test]
fn a_misspelt_name_of_a_setting_stops_the_start() {
    let store = Store::fresh();
    let start = || Program::new(&store, &["serve"]).var("PORT", "0");
    let output = start().var("RATE_LIMT_LOGIN", "off").run();
    let line = output.assert_failure(2);
    assert!(line.contains("RATE_LIMT_LOGIN") && line.contains("RATE_LIMIT_LOGIN:"), "{line}");
    fs::write(store.working_dir().join(".env"), "CURENCY=USD\n").unwrap();
    let line = start().run().assert_failure(2).to_owned();
    assert!(line.contains("CURENCY") && line.contains("CURRENCY"), "{line}");
    assert!(!store.data_dir().exists(), "a failed start creates nothing");
}

#[tokio::test]
async fn unknown_names_in_the_file_with_settings_are_logged_once() {
    let store = Arc::new(Store::fresh());
    let file = "POSTGRES_PASSWORD=hunter2\nCOMPOSE_PROFILES=all\n";
    fs::write(store.working_dir().join(".env"), file).unwrap();
    let server = Server::configure().on_store(&store).start();
    server.anonymous().get("/health").await.assert_ok();
    let printed = server.printed();
    let names = "names that are no settings: POSTGRES_PASSWORD, COMPOSE_PROFILES";
    assert_eq!(printed.matches(names).count(), 1, "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}
