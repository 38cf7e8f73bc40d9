//! Opening a store: what is accepted, what is refused with which text, and closing it.

use domain::{
    StoreError,
    account::port::{AccountQuery, AccountReads as _, AccountWrites as _, CreateAccountError},
};
use infra_postgres::{ConnectError, MigrateError, OpenError, PostgresStore, SchemaError, migrate};
use port_contracts::{ShopFixture, Stores, builders};
use test_services::{PASSWORD, PASSWORD_IN_URL, Postgres, free_port};

use crate::fixture::{Database, TestStore, options, url_of};

async fn refused(url: &str) -> OpenError {
    match PostgresStore::open(url, options()).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

/// Everything that an operator could read about an error.
fn full_text(error: &OpenError) -> String {
    format!("{error} {error:?}")
}

#[tokio::test]
async fn a_schema_with_pending_migrations_is_refused_with_their_names() {
    let database = Database::empty().await;
    let OpenError::Schema(SchemaError::Behind { pending }) = refused(&database.url()).await else {
        panic!("another reason");
    };
    assert!(pending.iter().any(|name| name.ends_with("_orders")), "{pending:?}");
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_refused_and_left_alone() {
    let database = Database::migrated().await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')";
    database.operator().await.batch_execute(newer).await.unwrap();
    let OpenError::Schema(SchemaError::Unknown { versions }) = refused(&database.url()).await
    else {
        panic!("another reason");
    };
    assert_eq!(versions, ["99990101000001"]);
    let migrated = migrate(&database.url()).await;
    assert!(
        matches!(migrated, Err(MigrateError::Schema(SchemaError::Unknown { .. }))),
        "{migrated:?}"
    );
}

#[tokio::test]
async fn a_schema_from_before_the_first_release_is_refused_and_left_alone() {
    let database = Database::migrated().await;
    let older = "DELETE FROM __diesel_schema_migrations;
                 INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000001'), ('20260401000004')";
    database.operator().await.batch_execute(older).await.unwrap();
    let error = refused(&database.url()).await;
    assert!(matches!(error, OpenError::Schema(SchemaError::BeforeRelease { .. })), "{error:?}");
    assert!(error.to_string().contains("20260101000001, 20260401000004"), "{error}");
    let migrated = migrate(&database.url()).await;
    assert!(
        matches!(migrated, Err(MigrateError::Schema(SchemaError::BeforeRelease { .. }))),
        "{migrated:?}"
    );
}

#[tokio::test]
async fn a_missing_database_is_reported_as_missing() {
    let error = refused(&url_of("oms_missing")).await;
    assert!(matches!(error, OpenError::Connect(ConnectError::NoDatabase(_))), "{error:?}");
    assert!(error.to_string().contains("oms_missing"), "{error}");
}

#[tokio::test]
async fn a_host_without_a_server_is_unreachable() {
    let url = format!("postgres://ada:{PASSWORD_IN_URL}@127.0.0.1:{}/oms", free_port());
    let error = refused(&url).await;
    assert!(matches!(error, OpenError::Connect(ConnectError::Unreachable(_))), "{error:?}");
    assert!(!full_text(&error).contains(PASSWORD), "{error:?}");
    let migrated = migrate(&url).await.unwrap_err();
    assert!(
        matches!(migrated, MigrateError::Connect(ConnectError::Unreachable(_))),
        "{migrated:?}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_denied_without_quoting_it() {
    let server = Postgres::start(&[]).await;
    let wrong = format!("postgres://postgres:S3CRET-and-wr0ng@{}/postgres", server.address());
    let error = refused(&wrong).await;
    assert!(matches!(error, OpenError::Connect(ConnectError::Denied(_))), "{error:?}");
    assert!(!full_text(&error).contains("S3CRET"), "{error:?}");

    // With a scheme as other programs write it.
    let right = server.url().replace("postgres://", "postgresql+psycopg2://");
    migrate(&right).await.unwrap();
    assert!(PostgresStore::open(&right, options()).await.is_ok());
}

#[tokio::test]
async fn an_invalid_url_is_refused_without_quoting_it() {
    for (url, reason) in [
        ("oms.db", "scheme"),
        ("mysql://ada:S3CRET@localhost/oms", "scheme"),
        ("postgres://ada:S3CRET@localhost:many/oms", "port"),
        ("postgres://ada:S3CRET@localhost/oms?pgbouncer=perhaps", "pgbouncer"),
        ("postgres://ada:S3CRET@localhost/oms?sslmode=S3CRET", "sslmode"),
        ("postgres://ada:S3CRET@localhost/oms?nonsense=S3CRET", "nonsense"),
        (
            "postgres://ada:S3CRET@localhost/oms?sslmode=verify-full&sslrootcert=/none",
            "sslrootcert",
        ),
        ("postgres:///oms", "host"),
    ] {
        let error = refused(url).await;
        assert!(matches!(error, OpenError::Url(_)), "{url}: {error:?}");
        assert!(error.to_string().contains(reason), "{url}: {error}");
        assert!(!full_text(&error).contains("S3CRET"), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn an_invalid_replica_url_is_refused_and_an_unreachable_replica_is_not() {
    let database = Database::migrated().await;
    let with = |replica: &str| {
        let options =
            infra_postgres::PostgresOptions { replica_url: Some(replica.to_owned()), ..options() };
        let url = database.url();
        async move { PostgresStore::open(&url, options).await }
    };
    assert!(matches!(with("nowhere").await, Err(OpenError::Url(_))));
    let unreachable = format!("postgres://postgres@127.0.0.1:{}/oms", free_port());
    let store = with(&unreachable).await.unwrap();
    assert_eq!(store.list(&AccountQuery::all(builders::page(1, 10))).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_closed_store_is_unavailable_and_has_no_connection_left() {
    let (TestStore { store, database }, shop) = ShopFixture::on(TestStore::open().await).await;
    store.close().await;
    store.close().await;
    let error = store.create(builders::account("late@example.com").build()).await.unwrap_err();
    assert!(matches!(error, CreateAccountError::Store(StoreError::Unavailable(_))), "{error:?}");
    let error = store.find(shop.customer.id).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let operator = database.operator().await;
    database.until_no_other_connection(&operator).await;
}

#[tokio::test]
async fn acknowledged_writes_are_there_for_the_next_process() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let chair = shop.product("Chair", 3).await;
    fixture.store.close().await;
    let next = fixture.database.store().await;
    let shop = ShopFixture { stores: Stores::of(&next), ..shop };
    assert_eq!(shop.stock(chair.id).await, 3);
}
