//! What the server says, and what is made of it, on a real connection.

use diesel_async::SimpleAsyncConnection as _;

use super::Connection;
use crate::{
    connect::Connector,
    database_for_tests::Database,
    error::{Failure, Remedy},
    url::Target,
};

async fn connection(url: &str) -> Connection {
    Connector::new(Target::parse(url).unwrap()).unwrap().connect().await.unwrap()
}

/// What is to be done when the server answers with that code.
async fn remedy(mut conn: &Connection, code: &str) -> Remedy {
    let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'a text' USING ERRCODE = '{code}'; END $$");
    let error = conn.batch_execute(&raise).await.unwrap_err();
    assert!(error.to_string().starts_with(code), "{error}");
    Failure::from(error).remedy()
}

#[tokio::test]
async fn each_code_of_the_server_has_its_remedy_whatever_its_text() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    for (code, wanted) in [
        // Serialization failure, deadlock.
        ("40001", Remedy::Repeat),
        ("40P01", Remedy::Repeat),
        // Connection exceptions, shut down by an administrator, crashed, starting, read-only.
        ("08006", Remedy::Reconnect),
        ("57P01", Remedy::Reconnect),
        ("57P02", Remedy::Reconnect),
        ("57P03", Remedy::Reconnect),
        ("25006", Remedy::Reconnect),
        ("25P03", Remedy::Reconnect),
        ("26000", Remedy::Reconnect),
        // Too long, too much, too many.
        ("55P03", Remedy::Later),
        ("57014", Remedy::Later),
        ("53100", Remedy::Later),
        ("53200", Remedy::Later),
        ("53300", Remedy::Later),
        ("58030", Remedy::Later),
        // Mistakes: of the program, or in the data.
        ("0A000", Remedy::None),
        ("22003", Remedy::None),
        ("23505", Remedy::None),
        ("23514", Remedy::None),
        ("42P01", Remedy::None),
        ("42501", Remedy::None),
        ("XX000", Remedy::None),
    ] {
        assert_eq!(remedy(&conn, code).await, wanted, "{code}");
    }
}

#[tokio::test]
async fn no_error_quotes_the_row_that_it_is_about() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    let insert = "INSERT INTO users (name, email, password_hash, role, created_at)
                  VALUES ('Ada', 'ada@example.com', 'hash', 'user', now())";
    let mut shared = &conn;
    shared.batch_execute(insert).await.unwrap();
    let error = Failure::from(shared.batch_execute(insert).await.unwrap_err());
    let words = format!("{error:?}");
    assert!(words.contains("users_email"), "{words}");
    assert!(!words.contains("ada@example.com"), "{words}");
}

#[tokio::test]
async fn a_connection_remembers_that_a_statement_of_its_transaction_failed() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    let mut shared = &conn;
    shared.batch_execute("BEGIN").await.unwrap();
    assert!(!conn.has_failed());
    shared.batch_execute("SELECT 1 / 0").await.unwrap_err();
    assert!(conn.has_failed());
    // The server does not call this an error, and rolls back.
    shared.batch_execute("COMMIT").await.unwrap();
    assert!(conn.has_failed());
    conn.forget_failures();
    assert!(!conn.has_failed());
}

#[tokio::test]
async fn a_statement_prepared_before_a_migration_asks_for_a_fresh_connection() {
    let database = Database::migrated().await;
    let (conn, migrator) = (connection(&database.url()).await, connection(&database.url()).await);
    let (mut shared, mut other) = (&conn, &migrator);
    shared
        .batch_execute("PREPARE all_users AS SELECT * FROM users; EXECUTE all_users")
        .await
        .unwrap();
    other.batch_execute("ALTER TABLE users ADD COLUMN height bigint").await.unwrap();
    let error = shared.batch_execute("EXECUTE all_users").await.unwrap_err();
    assert_eq!(Failure::from(error).remedy(), Remedy::Reconnect);
}
