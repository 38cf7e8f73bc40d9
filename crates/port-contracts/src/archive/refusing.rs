//! All of it, or nothing.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use domain::{
    StoreError,
    archive::{ArchiveTable, ImportError},
};
use tokio::task::JoinHandle;

use super::{Side, Tally, assert_same, busy, gate::Gated};
use crate::{Shop, builders};

fn gone() -> Result<(), StoreError> {
    Err(StoreError::unavailable(io::Error::other("the source went away")))
}

pub async fn a_target_that_is_not_empty_is_refused_and_stays_as_it_is(from: Side, to: Side) {
    busy::shop(from.stores.clone()).await;
    let shop = Shop::open(to.stores.clone()).await;
    let chair = shop.product("Chair", 10).await;
    let before = to.counts().await;
    let refused = to.take_over(&from).await;
    assert!(matches!(refused, Err(ImportError::NotEmpty(ArchiveTable::Accounts))), "{refused:?}");
    assert_eq!(to.counts().await, before);
    assert_eq!(shop.look_up(chair.id).await, *chair);
    let order = builders::order(&shop.customer).with_line(chair.id, 1).build();
    shop.place(order).await;
}

pub async fn a_shop_is_not_taken_over_twice(from: Side, to: Side) {
    busy::shop(from.stores.clone()).await;
    to.take_over(&from).await.unwrap();
    let again = to.take_over(&from).await;
    assert!(matches!(again, Err(ImportError::NotEmpty(_))), "{again:?}");
    assert_same(&from, &to).await;
}

pub async fn a_source_that_fails_anywhere_leaves_nothing_behind(from: Side, to: Side) {
    busy::shop(from.stores.clone()).await;
    for before in ArchiveTable::ALL {
        let inner = from.source.snapshot().await.unwrap();
        let mut failing = Gated { inner, before, gate: Some(gone) };
        let failed = to.target.import(&mut failing, &mut Tally::default()).await;
        assert!(matches!(failed, Err(ImportError::Source(_))), "{before:?}: {failed:?}");
        assert_eq!(to.counts().await, [0; 8], "{before:?}");
    }
    to.take_over(&from).await.unwrap();
    assert_same(&from, &to).await;
}

pub async fn a_caller_who_goes_away_leaves_nothing_behind(from: Side, to: Side) {
    busy::shop(from.stores.clone()).await;
    let (reached, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let inner = from.source.snapshot().await.unwrap();
    // The import is dropped when it gets there.
    let gate = move || reached.send(()).map_err(StoreError::broken);
    let mut slow = Gated { inner, before: ArchiveTable::Movements, gate: Some(gate) };
    let mut tally = Tally::default();
    tokio::select! {
        biased;
        reached = waiting.recv() => assert_eq!(reached, Some(())),
        finished = to.target.import(&mut slow, &mut tally) => panic!("it went on: {finished:?}"),
    }
    to.take_over(&from).await.unwrap();
    assert_same(&from, &to).await;
}

/// A registration that is under way while rows are imported.
type Registration = JoinHandle<domain::account::Account>;

pub async fn nobody_writes_between_the_rows_of_an_import(from: Side, to: Side) {
    busy::shop(from.stores.clone()).await;
    let registering: Arc<Mutex<Option<Registration>>> = Arc::default();
    let (kept, accounts) = (Arc::clone(&registering), to.stores.accounts.clone());
    let gate = move || {
        let eve = builders::account("eve@example.com");
        let registration = tokio::spawn(async move { eve.create(accounts.as_ref()).await });
        *kept.lock().unwrap() = Some(registration);
        Ok(())
    };
    let inner = from.source.snapshot().await.unwrap();
    let mut gated = Gated { inner, before: ArchiveTable::Accounts, gate: Some(gate) };
    to.target.import(&mut gated, &mut Tally::default()).await.unwrap();
    let registration = registering.lock().unwrap().take().unwrap();
    let eve = registration.await.unwrap();
    let accounts = from.counts().await[0];
    assert!(u64::try_from(eve.id.get()).unwrap() > accounts, "she came after all the others");
}
