//! What orders mean for the products that are cached: placing takes stock, a cancellation gives it back.

use super::super::{
    Order, OrderCommand, PlaceRefusal,
    port::{ExecuteOrderError, PlaceError, Placement},
};
use crate::{
    ProductId, StoreError,
    product::{CachedProducts, Product, TouchedProducts},
};

/// Drops what a placement changed of these products, which the order named, or what its refusal proves wrong.
///
/// An order that was placed before counts as well: the process that placed it may have died before it invalidated
/// anything.
pub(super) async fn after_placement(
    cached: &CachedProducts,
    named: Vec<ProductId>,
    placed: &Result<Placement, PlaceError>,
) {
    match placed {
        Ok(_) => invalidate(cached, named, None).await,
        Err(PlaceError::Store(failure)) => invalidate(cached, named, Some(failure)).await,
        Err(PlaceError::Refused(PlaceRefusal::ProductNotFound { product })) => {
            cached.drop_if(*product, |_live| true).await;
        }
        Err(PlaceError::Refused(PlaceRefusal::InsufficientStock {
            product, requested, ..
        })) => {
            let enough = |cached: &Product| cached.stock.get() >= requested.get();
            cached.drop_if(*product, enough).await;
        }
        Err(PlaceError::Refused(PlaceRefusal::KeyReused) | PlaceError::PlacedAndDeleted) => {}
    }
}

/// Drops the products that a command gave their stock back.
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
        // It may have been committed all the same, and which products the order names is not known here.
        Err(ExecuteOrderError::Store(failure)) => {
            cached.invalidate(TouchedProducts::All, Some(failure)).await;
        }
        Err(_refused) => {}
    }
}

/// An order in words names no product, and changes none.
async fn invalidate(
    cached: &CachedProducts,
    products: Vec<ProductId>,
    failure: Option<&StoreError>,
) {
    if !products.is_empty() {
        cached.invalidate(TouchedProducts::Listed(products), failure).await;
    }
}
