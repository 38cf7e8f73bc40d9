//! Migrating up, down and up again, and by many processes at once.

use std::sync::Arc;

use domain::account::port::{AccountFilter, AccountQuery, AccountReads as _};
use infra_postgres::{MigrateError, OpenError, PostgresStore, SchemaError, migrate, revert_all};
use port_contracts::{ShopFixture, StoreFixture as _, Stores, builders, old_texts};

use crate::fixture::{Database, TestStore, connect, options};

#[tokio::test]
async fn an_empty_database_gets_all_migrations_in_order() {
    let database = Database::empty().await;
    let applied = migrate(&database.url()).await.unwrap();
    assert!(applied.iter().any(|name| name.ends_with("_products")), "{applied:?}");
    assert!(applied.is_sorted(), "the oldest comes first: {applied:?}");
    assert!(PostgresStore::open(&database.url(), options()).await.is_ok());
}

#[tokio::test]
async fn each_table_of_this_program_is_in_the_way_if_another_program_made_it() {
    let database = Database::migrated().await;
    let operator = database.operator().await;
    operator.batch_execute("DELETE FROM __diesel_schema_migrations").await.unwrap();
    let own = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
               AND relkind IN ('r', 'p', 'v', 'm') AND relname <> '__diesel_schema_migrations' ORDER BY 1";
    let own: Vec<String> =
        operator.query(own, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let Err(MigrateError::Schema(SchemaError::Foreign { tables })) = migrate(&database.url()).await
    else {
        panic!("it is refused");
    };
    assert_eq!(tables, own);
    let opened = PostgresStore::open(&database.url(), options()).await.map(|_| ()).unwrap_err();
    assert!(matches!(opened, OpenError::Schema(SchemaError::Foreign { .. })), "{opened:?}");
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

#[tokio::test]
async fn accounts_from_before_the_search_are_found_after_it() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let name = builders::account("zoe@example.com").with_name("Ζωή ΟΔΟΣ");
    let zoe = name.create(shop.stores.accounts.as_ref()).await;
    let gone = shop.register("gone@example.com").await;
    shop.delete_account(gone.id).await;
    let down =
        include_str!("../../../../migrations/postgres/2026-12-01-000011_account_search/down.sql");
    let url = fixture.database.url();
    let session = connect(&url).await;
    session.batch_execute(down).await.unwrap();
    let unapply = "DELETE FROM __diesel_schema_migrations WHERE version = '20261201000011'";
    session.batch_execute(unapply).await.unwrap();

    assert_eq!(migrate(&url).await.unwrap().len(), 1);
    let filter =
        AccountFilter { search: Some(builders::term("οδος")), ..AccountFilter::default() };
    let query = AccountQuery { filter, page: builders::page(1, 10) };
    assert_eq!(shop.stores.accounts.list(&query).await.unwrap().items, [zoe]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_processes_that_start_at_once_one_applies_each_migration() {
    let database = Database::empty().await;
    let url = database.url();
    let starts = (0..10).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { migrate(&url).await.unwrap() })
    });
    let applied = futures::future::join_all(starts).await;
    let mut applied: Vec<String> = applied.into_iter().flat_map(|start| start.unwrap()).collect();
    applied.sort();
    // An index that is built concurrently may be built by another process than the tables.
    let mut reverted = revert_all(&url).await.unwrap();
    reverted.reverse();
    assert_eq!(applied, reverted);
}

#[tokio::test]
async fn rows_of_before_are_found_by_the_new_forms_after_a_migration() {
    let database = Database::migrated().await;
    let (url, operator) = (database.url(), database.operator().await);
    operator.batch_execute(old_texts::REVERT).await.unwrap();
    operator.batch_execute(&old_texts::rows("'epoch'")).await.unwrap();
    let applied = migrate(&url).await.unwrap();
    assert_eq!(applied, ["2026-12-01-000007_search_form"]);
    let open = || PostgresStore::open(&url, options());
    let store = Arc::new(open().await.unwrap());
    old_texts::assert_rewritten(&Stores::of(&store)).await;
    store.close().await;

    // An interrupted run continues where it stopped, and until then the database is not opened.
    operator.batch_execute(old_texts::INTERRUPTED).await.unwrap();
    let refused = open().await.map(|_| ()).unwrap_err();
    let OpenError::Schema(SchemaError::NotRewritten { columns }) = refused else {
        panic!("another reason: {refused:?}");
    };
    assert_eq!(columns, ["products.name_folded"]);
    assert_eq!(migrate(&url).await.unwrap(), Vec::<String>::new());
    old_texts::assert_rewritten(&Stores::of(&Arc::new(open().await.unwrap()))).await;
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
