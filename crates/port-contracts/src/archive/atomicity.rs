//! An import copies everything or nothing.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use domain::{
    StoreError,
    archive::{ArchiveTable, ImportError},
};
use tokio::task::JoinHandle;

use super::{
    ArchiveFixture, CountingObserver, assert_same_rows, busy_shop, gated_snapshot::GatedSnapshot,
};
use crate::{ShopFixture, builders};

fn source_lost() -> Result<(), StoreError> {
    Err(StoreError::unavailable(io::Error::other("the connection to the source was lost")))
}

pub async fn an_import_into_a_non_empty_target_fails_and_changes_nothing(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    busy_shop::open(from.stores.clone()).await;
    let shop = ShopFixture::open(to.stores.clone()).await;
    let chair = shop.product("Chair", 10).await;
    let before = to.counts().await;
    let refused = to.import_from(&from).await;
    assert!(matches!(refused, Err(ImportError::NotEmpty(ArchiveTable::Accounts))), "{refused:?}");
    assert_eq!(to.counts().await, before);
    assert_eq!(shop.live_product(chair.id).await, *chair);
    let order = builders::order(&shop.customer).with_line(chair.id, 1).build();
    shop.place(order).await;
}

pub async fn a_second_import_into_the_same_target_fails(from: ArchiveFixture, to: ArchiveFixture) {
    busy_shop::open(from.stores.clone()).await;
    to.import_from(&from).await.unwrap();
    let again = to.import_from(&from).await;
    assert!(matches!(again, Err(ImportError::NotEmpty(_))), "{again:?}");
    assert_same_rows(&from, &to).await;
}

pub async fn an_import_whose_source_fails_leaves_the_target_empty(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    busy_shop::open(from.stores.clone()).await;
    for before in ArchiveTable::ALL {
        let inner = from.source.snapshot().await.unwrap();
        let mut failing = GatedSnapshot { inner, before, gate: Some(source_lost) };
        let failed = to.target.import(&mut failing, &mut CountingObserver::default()).await;
        assert!(matches!(failed, Err(ImportError::Source(_))), "{before:?}: {failed:?}");
        assert_eq!(to.counts().await, [0; 10], "{before:?}");
    }
    to.import_from(&from).await.unwrap();
    assert_same_rows(&from, &to).await;
}

pub async fn a_cancelled_import_leaves_the_target_empty(from: ArchiveFixture, to: ArchiveFixture) {
    busy_shop::open(from.stores.clone()).await;
    let (reached, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let inner = from.source.snapshot().await.unwrap();
    // The import is dropped when it reaches the gate.
    let gate = move || reached.send(()).map_err(StoreError::broken);
    let mut slow = GatedSnapshot { inner, before: ArchiveTable::Movements, gate: Some(gate) };
    let mut counts = CountingObserver::default();
    tokio::select! {
        biased;
        reached = waiting.recv() => assert_eq!(reached, Some(())),
        finished = to.target.import(&mut slow, &mut counts) => panic!("it finished: {finished:?}"),
    }
    to.import_from(&from).await.unwrap();
    assert_same_rows(&from, &to).await;
}

/// A registration that starts while rows are imported.
type Registration = JoinHandle<domain::account::Account>;

pub async fn concurrent_writes_wait_until_the_import_has_finished(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    busy_shop::open(from.stores.clone()).await;
    let registering: Arc<Mutex<Option<Registration>>> = Arc::default();
    let (started, accounts) = (Arc::clone(&registering), to.stores.accounts.clone());
    let gate = move || {
        let eve = builders::account("eve@example.com");
        let registration = tokio::spawn(async move { eve.create(accounts.as_ref()).await });
        *started.lock().unwrap() = Some(registration);
        Ok(())
    };
    let inner = from.source.snapshot().await.unwrap();
    let mut gated = GatedSnapshot { inner, before: ArchiveTable::Accounts, gate: Some(gate) };
    to.target.import(&mut gated, &mut CountingObserver::default()).await.unwrap();
    let registration = registering.lock().unwrap().take().unwrap();
    let eve = registration.await.unwrap();
    let accounts = from.counts().await[0];
    assert!(
        u64::try_from(eve.id.get()).unwrap() > accounts,
        "the account was created after the imported ones"
    );
}
