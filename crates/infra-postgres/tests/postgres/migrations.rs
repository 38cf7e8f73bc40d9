//! Migrating up, down and up again, and by many processes at once.

use infra_postgres::{PostgresStore, migrate, revert_all};

use crate::fixture::{Database, options};

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
