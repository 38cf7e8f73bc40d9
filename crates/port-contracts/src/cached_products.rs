//! The contract of a [`ProductCache`] in front of a product store and behind the
//! [`ProductService`], with concurrent readers and writers.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

mod stub;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    Clock, ExpectedVersions, ProductId, StoreError, Timestamp, UserId,
    account::{Actor, Role},
    product::{
        CachedProducts, ProductCache, ProductCommand, ProductUpdate,
        port::{ChangeProductError, ProductQuery, ProductWrites as _},
        service::ProductService,
    },
};

pub use self::stub::ProductStoreStub;
use crate::{
    builders::{self, page, stock, timestamp},
    race, version,
};

const ADMIN: Actor = Actor::new(UserId::new(1), Role::Admin);

/// How often each product is changed while it is read.
const CHANGES: i64 = 150;

/// A clock that always shows the same timestamp.
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        timestamp(0)
    }
}

/// The service on a store behind a cache.
fn service(store: &Arc<ProductStoreStub>, cache: Arc<dyn ProductCache>) -> ProductService {
    let cached = CachedProducts::new(store.clone(), store.clone(), cache);
    ProductService::new(cached, store.clone(), Arc::new(FixedClock))
}

fn first_page() -> ProductQuery {
    ProductQuery { search: None, page: page(1, 10) }
}

pub async fn repeated_reads_of_a_product_read_the_store_once(cache: Arc<dyn ProductCache>) {
    let store = Arc::new(ProductStoreStub::default());
    let products = service(&store, cache);
    let lamp = products.create(builders::product("Lamp").build(), ADMIN).await.unwrap();
    for _ in 0..5 {
        assert_eq!(products.find(lamp.id).await.unwrap(), Some(Arc::clone(&lamp)));
    }
    assert_eq!(store.reads(), 1);
    for _ in 0..5 {
        let listed = products.list(&first_page()).await.unwrap();
        assert_eq!(listed.items, [Arc::clone(&lamp)]);
    }
    assert_eq!(store.reads(), 2);
}

pub async fn every_change_through_the_service_is_visible_at_once(cache: Arc<dyn ProductCache>) {
    let products = service(&Arc::default(), cache);
    assert_eq!(products.list(&first_page()).await.unwrap().total, 0);
    let lamp = products.create(builders::product("Lamp").build(), ADMIN).await.unwrap();
    assert_eq!(products.list(&first_page()).await.unwrap().items, [Arc::clone(&lamp)]);
    assert_eq!(products.find(lamp.id).await.unwrap(), Some(Arc::clone(&lamp)));
    let commands = [set_stock(3), ProductCommand::Delete, ProductCommand::Restore];
    for command in commands {
        let changed =
            products.execute(lamp.id, &command, &ExpectedVersions::Any, ADMIN).await.unwrap();
        let live = changed.is_live().then_some(changed);
        assert_eq!(products.find(lamp.id).await.unwrap(), live);
        let listed = products.list(&first_page()).await.unwrap();
        assert_eq!(listed.items.first(), live.as_ref(), "{command:?}");
    }
}

pub async fn a_read_never_returns_a_version_older_than_an_acknowledged_change(
    cache: Arc<dyn ProductCache>,
) {
    const PRODUCTS: usize = 3;
    const WRITERS: usize = 3;
    const READERS: usize = 9;
    let products = Arc::new(service(&Arc::default(), cache));
    let mut acknowledged = Vec::new();
    for number in 0..PRODUCTS {
        let new = builders::product(&format!("Product {number}")).build();
        let made = products.create(new, ADMIN).await.unwrap();
        acknowledged.push((made.id, AtomicI64::new(made.version.get())));
    }
    let acknowledged = Arc::new(acknowledged);
    race(WRITERS + READERS, |racer| {
        let (products, acknowledged) = (Arc::clone(&products), Arc::clone(&acknowledged));
        async move {
            if racer < WRITERS {
                write(&products, &acknowledged[racer]).await;
            } else {
                read(&products, &acknowledged, racer).await;
            }
        }
    })
    .await;
    for (id, seen) in acknowledged.iter() {
        assert_eq!(seen.load(Ordering::SeqCst), 1 + CHANGES);
        let found = products.find(*id).await.unwrap().unwrap();
        assert_eq!(found.version, version(CHANGES));
    }
}

