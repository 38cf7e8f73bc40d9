//! A copied shop has the same rows as the source.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::archive::ArchiveTable;

use super::{ArchiveFixture, assert_same_rows, busy_shop};

pub async fn a_copy_of_an_empty_shop_is_empty(from: ArchiveFixture, to: ArchiveFixture) {
    to.import_from(&from).await.unwrap();
    assert_eq!(to.counts().await, [0; 8]);
    assert_eq!(assert_same_rows(&from, &to).await, 0);
}

pub async fn a_copy_of_a_busy_shop_has_the_same_rows(from: ArchiveFixture, to: ArchiveFixture) {
    let busy = busy_shop::open(from.stores.clone()).await;
    busy_shop::place_free_form_orders(&busy, 1_234).await;
    let counts = to.import_from(&from).await.unwrap();
    for (table, announced, copied) in &counts.tables {
        assert!(*announced > 0, "the shop has {}", table.as_str());
        assert_eq!(announced, copied, "{}", table.as_str());
    }
    let announced: Vec<_> = counts.tables.iter().map(|(table, ..)| *table).collect();
    assert_eq!(announced, ArchiveTable::ALL);
    let rows: u64 = from.counts().await.into_iter().sum();
    assert_eq!(assert_same_rows(&from, &to).await, rows);
    assert!(rows > 2_500, "some tables need more than one chunk: {rows}");
}

pub async fn a_copied_shop_accepts_orders_that_the_source_does_not_have(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    let busy = busy_shop::open(from.stores.clone()).await;
    to.import_from(&from).await.unwrap();
    let copied = crate::ShopFixture { stores: to.stores.clone(), ..busy.shop.clone() };
    let order = crate::builders::order(&copied.customer).with_line(busy.chair, 1).build();
    let order = copied.place(order).await;
    let (source, copy) = (from.counts().await, to.counts().await);
    for (table, (source, copy)) in ArchiveTable::ALL.into_iter().zip(source.into_iter().zip(copy)) {
        let more = match table {
            ArchiveTable::Orders
            | ArchiveTable::Lines
            | ArchiveTable::Movements
            | ArchiveTable::Outbox => 1,
            ArchiveTable::Accounts
            | ArchiveTable::Sessions
            | ArchiveTable::Products
            | ArchiveTable::Events => 0,
        };
        assert_eq!(copy, source + more, "{}", table.as_str());
    }
    assert_eq!(from.stores.orders.find(order.id()).await.unwrap(), None, "the source is unchanged");
}
