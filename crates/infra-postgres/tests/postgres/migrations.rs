//! Migrating up, down and up again, and by many processes at once.

use domain::account::port::AccountReads as _;
use infra_postgres::{PostgresStore, migrate, revert_all};
use port_contracts::{ShopFixture, StoreFixture as _};

use crate::fixture::{Database, TestStore, options};

#[tokio::test]
async fn an_empty_database_gets_all_migrations_in_order() {
    let database = Database::empty().await;
    let applied = migrate(&database.url()).await.unwrap();
    assert!(applied.iter().any(|name| name.ends_with("_products")), "{applied:?}");
    assert!(applied.is_sorted(), "the oldest comes first: {applied:?}");
    assert!(PostgresStore::open(&database.url(), options()).await.is_ok());
}

#[tokio::test]
async fn a_second_run_applies_nothing() {
    let database = Database::migrated().await;
    assert_eq!(migrate(&database.url()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn every_migration_can_be_reverted_and_applied_again() {
    let database = Database::empty().await;
    let mut applied = migrate(&database.url()).await.unwrap();
    let reverted = revert_all(&database.url()).await.unwrap();
    applied.reverse();
    assert_eq!(reverted, applied);
    applied.reverse();
    assert_eq!(migrate(&database.url()).await.unwrap(), applied);
    assert!(PostgresStore::open(&database.url(), options()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_processes_that_start_at_once_one_migrates() {
    let database = Database::empty().await;
    let url = database.url();
    let starts = (0..10).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { migrate(&url).await.unwrap().len() })
    });
    let applied = futures::future::join_all(starts).await;
    let applied: Vec<usize> = applied.into_iter().map(|start| start.unwrap()).collect();
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
}

#[tokio::test]
async fn accounts_from_before_addresses_were_confirmed_count_as_confirmed() {
    let (store, shop) = ShopFixture::on(TestStore::open().await).await;
    let deleted = shop.register("grace@example.com").await;
    shop.delete_account(deleted.id).await;
    let operator = store.database.operator().await;
    for migration in [
        include_str!(
            "../../../../migrations/postgres/2026-12-01-000008_account_confirmation/down.sql"
        ),
        include_str!(
            "../../../../migrations/postgres/2026-12-01-000008_account_confirmation/up.sql"
        ),
    ] {
        operator.batch_execute(&format!("BEGIN; {migration}; COMMIT")).await.unwrap();
    }
    for account in [&shop.admin, &shop.customer] {
        let found = store.store().find(account.id).await.unwrap().unwrap();
        assert_eq!(found.email_verified_at, Some(account.created_at));
    }
    assert_eq!(store.findings().await, []);
}

#[tokio::test]
async fn a_server_of_the_previous_release_can_still_erase_accounts() {
    let (store, shop) = ShopFixture::on(TestStore::open().await).await;
    let operator = store.database.operator().await;
    let confirm = "UPDATE users SET email_verified_at = now(), pending_email = 'new@example.com'";
    operator.batch_execute(confirm).await.unwrap();
    let erase = "UPDATE users SET name = 'Deleted user', email = NULL, password_hash = NULL,
                 deleted_at = now() WHERE id = $1";
    operator.execute(erase, &[&shop.customer.id.get()]).await.unwrap();
    assert_eq!(store.store().find(shop.customer.id).await.unwrap(), None);
}
