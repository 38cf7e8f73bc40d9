//! A snapshot is of one moment, and is read in portions.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use domain::{
    OrderId,
    archive::{ArchiveSnapshot, ArchiveTable, CompareError, Records, compare},
};

use super::{Side, Tally, busy};
use crate::{Shop, builders};

/// All rows of a kind, read so many at a time.
async fn rows(snapshot: &mut dyn ArchiveSnapshot, table: ArchiveTable, limit: u32) -> Vec<Records> {
    let mut portions = Vec::new();
    loop {
        let portion = snapshot.next(table, limit).await.unwrap();
        assert_eq!(portion.table(), table);
        assert!(portion.len() <= usize::try_from(limit).unwrap());
        if portion.is_empty() {
            return portions;
        }
        portions.push(portion);
    }
}

/// The keys of some rows.
fn keys(portions: &[Records]) -> Vec<String> {
    let key = |number: &i64| format!("{number:020}");
    portions
        .iter()
        .flat_map(|portion| -> Vec<String> {
            match portion {
                Records::Accounts(rows) => rows.iter().map(|row| key(&row.id)).collect(),
                Records::Sessions(rows) => rows.iter().map(|row| row.id.clone()).collect(),
                Records::Products(rows) => rows.iter().map(|row| key(&row.id)).collect(),
                Records::Orders(rows) => rows.iter().map(|row| key(&row.id)).collect(),
                Records::Lines(rows) => {
                    rows.iter().map(|row| key(&row.order_id) + &key(&row.position)).collect()
                }
                Records::Events(rows) => rows.iter().map(|row| key(&row.id)).collect(),
                Records::Movements(rows) => {
                    rows.iter().map(|row| key(&row.product_id) + &key(&row.id)).collect()
                }
                Records::Outbox(rows) => rows.iter().map(|row| key(&row.id)).collect(),
            }
        })
        .collect()
}

pub async fn every_row_comes_once_by_its_key_whatever_the_portion(from: Side, _to: Side) {
    busy::shop(from.stores.clone()).await;
    for table in ArchiveTable::ALL {
        for limit in [1, 7, 1_000_000] {
            let mut snapshot = from.source.snapshot().await.unwrap();
            let count = snapshot.count(table).await.unwrap();
            let keys = keys(&rows(snapshot.as_mut(), table, limit).await);
            assert_eq!(u64::try_from(keys.len()).unwrap(), count, "{table:?} by {limit}");
            let ascending = keys.is_sorted_by(|one, next| one < next);
            assert!(ascending, "{table:?} by {limit}: {keys:?}");
        }
    }
}

pub async fn what_happens_after_a_snapshot_is_not_in_it(from: Side, _to: Side) {
    let busy = busy::shop(from.stores.clone()).await;
    let before = from.counts().await;
    let mut snapshot = from.source.snapshot().await.unwrap();
    // Whoever works on the shop is not held up.
    let shop: &Shop = &busy.shop;
    shop.register("eve@example.com").await;
    let order = builders::order(&shop.customer).with_line(busy.chair, 1).build();
    let order = shop.place(order).await;
    for (table, before) in ArchiveTable::ALL.into_iter().zip(before) {
        assert_eq!(snapshot.count(table).await.unwrap(), before, "{table:?}");
        let rows = rows(snapshot.as_mut(), table, 10).await;
        if let Some(Records::Orders(last)) = rows.last() {
            assert!(last.iter().all(|row| OrderId::new(row.id) != order.id()));
        }
        let read: usize = rows.iter().map(Records::len).sum();
        assert_eq!(u64::try_from(read).unwrap(), before, "{table:?}");
    }
}

pub async fn two_shops_that_differ_in_one_row_are_told_apart(from: Side, to: Side) {
    let busy = busy::shop(from.stores.clone()).await;
    to.take_over(&from).await.unwrap();
    busy.shop.set_stock(busy.chair, 5).await;
    let mut here = from.source.snapshot().await.unwrap();
    let mut there = to.source.snapshot().await.unwrap();
    let compared = compare(here.as_mut(), there.as_mut(), 10, &mut Tally::default()).await;
    let told =
        matches!(compared, Err(CompareError::Different { table: ArchiveTable::Products, at: 0 }));
    assert!(told, "{compared:?}");
}
