//! Invalidation of cached products: placing an order takes stock, cancelling one restocks it.

use super::super::{
    Order, OrderCommand, PlaceRefusal,
    port::{ExecuteOrderError, PlaceError, Placement},
};
use crate::{
    ProductId, StoreError,
    product::{CachedProducts, Product, TouchedProducts},
};

/// Invalidates the products of an order that was placed, or the product that its refusal proves
/// outdated.
///
/// A replayed order counts as well: the process that placed it may have crashed before it
/// invalidated anything.
pub(super) async fn after_placement(
    cached: &CachedProducts,
    products: Vec<ProductId>,
    placed: &Result<Placement, PlaceError>,
) {
    match placed {
        Ok(_) => invalidate(cached, products, None).await,
        Err(PlaceError::Store(failure)) => invalidate(cached, products, Some(failure)).await,
        Err(PlaceError::Refused(PlaceRefusal::ProductNotFound { product })) => {
            cached.invalidate_if(*product, |_live| true).await;
        }
        Err(PlaceError::Refused(PlaceRefusal::InsufficientStock {
            product, requested, ..
        })) => {
            let enough = |cached: &Product| cached.stock.get() >= requested.get();
            cached.invalidate_if(*product, enough).await;
        }
        Err(
            PlaceError::Refused(PlaceRefusal::KeyReused | PlaceRefusal::AccountGone)
            | PlaceError::PlacedAndDeleted
            | PlaceError::EmailNotVerified
            | PlaceError::RateLimited(_),
        ) => {}
    }
}

/// Invalidates the products that a command may have restocked.
pub(super) async fn after_command(
    cached: &CachedProducts,
    command: OrderCommand,
    changed: &Result<Order, ExecuteOrderError>,
) {
    if !command.may_restock() {
        return;
    }
    match changed {
        Ok(order) => invalidate(cached, order.product_ids().collect(), None).await,
        // The command may have been committed, and the products of the order are not known here.
        Err(ExecuteOrderError::Store(failure)) => {
            cached.invalidate(TouchedProducts::All, Some(failure)).await;
        }
        Err(_refused) => {}
    }
}

/// Invalidates these products. A free-form order has none, and changes none.
async fn invalidate(
    cached: &CachedProducts,
    products: Vec<ProductId>,
    failure: Option<&StoreError>,
) {
    if !products.is_empty() {
        cached.invalidate(TouchedProducts::Listed(products), failure).await;
    }
}
