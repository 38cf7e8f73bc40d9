//! Behind an older `PgBouncer` in transaction mode: consecutive transactions may use different
//! server connections, and two processes share them.

use std::sync::Arc;

use domain::{
    account::port::{AccountWrites as _, CreateAccountError},
    order::port::{OrderWrites as _, PlaceError},
};
use infra_postgres::{PostgresStore, migrate, revert_all};
use port_contracts::{
    ShopFixture, StoreFixture, account_store, builders, order_store, product_store, race,
    session_store,
};

use crate::{
    fixture::{Database, options},
    pgbouncer::PgBouncer,
};

/// A store that connects through a `PgBouncer`.
struct Pooled {
    store: Arc<PostgresStore>,
    database: Database,
    pooler: PgBouncer,
}

impl Pooled {
    async fn open() -> Self {
        let (database, pooler) = (Database::migrated().await, PgBouncer::start().await);
        let store = open_store(&pooler.url(&database)).await;
        Self { store, database, pooler }
    }

    async fn second_store(&self) -> Arc<PostgresStore> {
        open_store(&self.pooler.url(&self.database)).await
    }
}

async fn open_store(url: &str) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::open(url, options()).await.unwrap())
}

impl StoreFixture for Pooled {
    type Store = PostgresStore;

    fn store(&self) -> Arc<PostgresStore> {
        self.store.clone()
    }
}

/// Runs cases of the port suites behind a `PgBouncer`.
macro_rules! cases {
    ($($module:ident::$part:ident::$case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                port_contracts::run(Pooled::open().await, $module::$part::$case).await;
            }
        )*
    };
}

cases! {
    account_store::races::of_concurrent_registrations_of_one_email_address_one_succeeds
    account_store::races::of_concurrent_first_admins_one_is_created
    account_store::races::of_two_admins_who_demote_or_delete_each_other_one_remains
    order_store::batches::a_large_batch_is_placed_like_a_small_one
    order_store::lists::each_filter_lists_exactly_the_matching_orders
    order_store::races::sixty_four_concurrent_buyers_buy_exactly_the_stock
    order_store::races::of_concurrent_cancellations_one_succeeds_and_restocks_once
    order_store::races::concurrent_orders_and_cancellations_keep_stock_consistent
    product_store::lists::a_search_matches_parts_of_names_case_insensitively
    product_store::races::an_order_concurrent_with_a_product_deletion_is_placed_before_it_or_refused
    session_store::rotating::concurrent_rotations_of_one_token_all_get_its_successor
}

#[tokio::test]
async fn migrations_can_be_applied_and_reverted_through_pgbouncer() {
    let (database, pooler) = (Database::empty().await, PgBouncer::start().await);
    let url = pooler.url(&database);
    let applied = migrate(&url).await.unwrap();
    assert!(!applied.is_empty());
    assert_eq!(revert_all(&url).await.unwrap().len(), applied.len());
    assert_eq!(migrate(&url).await.unwrap(), applied);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_behind_one_pgbouncer_race_for_the_same_stock_and_email() {
    const BUYERS: usize = 40;
    const STOCK: i64 = 25;
    let pooled = Pooled::open().await;
    let processes = [pooled.store.clone(), pooled.second_store().await];
    let shop = ShopFixture::open(pooled.stores()).await;
    let lamp = shop.product("Lamp", STOCK).await.id;
    let results = race(BUYERS, |buyer| {
        let (store, shop) = (processes[buyer % 2].clone(), shop.clone());
        async move {
            let order = builders::order(&shop.customer).with_line(lamp, 1).build();
            let placed = store.place(vec![order]).await.remove(0);
            let created = store.create(builders::account("one@example.com").build()).await;
            (placed, created)
        }
    })
    .await;
    let sold = results.iter().filter(|(placed, _)| placed.is_ok()).count();
    assert_eq!(i64::try_from(sold).unwrap(), STOCK, "{results:?}");
    let refused = |placed: &Result<_, PlaceError>| matches!(placed, Err(PlaceError::Refused(_)));
    assert!(results.iter().all(|(placed, _)| placed.is_ok() || refused(placed)), "{results:?}");
    let created = results.iter().filter(|(_, created)| created.is_ok()).count();
    assert_eq!(created, 1, "{results:?}");
    let taken = |created: &Result<_, _>| matches!(created, Err(CreateAccountError::EmailTaken));
    assert!(results.iter().all(|(_, created)| created.is_ok() || taken(created)), "{results:?}");
    assert_eq!(pooled.findings().await, []);
}
