//! Which files can be opened, which are refused, and which files remain after closing.

use std::{fs, path::Path};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use domain::{
    StoreError,
    account::port::CreateAccountError,
    order::port::{OrderReads as _, OrderWrites as _, PlaceError},
};
use infra_sqlite::{
    MigrateError, OpenError, SchemaError, SqliteOptions, SqliteStore, migrate, refuse_foreign,
};
use port_contracts::{ShopFixture, StoreFixture as _, builders};

use crate::fixture::Database;

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, SqliteOptions::default())
}

fn alter(path: &Path, statement: &str) {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(statement).unwrap();
}

#[test]
fn a_missing_file_is_refused_and_not_created() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    assert!(matches!(open(&path), Err(OpenError::Missing)));
    assert!(!path.exists());
}

#[test]
fn an_empty_file_lacks_all_migrations_and_stays_empty() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    fs::write(&path, "").unwrap();
    let Err(OpenError::Schema(SchemaError::Behind { pending })) = open(&path) else {
        panic!("it is refused");
    };
    assert!(pending.iter().any(|name| name.ends_with("_accounts")), "{pending:?}");
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[test]
fn an_older_schema_is_refused_with_the_names_of_its_missing_migrations() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    let last = migrate(&path).unwrap().pop().unwrap();
    alter(
        &path,
        "DELETE FROM __diesel_schema_migrations
         WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let refused = open(&path).map(|_| ()).unwrap_err();
    assert_eq!(refused.to_string(), format!("the database lacks migrations: {last}"));
}

#[test]
fn a_newer_schema_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    migrate(&path).unwrap();
    alter(&path, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
    let Err(OpenError::Schema(SchemaError::Unknown { versions })) = open(&path) else {
        panic!("it is refused");
    };
    assert_eq!(versions, ["99990101000000"]);
    let Err(MigrateError::Schema(SchemaError::Unknown { versions })) = migrate(&path) else {
        panic!("it is not migrated either");
    };
    assert_eq!(versions, ["99990101000000"]);
}

#[test]
fn a_schema_from_before_the_first_release_is_refused_and_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    migrate(&path).unwrap();
    let older = "DELETE FROM __diesel_schema_migrations;
                 INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000001'), ('20260401000004')";
    alter(&path, older);
    let refused = open(&path).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::Schema(SchemaError::BeforeRelease { .. })), "{refused:?}");
    assert!(refused.to_string().contains("20260101000001, 20260401000004"), "{refused}");
    let migrated = migrate(&path);
    assert!(
        matches!(migrated, Err(MigrateError::Schema(SchemaError::BeforeRelease { .. }))),
        "{migrated:?}"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    fs::write(&path, "not a database at all\n".repeat(100)).unwrap();
    let refused = open(&path).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::Database(StoreError::Broken(_))), "{refused:?}");
    assert_eq!(refused.to_string(), "the database could not be opened: file is not a database");
}

#[test]
fn the_tables_of_another_program_are_refused_and_unchanged() {
    for journal_mode in ["DELETE", "WAL"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notes.db");
        alter(&path, &format!("PRAGMA journal_mode = {journal_mode}; CREATE TABLE notes (a)"));
        let before = fs::read(&path).unwrap();
        let Err(OpenError::Schema(SchemaError::Foreign { tables })) = open(&path) else {
            panic!("it is refused");
        };
        assert_eq!(tables, ["notes"]);
        let migrated = migrate(&path);
        assert!(
            matches!(migrated, Err(MigrateError::Schema(SchemaError::Foreign { .. }))),
            "{migrated:?}"
        );
        assert!(refuse_foreign(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn every_write_fails_on_a_file_that_is_opened_to_read() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    database.store().close().await;
    let store = SqliteStore::open_to_read(&database.path(), SqliteOptions::default()).unwrap();
    let order = builders::free_form(&shop.customer, "A cake").build();
    let placed = store.place(vec![order]).await;
    assert!(matches!(placed[..], [Err(PlaceError::Store(_))]), "{placed:?}");
    let found = domain::account::port::AccountReads::find(&store, shop.customer.id).await;
    assert!(found.unwrap().is_some());
}

#[tokio::test]
async fn a_closed_store_is_unavailable_for_reads_and_writes() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    database.store().close().await;
    database.store().close().await;

    let found = shop.stores.accounts.find(shop.customer.id).await;
    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    let created = shop.stores.accounts.create(builders::account("b@example.com").build()).await;
    let unavailable = matches!(created, Err(CreateAccountError::Store(StoreError::Unavailable(_))));
    assert!(unavailable, "{created:?}");
    let order = builders::free_form(&shop.customer, "A cake").build();
    let placed = database.store().place(vec![order.clone(), order]).await;
    assert_eq!(placed.len(), 2);
    for result in placed {
        assert!(matches!(result, Err(PlaceError::Store(StoreError::Unavailable(_)))));
    }
}

#[tokio::test]
async fn orders_that_were_queued_before_the_close_are_placed() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    let placing: Vec<_> = (0..50)
        .map(|_| {
            let store = database.store();
            let order = builders::free_form(&shop.customer, "A cake").build();
            tokio::spawn(async move { store.place(vec![order]).await })
        })
        .collect();
    // Each task runs until it waits for its result, or has it.
    tokio::task::yield_now().await;
    database.store().close().await;
    let mut placed = 0;
    for task in placing {
        placed += task.await.unwrap().iter().filter(|result| result.is_ok()).count();
    }

    let reopened = open(&database.path()).unwrap();
    let query = domain::order::port::OrderQuery::newest_first(
        domain::order::port::OrderFilter::default(),
        builders::page(1, 1),
    );
    assert_eq!(reopened.list(&query).await.unwrap().total, u64::try_from(placed).unwrap());
    assert_eq!(placed, 50);
}

#[tokio::test]
async fn a_closed_database_is_one_file() {
    let database = Database::migrated();
    ShopFixture::open(database.stores()).await;
    database.store().close().await;
    let files: Vec<_> = fs::read_dir(database.path().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(files, ["oms.db"]);
}
