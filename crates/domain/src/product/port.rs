//! What products need from the outside. The doc of each method is its contract.

use std::sync::Arc;

use async_trait::async_trait;

use super::{NewProduct, Product, ProductChange, ProductCommand, ProductRefusal, StockMovement};
use crate::{
    Page, PageRequest, ProductId, SearchTerm, StoreError, Timestamp, Version, account::Actor,
};

/// Which products a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductQuery {
    /// Only those whose name contains this.
    pub search: Option<SearchTerm>,
    /// Which page.
    pub page: PageRequest,
}

/// Looks products up.
///
/// Every read sees what was acknowledged before it started, through the same store.
#[async_trait]
pub trait ProductReads: Send + Sync {
    /// The live product of that number, or `None`.
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError>;

    /// A page of the live products, newest (greatest id) first, and how many the query matches in all.
    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError>;
}

/// Looks up how the stock of products came about.
#[async_trait]
pub trait MovementReads: Send + Sync {
    /// A page of the movements of a product, live or deleted, newest (greatest revision) first, and how many it has in
    /// all; `None` if there never was such a product.
    async fn movements(
        &self,
        product: ProductId,
        page: PageRequest,
    ) -> Result<Option<Page<StockMovement>>, StoreError>;
}

/// Creates and changes products.
///
/// What a method acknowledges MUST survive a crash of the process. Stock MUST never be negative and MUST equal the
/// sum of the product's recorded movements.
#[async_trait]
pub trait ProductWrites: Send + Sync {
    /// Makes a product, live, with [`Version::FIRST`], and records its initial stock unless it is 0.
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError>;

    /// Locks the product, lets [`Product::decide`] decide, and commits what it says and the movement
    /// with it, in one transaction. With `expected`, any other version is refused before that, but a
    /// deleted product is [`ChangeProductError::NotFound`] first, save for a restore.
    /// If nothing changes, nothing is written.
    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError>;

    /// Waits until every transaction that was open when this was called has been committed or rolled back, whichever
    /// process began it. After that, reads see for good what became of a change that failed with
    /// [`StoreError::CommitUnknown`] before.
    ///
    /// # Errors
    /// [`StoreError`] if that is not so within some seconds, or the store failed; then it is to be tried again.
    async fn await_open_transactions(&self) -> Result<(), StoreError>;
}

/// A store of products: their ports on one handle.
pub trait ProductStore: ProductReads + MovementReads + ProductWrites {}

impl<S: ProductReads + MovementReads + ProductWrites + ?Sized> ProductStore for S {}

/// Why a product was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChangeProductError {
    /// There is no such product, or it is deleted.
    #[error("no such product")]
    NotFound,
    /// It is not the version that the caller had seen.
    #[error("the product is at version {current}")]
    VersionMismatch {
        /// The version it is at.
        current: Version,
    },
    /// The rules forbid it. Never [`ProductRefusal::Deleted`]: that is [`Self::NotFound`].
    #[error(transparent)]
    Refused(ProductRefusal),
    /// The store failed. If it was away in the middle of a commit, the change may have been made all the
    /// same; with the version that the caller expects it is safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProductRefusal> for ChangeProductError {
    /// A deleted product does not exist, for whoever is not restoring it.
    fn from(refusal: ProductRefusal) -> Self {
        match refusal {
            ProductRefusal::Deleted => Self::NotFound,
            refused => Self::Refused(refused),
        }
    }
}

impl Product {
    /// Decides what a command makes of this product for a caller that expects a version, as
    /// [`ProductWrites::execute`] wants it.
    ///
    /// # Errors
    /// [`ChangeProductError`]; the product stays as it is then.
    pub fn decide_at(
        &self,
        expected: Option<Version>,
        command: &ProductCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<ProductChange, ChangeProductError> {
        if !self.is_live() && *command != ProductCommand::Restore {
            return Err(ChangeProductError::NotFound);
        }
        if expected.is_some_and(|version| version != self.version) {
            return Err(ChangeProductError::VersionMismatch { current: self.version });
        }
        Ok(self.decide(command, actor, now)?)
    }
}