fn set_stock(units: i64) -> ProductCommand {
    ProductCommand::Update(ProductUpdate { stock: Some(stock(units)), ..ProductUpdate::default() })
}

pub async fn a_refusal_that_reveals_a_stale_product_invalidates_it(cache: Arc<dyn ProductCache>) {
    let store = Arc::new(ProductStoreStub::default());
    let products = service(&store, cache);
    let lamp = products.create(builders::product("Lamp").build(), ADMIN).await.unwrap();
    assert_eq!(products.find(lamp.id).await.unwrap(), Some(Arc::clone(&lamp)));

    // Another process changes the product and cannot invalidate the cache.
    let changed = store
        .execute(lamp.id, &set_stock(3), &ExpectedVersions::Any, ADMIN, timestamp(1))
        .await
        .unwrap();
    assert_eq!(products.find(lamp.id).await.unwrap(), Some(Arc::clone(&lamp)), "it is cached");
    let expected = lamp.version.into();
    let refused = products.execute(lamp.id, &set_stock(4), &expected, ADMIN).await;
    assert!(matches!(refused, Err(ChangeProductError::VersionMismatch { .. })), "{refused:?}");
    assert_eq!(products.find(lamp.id).await.unwrap(), Some(changed));

    store
        .execute(lamp.id, &ProductCommand::Delete, &ExpectedVersions::Any, ADMIN, timestamp(3))
        .await
        .unwrap();
    let refused = products.execute(lamp.id, &set_stock(5), &ExpectedVersions::Any, ADMIN).await;
    assert!(matches!(refused, Err(ChangeProductError::NotFound)), "{refused:?}");
    assert_eq!(products.find(lamp.id).await.unwrap(), None);
}

pub async fn a_change_with_an_unknown_commit_is_visible_once_it_commits(
    cache: Arc<dyn ProductCache>,
) {
    let store = Arc::new(ProductStoreStub::with_open_transaction());
    let products = service(&store, cache);
    let lamp = products.create(builders::product("Lamp").build(), ADMIN).await.unwrap();
    let read_both = async || {
        let found = products.find(lamp.id).await.unwrap().unwrap();
        assert_eq!(products.list(&first_page()).await.unwrap().items, [Arc::clone(&found)]);
        found.version
    };
    assert_eq!(read_both().await, lamp.version);
    let changed = products.execute(lamp.id, &set_stock(3), &ExpectedVersions::Any, ADMIN).await;
    assert!(
        matches!(changed, Err(ChangeProductError::Store(StoreError::CommitUnknown(_)))),
        "{changed:?}"
    );
    // A product that was read before the commit is not cached after it.
    assert_eq!(read_both().await, lamp.version);
    store.commit_late();
    assert_eq!(read_both().await, version(1));
    store.end_transactions();
    assert_eq!(read_both().await, version(1));
}

/// Changes one product repeatedly, and records each version once its change is acknowledged.
async fn write(products: &ProductService, (id, acknowledged): &(ProductId, AtomicI64)) {
    for change in 1..=CHANGES {
        let command = set_stock(100 + change);
        let changed = products.execute(*id, &command, &ExpectedVersions::Any, ADMIN).await.unwrap();
        acknowledged.store(changed.version.get(), Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

/// Reads products and pages until all changes are made. None may be older than the version that was
/// acknowledged when the read began.
async fn read(products: &ProductService, acknowledged: &[(ProductId, AtomicI64)], reader: usize) {
    let mut unfinished = true;
    while unfinished {
        let floors: Vec<_> =
            acknowledged.iter().map(|(id, seen)| (*id, seen.load(Ordering::SeqCst))).collect();
        unfinished = floors.iter().any(|(_, floor)| *floor <= CHANGES);
        if reader.is_multiple_of(3) {
            let listed = products.list(&first_page()).await.unwrap();
            for product in &listed.items {
                let (_, floor) = floors.iter().find(|(id, _)| *id == product.id).unwrap();
                assert!(product.version.get() >= *floor, "{} is older", product.version);
            }
        } else {
            let (id, floor) = floors[reader % floors.len()];
            let found = products.find(id).await.unwrap().unwrap();
            assert!(found.version.get() >= floor, "{} is older than {floor}", found.version);
        }
        tokio::task::yield_now().await;
    }
}
