//! The use cases of products: view, list, manage.

use std::sync::Arc;

use super::{
    CachedProducts, NewProduct, Product, ProductCommand, ProductRefusal, StockMovement,
    TouchedProducts,
    port::{ChangeProductError, ProductQuery, ProductReads as _, ProductStore},
};
use crate::{Clock, ExpectedVersions, Page, PageRequest, ProductId, StoreError, account::Actor};

/// The use cases of products.
#[derive(Clone)]
pub struct ProductService {
    reads: CachedProducts,
    store: Arc<dyn ProductStore>,
    clock: Arc<dyn Clock>,
}

/// Why a use case for staff failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StaffOnlyError {
    /// The actor is not an admin.
    #[error("only staff may do that")]
    Forbidden,
    /// The store failed; nothing was changed, except perhaps on [`StoreError::CommitUnknown`].
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProductService {
    /// Makes the service over a store, whose products are read through a cache.
    pub fn new(reads: CachedProducts, store: Arc<dyn ProductStore>, clock: Arc<dyn Clock>) -> Self {
        Self { reads, store, clock }
    }

    /// Creates a product.
    ///
    /// # Errors
    /// [`StaffOnlyError`] if the actor is not an admin, or the store failed.
    pub async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
    ) -> Result<Arc<Product>, StaffOnlyError> {
        if !actor.is_admin() {
            return Err(StaffOnlyError::Forbidden);
        }
        let created = self.store.create(product, actor, self.clock.now()).await;
        let touched = TouchedProducts::Listed(created.iter().map(|product| product.id).collect());
        self.reads.invalidate(touched, created.as_ref().err()).await;
        Ok(created?)
    }

    /// Returns one live product, or `None`.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.reads.find(id).await
    }

    /// Returns a page of the live products, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.reads.list(query).await
    }

    /// Returns a page of a product's movements, newest first, for staff; `None` if there never was
    /// such a product.
    ///
    /// # Errors
    /// [`StaffOnlyError`] if the actor is not an admin, or the store failed.
    pub async fn movements(
        &self,
        id: ProductId,
        page: PageRequest,
        actor: Actor,
    ) -> Result<Option<Page<StockMovement>>, StaffOnlyError> {
        if !actor.is_admin() {
            return Err(StaffOnlyError::Forbidden);
        }
        Ok(self.store.movements(id, page).await?)
    }

    /// Executes a command on a product and returns its new state, if the product is at a version
    /// that is expected.
    ///
    /// # Errors
    /// [`ChangeProductError`]; nothing is changed then, except perhaps on
    /// [`StoreError::CommitUnknown`].
    pub async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: &ExpectedVersions,
        actor: Actor,
    ) -> Result<Arc<Product>, ChangeProductError> {
        if !actor.is_admin() {
            return Err(ProductRefusal::Forbidden.into());
        }
        let changed = self.store.execute(id, command, expected, actor, self.clock.now()).await;
        self.invalidate_cache(id, changed.as_ref().err()).await;
        changed
    }

    /// Invalidates a product that was changed, or whose cached state the store's refusal proves
    /// outdated.
    async fn invalidate_cache(&self, id: ProductId, error: Option<&ChangeProductError>) {
        let touched = TouchedProducts::Listed(vec![id]);
        match error {
            None => self.reads.invalidate(touched, None).await,
            Some(ChangeProductError::Store(failure)) => {
                self.reads.invalidate(touched, Some(failure)).await;
            }
            Some(ChangeProductError::VersionMismatch { revision, .. }) => {
                self.reads.invalidate_if(id, |cached| cached.revision < *revision).await;
            }
            Some(ChangeProductError::NotFound) => self.reads.invalidate_if(id, |_live| true).await,
            Some(ChangeProductError::Refused(_)) => {}
        }
    }
}
