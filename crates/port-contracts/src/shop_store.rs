//! The contract of a [`ShopStore`](domain::shop::port::ShopStore).
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    Currency,
    order::OrderCommand,
    shop::{CurrencyMismatch, Shop, ShopId, port::OpenShopError},
};

use crate::{ShopFixture, Stores, builders, race};

const FIRST: ShopId = ShopId::from_random([1; 16]);
const SECOND: ShopId = ShopId::from_random([2; 16]);

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

/// Opens the shop, which must be refused.
async fn refused(stores: &Stores, configured: Currency) -> CurrencyMismatch {
    match stores.shop.open_shop(Some(configured), SECOND).await {
        Err(OpenShopError::Currency(mismatch)) => mismatch,
        other => panic!("the currency should be refused, but: {other:?}"),
    }
}

pub async fn a_shop_that_was_never_opened_is_not_recorded(stores: Stores) {
    assert_eq!(stores.shop.shop().await.unwrap(), None);
}

pub async fn the_first_opening_records_the_shop_and_later_ones_return_it(stores: Stores) {
    let shop = Shop { id: FIRST, currency: usd() };
    assert_eq!(stores.shop.open_shop(Some(usd()), FIRST).await.unwrap(), shop);
    assert_eq!(stores.shop.shop().await.unwrap(), Some(shop));
    for configured in [Some(usd()), None] {
        assert_eq!(stores.shop.open_shop(configured, SECOND).await.unwrap(), shop);
    }
}

pub async fn a_shop_without_orders_and_without_a_configured_currency_has_euros(stores: Stores) {
    let shop = Shop { id: FIRST, currency: Currency::EUR };
    assert_eq!(stores.shop.open_shop(None, FIRST).await.unwrap(), shop);
}

pub async fn another_currency_is_refused_and_the_record_unchanged(stores: Stores) {
    let shop = stores.shop.open_shop(None, FIRST).await.unwrap();
    let mismatch = CurrencyMismatch { shop: Currency::EUR, configured: usd() };
    assert_eq!(refused(&stores, usd()).await, mismatch);
    assert_eq!(stores.shop.shop().await.unwrap(), Some(shop));
}

pub async fn the_currency_of_the_newest_order_is_that_of_the_shop(fixture: ShopFixture) {
    // Orders of a database from before the shop was recorded.
    fixture.place(builders::free_form(&fixture.customer, "Lamp").build()).await;
    let newest = builders::free_form(&fixture.customer, "Lamp").with_currency(usd()).build();
    let newest = fixture.place(newest).await;
    fixture.execute(newest.id(), OrderCommand::Delete).await;
    let stores = &fixture.stores;
    let mismatch = CurrencyMismatch { shop: usd(), configured: Currency::EUR };
    assert_eq!(refused(stores, Currency::EUR).await, mismatch);
    assert_eq!(stores.shop.shop().await.unwrap(), None, "a refusal records nothing");
    let shop = stores.shop.open_shop(None, FIRST).await.unwrap();
    assert_eq!(shop, Shop { id: FIRST, currency: usd() });
}

pub async fn of_racing_openings_one_records_the_shop(stores: Stores) {
    let opened = race(8, |number| {
        let shop = stores.shop.clone();
        let id = ShopId::from_random([u8::try_from(number).unwrap(); 16]);
        async move { shop.open_shop(None, id).await.unwrap() }
    })
    .await;
    let recorded = stores.shop.shop().await.unwrap().unwrap();
    assert!(opened.iter().all(|shop| *shop == recorded), "{opened:?}");
}

pub async fn racing_openings_with_two_currencies_agree_on_one(stores: Stores) {
    let opened = race(8, |number| {
        let shop = stores.shop.clone();
        let configured = if number % 2 == 0 { Currency::EUR } else { usd() };
        async move { shop.open_shop(Some(configured), FIRST).await }
    })
    .await;
    let recorded = stores.shop.shop().await.unwrap().unwrap();
    for (number, result) in opened.into_iter().enumerate() {
        let configured = if number % 2 == 0 { Currency::EUR } else { usd() };
        match result {
            Ok(shop) => assert_eq!((shop, configured), (recorded, recorded.currency)),
            Err(OpenShopError::Currency(mismatch)) => {
                assert_eq!(mismatch, CurrencyMismatch { shop: recorded.currency, configured });
                assert_ne!(configured, recorded.currency);
            }
            Err(OpenShopError::Store(error)) => panic!("the store failed: {error:?}"),
        }
    }
}
