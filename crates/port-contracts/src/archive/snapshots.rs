//! A snapshot is consistent, and is read in chunks.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::archive::{ArchiveSnapshot, ArchiveTable, CompareError, Records, Value, compare};

use super::{ArchiveFixture, CountingObserver, busy_shop};
use crate::{ShopFixture, builders};

/// Reads all rows of a table in chunks of `limit` rows.
async fn rows(snapshot: &mut dyn ArchiveSnapshot, table: ArchiveTable, limit: u32) -> Vec<Records> {
    let mut chunks = Vec::new();
    loop {
        let chunk = snapshot.next(table, limit).await.unwrap();
        assert_eq!(chunk.table, table);
        assert!(chunk.rows.len() <= usize::try_from(limit).unwrap());
        if chunk.rows.is_empty() {
            return chunks;
        }
        chunks.push(chunk);
    }
}

/// The primary keys of rows, as texts in the same sort order.
fn keys(chunks: &[Records]) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Number(number) => format!("{number:020}"),
        Value::Text(text) => text.clone(),
        _ => panic!("a key is a number or a text"),
    };
    let rows = chunks.iter().flat_map(|chunk| {
        let key = chunk.table.key().len();
        chunk.rows.iter().map(move |row| row[..key].iter().map(text).collect())
    });
    rows.collect()
}

pub async fn a_snapshot_returns_every_row_once_by_key_for_any_chunk_size(
    from: ArchiveFixture,
    _to: ArchiveFixture,
) {
    busy_shop::open(from.stores.clone()).await;
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

pub async fn a_snapshot_does_not_include_later_changes(from: ArchiveFixture, _to: ArchiveFixture) {
    let busy = busy_shop::open(from.stores.clone()).await;
    let before = from.counts().await;
    let mut snapshot = from.source.snapshot().await.unwrap();
    // The snapshot does not block writers.
    let shop: &ShopFixture = &busy.shop;
    shop.register("eve@example.com").await;
    let order = builders::order(&shop.customer).with_line(busy.chair, 1).build();
    let order = shop.place(order).await;
    for (table, before) in ArchiveTable::ALL.into_iter().zip(before) {
        assert_eq!(snapshot.count(table).await.unwrap(), before, "{table:?}");
        let rows = rows(snapshot.as_mut(), table, 10).await;
        if table == ArchiveTable::Orders {
            assert!(!keys(&rows).contains(&format!("{:020}", order.id().get())));
        }
        let read: usize = rows.iter().map(|chunk| chunk.rows.len()).sum();
        assert_eq!(u64::try_from(read).unwrap(), before, "{table:?}");
    }
}

pub async fn a_comparison_detects_a_difference_in_one_row(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    let busy = busy_shop::open(from.stores.clone()).await;
    to.import_from(&from).await.unwrap();
    busy.shop.set_stock(busy.chair, 5).await;
    let mut source = from.source.snapshot().await.unwrap();
    let mut copy = to.source.snapshot().await.unwrap();
    let compared =
        compare(source.as_mut(), copy.as_mut(), 10, &mut CountingObserver::default()).await;
    let detected =
        matches!(compared, Err(CompareError::Different { table: ArchiveTable::Products, at: 0 }));
    assert!(detected, "{compared:?}");
}
