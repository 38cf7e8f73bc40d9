//! Error codes, pipelining and preparing of statements, on a real connection.

use diesel::{
    QueryResult,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::Error as DieselError,
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};
use futures::{FutureExt as _, future::BoxFuture};

use super::{CommitState, Connection};
use crate::{
    connect::Connector,
    database_for_tests::Database,
    error::{DbError, RetryAdvice},
    schema::{products, users},
    url::Target,
};

async fn connection(url: &str) -> Connection {
    Connector::new(Target::parse(url).unwrap()).unwrap().connect().await.unwrap()
}

/// The retry advice for an error with this code.
async fn retry_advice_for(mut conn: &Connection, code: &str) -> RetryAdvice {
    let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'a text' USING ERRCODE = '{code}'; END $$");
    let error = conn.batch_execute(&raise).await.unwrap_err();
    assert!(error.to_string().starts_with(code), "{error}");
    DbError::from(error).retry_advice()
}

#[tokio::test]
async fn each_sqlstate_has_its_retry_advice_independent_of_the_text() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    for (code, wanted) in [
        // Serialization failure, deadlock.
        ("40001", RetryAdvice::Retry),
        ("40P01", RetryAdvice::Retry),
        // Connection exceptions, shut down by an administrator, crashed, starting, read-only.
        ("08006", RetryAdvice::Reconnect),
        ("57P01", RetryAdvice::Reconnect),
        ("57P02", RetryAdvice::Reconnect),
        ("57P03", RetryAdvice::Reconnect),
        ("25006", RetryAdvice::Reconnect),
        ("25P03", RetryAdvice::Reconnect),
        ("26000", RetryAdvice::Reconnect),
        // Timeouts, full disk, out of memory, too many connections, I/O errors.
        ("55P03", RetryAdvice::Later),
        ("57014", RetryAdvice::Later),
        ("53100", RetryAdvice::Later),
        ("53200", RetryAdvice::Later),
        ("53300", RetryAdvice::Later),
        ("58030", RetryAdvice::Later),
        // Errors in the program or in the data.
        ("0A000", RetryAdvice::Never),
        ("22003", RetryAdvice::Never),
        ("23505", RetryAdvice::Never),
        ("23514", RetryAdvice::Never),
        ("42P01", RetryAdvice::Never),
        ("42501", RetryAdvice::Never),
        ("XX000", RetryAdvice::Never),
    ] {
        assert_eq!(retry_advice_for(&conn, code).await, wanted, "{code}");
    }
}

#[tokio::test]
async fn an_error_never_quotes_values_of_the_row() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    let insert = "INSERT INTO users (name, email, password_hash, role, created_at)
                  VALUES ('Ada', 'ada@example.com', 'hash', 'user', now())";
    let mut shared = &conn;
    shared.batch_execute(insert).await.unwrap();
    let error = DbError::from(shared.batch_execute(insert).await.unwrap_err());
    let text = format!("{error:?}");
    assert!(text.contains("users_email"), "{text}");
    assert!(!text.contains("ada@example.com"), "{text}");
}

#[tokio::test]
async fn a_connection_records_that_a_statement_of_its_transaction_failed() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    let mut shared = &conn;
    shared.batch_execute("BEGIN").await.unwrap();
    assert!(!conn.has_failed());
    shared.batch_execute("SELECT 1 / 0").await.unwrap_err();
    assert!(conn.has_failed());
    // The server rolls back, and reports no error.
    shared.batch_execute("COMMIT").await.unwrap();
    assert!(conn.has_failed());
    conn.reset();
    assert!(!conn.has_failed());
}

#[tokio::test]
async fn a_statement_prepared_before_a_migration_needs_a_new_connection() {
    let database = Database::migrated().await;
    let (conn, migrator) = (connection(&database.url()).await, connection(&database.url()).await);
    let (mut shared, mut other) = (&conn, &migrator);
    shared
        .batch_execute("PREPARE all_users AS SELECT * FROM users; EXECUTE all_users")
        .await
        .unwrap();
    other.batch_execute("ALTER TABLE users ADD COLUMN height bigint").await.unwrap();
    let error = shared.batch_execute("EXECUTE all_users").await.unwrap_err();
    assert_eq!(DbError::from(error).retry_advice(), RetryAdvice::Reconnect);
}

const ADA: &str = "INSERT INTO users (name, email, password_hash, role, created_at)
                   VALUES ('Ada', 'ada@example.com', 'hash', 'user', now())";
const A_CHAIR: &str =
    "INSERT INTO products (name, name_folded, price, stock, version, revision, created_at, updated_at)
                       VALUES ('Chair', 'chair', 1, 1, 1, 1, now(), now())";

fn count_users(mut conn: &Connection) -> BoxFuture<'_, QueryResult<i64>> {
    users::table.count().get_result(&mut conn).boxed()
}

#[tokio::test]
async fn an_unprepared_lock_statement_is_not_overtaken_by_a_prepared_read() {
    let database = Database::migrated().await;
    let (conn, holder) = (connection(&database.url()).await, connection(&database.url()).await);
    let (mut shared, mut other) = (&conn, &holder);
    for _prepared in 0..2 {
        assert_eq!(count_users(&conn).await.unwrap(), 0);
    }
    other.batch_execute(A_CHAIR).await.unwrap();
    other.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    other.batch_execute(ADA).await.unwrap();

    shared.batch_execute("BEGIN").await.unwrap();
    let locking = products::table.select(products::id).for_update().load::<i64>(&mut shared);
    let pair = futures::future::join(locking, count_users(&conn));
    let waits = "SELECT FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let release_lock = async {
        while RunQueryDsl::execute(diesel::sql_query(waits), &mut other).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        other.batch_execute("COMMIT").await.unwrap();
    };
    let ((locked, seen), ()) = futures::future::join(pair, release_lock).await;
    assert_eq!(locked.unwrap().len(), 1);
    assert_eq!(seen.unwrap(), 1, "the row that was committed while the lock was held");
}

#[tokio::test]
async fn the_first_result_of_a_statement_may_have_many_rows() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    let mut shared = &conn;
    let many = "INSERT INTO products (name, name_folded, price, stock, version, revision, created_at, updated_at)
                SELECT repeat('Chair', 40), 'chair', 1, 1, 1, 1, now(), now() FROM generate_series(1, 20000)";
    shared.batch_execute(many).await.unwrap();
    for _use in 0..2 {
        let names = products::table.select(products::name).load::<String>(&mut shared);
        assert_eq!(names.await.unwrap().len(), 20_000);
    }
}

/// A statement that cannot be serialized.
#[derive(Debug)]
struct UnserializableStatement;

impl QueryId for UnserializableStatement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for UnserializableStatement {
    fn walk_ast<'b>(&'b self, _out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        Err(DieselError::QueryBuilderError("not serializable".into()))
    }
}

#[tokio::test]
async fn a_commit_is_not_sent_after_a_statement_that_could_not_be_sent() {
    let database = Database::migrated().await;
    let conn = connection(&database.url()).await;
    let mut shared = &conn;
    shared.batch_execute("BEGIN").await.unwrap();
    shared.batch_execute(ADA).await.unwrap();
    let unsent = RunQueryDsl::execute(UnserializableStatement, &mut shared);
    let (unsent, committed) = futures::future::join(unsent, conn.commit()).await;
    assert!(matches!(unsent, Err(DieselError::QueryBuilderError(_))), "{unsent:?}");
    assert!(committed.is_err());
    assert_eq!(conn.commit_state(), CommitState::NotSent);
    shared.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(users::table.count().get_result::<i64>(&mut shared).await.unwrap(), 0);
}
