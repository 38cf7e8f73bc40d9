//! The shop of the database: its identifier and its currency.

use domain::{
    Currency, StoreError,
    shop::{
        Shop, ShopId,
        port::{OpenShopError, ShopStore},
    },
};

use super::error::CompositionError;

/// The shop, whose currency must be the configured one, if there is one. A program that serves the
/// database records a shop that has none yet; for another one a shop without a record has the
/// configured currency, or else the default, and an identifier that no other start sees.
pub(super) async fn open<S: ShopStore + ?Sized>(
    store: &S,
    configured: Option<Currency>,
    serves: bool,
) -> Result<Shop, CompositionError> {
    if serves {
        return Ok(store.open_shop(configured, random_id()?).await?);
    }
    match store.shop().await? {
        Some(shop) => Ok(shop.check(configured).map_err(OpenShopError::from)?),
        None => Ok(Shop::new(random_id()?, None, configured)),
    }
}

fn random_id() -> Result<ShopId, StoreError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(StoreError::broken)?;
    Ok(ShopId::from_random(random))
}
