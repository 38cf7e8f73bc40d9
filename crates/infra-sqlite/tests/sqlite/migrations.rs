//! Migrations up, down and up again, and by several processes at once.

use std::{path::PathBuf, thread};

use diesel::connection::SimpleConnection as _;
use domain::account::port::AccountReads as _;
use infra_sqlite::{SqliteOptions, SqliteStore, migrate, revert_all};
use port_contracts::{ShopFixture, StoreFixture as _};
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
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_directory, path) = missing_path();
    migrate(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
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
