//! Migrations up, down and up again, and by several processes at once.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use domain::account::port::{AccountFilter, AccountQuery, AccountReads as _};
use infra_sqlite::{
    ExclusiveLock, OpenError, SchemaError, SqliteOptions, SqliteStore, migrate, revert_all,
};
use port_contracts::{ShopFixture, StoreFixture as _, Stores, builders, old_texts};
use tempfile::TempDir;

use crate::{constraints::connect, fixture::Database};

fn missing_path() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("not/there/yet/oms.db");
    (directory, path)
}

#[test]
fn a_missing_file_is_created_with_its_directory() {
    let (_directory, path) = missing_path();
    let applied = migrate(&path).unwrap();
    assert!(applied.iter().any(|name| name.ends_with("_orders")), "{applied:?}");
    assert!(applied.is_sorted(), "the oldest comes first: {applied:?}");
    assert!(SqliteStore::open(&path, SqliteOptions::default()).is_ok());
}

#[test]
fn a_second_run_applies_no_migration() {
    let (_directory, path) = missing_path();
    migrate(&path).unwrap();
    assert_eq!(migrate(&path).unwrap(), Vec::<String>::new());
}

#[test]
fn every_migration_can_be_reverted_and_applied_again() {
    let (_directory, path) = missing_path();
    let mut applied = migrate(&path).unwrap();
    let reverted = revert_all(&path).unwrap();
    applied.reverse();
    assert_eq!(reverted, applied);
    applied.reverse();
    assert_eq!(migrate(&path).unwrap(), applied);
    assert!(SqliteStore::open(&path, SqliteOptions::default()).is_ok());
}

#[tokio::test]
async fn accounts_from_before_the_search_are_found_after_it() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    let name = builders::account("zoe@example.com").with_name("Ζωή ΟΔΟΣ");
    let zoe = name.create(shop.stores.accounts.as_ref()).await;
    let gone = shop.register("gone@example.com").await;
    shop.delete_account(gone.id).await;
    let down =
        include_str!("../../../../migrations/sqlite/2026-12-01-000011_account_search/down.sql");
    let mut conn = connect(&database);
    conn.batch_execute(down).unwrap();
    let unapply = "DELETE FROM __diesel_schema_migrations WHERE version = '20261201000011'";
    conn.batch_execute(unapply).unwrap();

    assert_eq!(migrate(&database.path()).unwrap().len(), 1);
    let filter =
        AccountFilter { search: Some(builders::term("οδος")), ..AccountFilter::default() };
    let query = AccountQuery { filter, page: builders::page(1, 10) };
    assert_eq!(shop.stores.accounts.list(&query).await.unwrap().items, [zoe]);
}

#[test]
fn of_several_processes_that_start_at_once_one_migrates() {
    let (_directory, path) = missing_path();
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            thread::spawn(move || migrate(&path).unwrap().len())
        })
        .collect();
    let applied: Vec<usize> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_has_access_to_the_file_and_to_directories_created_for_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, _path) = missing_path();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = directory.path().join("new/shop.db");
    let lock = ExclusiveLock::take(&path).unwrap();
    assert_eq!(mode(&directory.path().join("new")), 0o700, "created for the lock");
    migrate(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    drop(lock);
    let path = directory.path().join("other/shop.db");
    migrate(&path).unwrap();
    assert_eq!(mode(&directory.path().join("other")), 0o700, "created for the database");
}

fn execute(path: &Path, statements: &str) {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(statements).unwrap();
}

#[tokio::test]
async fn rows_of_before_are_found_by_the_new_forms_after_a_migration() {
    let (_directory, path) = missing_path();
    migrate(&path).unwrap();
    execute(&path, old_texts::REVERT);
    execute(&path, &old_texts::rows("0"));
    let applied = migrate(&path).unwrap();
    assert_eq!(applied, ["2026-12-01-000007_search_form"]);
    let open = || SqliteStore::open(&path, SqliteOptions::default());
    let store = Arc::new(open().unwrap());
    old_texts::assert_rewritten(&Stores::of(&store)).await;
    store.close().await;

    // An interrupted run continues where it stopped, and until then the database is not opened.
    execute(&path, old_texts::INTERRUPTED);
    let refused = open().map(|_| ()).unwrap_err();
    let OpenError::Schema(SchemaError::NotRewritten { columns }) = refused else {
        panic!("another reason: {refused:?}");
    };
    assert_eq!(columns, ["products.name_folded"]);
    assert_eq!(migrate(&path).unwrap(), Vec::<String>::new());
    old_texts::assert_rewritten(&Stores::of(&Arc::new(open().unwrap()))).await;
}

#[tokio::test]
async fn accounts_from_before_addresses_were_confirmed_count_as_confirmed() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    let deleted = shop.register("grace@example.com").await;
    shop.delete_account(deleted.id).await;
    let mut conn = connect(&database);
    for migration in [
        include_str!(
            "../../../../migrations/sqlite/2026-12-01-000008_account_confirmation/down.sql"
        ),
        include_str!("../../../../migrations/sqlite/2026-12-01-000008_account_confirmation/up.sql"),
    ] {
        conn.batch_execute(migration).unwrap();
    }
    for account in [&shop.admin, &shop.customer] {
        let found = database.store().find(account.id).await.unwrap().unwrap();
        assert_eq!(found.email_verified_at, Some(account.created_at));
    }
    assert_eq!(database.findings().await, []);
}
