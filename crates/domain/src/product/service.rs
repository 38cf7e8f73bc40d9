//! The use cases around products: look at them, manage them.

use std::sync::Arc;

use super::{
    NewProduct, Product, ProductCommand, ProductRefusal,
    port::{ChangeProductError, ProductQuery, ProductStore},
};
use crate::{Clock, Page, ProductId, StoreError, Version, account::Actor};

/// The use cases around products.
#[derive(Clone)]
pub struct ProductService {
    store: Arc<dyn ProductStore>,
    clock: Arc<dyn Clock>,
}

/// Why a product was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateProductError {
    /// The actor is no admin.
    #[error("only staff may make products")]
    Forbidden,
    /// The store failed; nothing was made.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProductService {
    /// The use cases over a store.
    pub fn new(store: Arc<dyn ProductStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Makes a product.
    ///
    /// # Errors
    /// [`CreateProductError`] if the actor is no admin, or the store failed.
    pub async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
    ) -> Result<Arc<Product>, CreateProductError> {
        if !actor.is_admin() {
            return Err(CreateProductError::Forbidden);
        }
        Ok(self.store.create(product, actor, self.clock.now()).await?)
    }

    /// One live product, or `None`.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.store.find(id).await
    }

    /// A page of the live products, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.store.list(query).await
    }

    /// Does something to a product, and returns it as it is from now on. With `expected`, only if it is
    /// still at that version.
    ///
    /// # Errors
    /// [`ChangeProductError`]; nothing is changed then.
    pub async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: Option<Version>,
        actor: Actor,
    ) -> Result<Arc<Product>, ChangeProductError> {
        if !actor.is_admin() {
            return Err(ProductRefusal::Forbidden.into());
        }
        self.store.execute(id, command, expected, actor, self.clock.now()).await
    }
}
