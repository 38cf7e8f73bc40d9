//! A copied shop has the same rows as the source.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{archive::ArchiveTable, shop::ShopId};

use super::{ArchiveFixture, assert_same_rows, busy_shop};

pub async fn a_copy_of_an_empty_shop_is_empty(from: ArchiveFixture, to: ArchiveFixture) {
    to.import_from(&from).await.unwrap();
    assert_eq!(to.counts().await, [0; 10]);
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

pub async fn a_copy_into_a_target_that_was_only_started_has_the_record_of_the_source(
    from: ArchiveFixture,
    to: ArchiveFixture,
) {
    let open = async |fixture: &ArchiveFixture, byte| {
        let id = ShopId::from_random([byte; 16]);
        fixture.stores.shop.open_shop(None, id).await.unwrap()
    };
    open(&to, 2).await;
    // The source was never opened, so the copy is not either.
    to.import_from(&from).await.unwrap();
    assert_eq!(to.stores.shop.shop().await.unwrap(), None);
    open(&to, 3).await;
    let shop = open(&from, 1).await;
    to.import_from(&from).await.unwrap();
    assert_eq!(to.stores.shop.shop().await.unwrap(), Some(shop));
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
            | ArchiveTable::Events => 1,
            ArchiveTable::Accounts
            | ArchiveTable::Sessions
            | ArchiveTable::Products
            | ArchiveTable::Subscriptions
            | ArchiveTable::Parked
            | ArchiveTable::Shop => 0,
        };
        assert_eq!(copy, source + more, "{}", table.as_str());
    }
    assert_eq!(from.stores.orders.find(order.id()).await.unwrap(), None, "the source is unchanged");
}
