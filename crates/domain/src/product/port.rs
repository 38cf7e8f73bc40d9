//! The ports of products. The doc of each method is its contract.

use std::sync::Arc;

use async_trait::async_trait;

use super::{NewProduct, Product, ProductChange, ProductCommand, ProductRefusal, StockMovement};
use crate::{
    ExpectedVersions, Page, PageRequest, ProductId, Revision, SearchTerm, Stock, StoreError,
    Timestamp, Version, account::Actor,
};

/// The query of a list of products.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductQuery {
    /// Only products whose name contains this.
    pub search: Option<SearchTerm>,
    /// The page to return.
    pub page: PageRequest,
}

/// Reads products.
///
/// Every read sees what the same store acknowledged before the read started.
#[async_trait]
pub trait ProductReads: Send + Sync {
    /// The live product with this identifier, or `None`.
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError>;

    /// A page of the live products, newest (greatest id) first, and the number of all that the
    /// query matches.
    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError>;
}

/// Reads the movements of products.
#[async_trait]
pub trait MovementReads: Send + Sync {
    /// A page of the movements of a product, live or deleted, newest (greatest revision) first, and
    /// the number of all; `None` if there never was such a product.
    async fn movements(
        &self,
        product: ProductId,
        page: PageRequest,
    ) -> Result<Option<Page<StockMovement>>, StoreError>;
}

/// Creates and changes products.
///
/// What a method acknowledges MUST survive a crash of the process. Stock MUST never be negative and
/// MUST equal the sum of the product's recorded movements.
#[async_trait]
pub trait ProductWrites: Send + Sync {
    /// Creates a live product with [`Version::FIRST`], and the movement of its initial stock unless
    /// that is 0.
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError>;

    /// Locks the product, calls [`Product::decide_at`], and commits the product and the movement in
    /// one transaction. `expected` refuses any other version, and for a change that names the stock
    /// any other revision, but a deleted product is [`ChangeProductError::NotFound`] before that,
    /// except for a restore. If nothing changes, nothing is written.
    ///
    /// If the command raises the stock, the decision needs the units that live open orders hold,
    /// counted under the lock.
    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError>;

    /// Waits until every transaction that was open at the call is committed or rolled back, in
    /// whichever process it was begun. After that, reads see the final outcome of a change that
    /// failed with [`StoreError::CommitUnknown`] before.
    ///
    /// # Errors
    /// [`StoreError`] if transactions stay open for some seconds, or the store failed; then call it
    /// again.
    async fn await_open_transactions(&self) -> Result<(), StoreError>;
}

/// A store of products: its ports in one trait object.
pub trait ProductStore: ProductReads + MovementReads + ProductWrites {}

impl<S: ProductReads + MovementReads + ProductWrites + ?Sized> ProductStore for S {}

/// Why a product was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChangeProductError {
    /// There is no product with this identifier, or it is deleted.
    #[error("no such product")]
    NotFound,
    /// The product is not at a version that the caller expects or, if the command names the stock,
    /// not at the revision that the caller expects with it.
    #[error("the product is at version {current}, revision {revision}")]
    VersionMismatch {
        /// The current version.
        current: Version,
        /// The current revision.
        revision: Revision,
    },
    /// The decision refused the command. Never [`ProductRefusal::Deleted`]: that is
    /// [`Self::NotFound`].
    #[error(transparent)]
    Refused(ProductRefusal),
    /// The store failed. On [`StoreError::CommitUnknown`] the change may have been committed; with
    /// an expected version it is safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProductRefusal> for ChangeProductError {
    /// For every command except a restore, a deleted product counts as not found.
    fn from(refusal: ProductRefusal) -> Self {
        match refusal {
            ProductRefusal::Deleted => Self::NotFound,
            refused => Self::Refused(refused),
        }
    }
}

impl Product {
    /// Decides a command on this product for a caller that expects certain versions, as
    /// [`ProductWrites::execute`] must.
    ///
    /// A sale changes the stock and not the version. So a command that sets the stock is refused
    /// also at another revision: it would undo the sales that the caller has not seen.
    ///
    /// # Errors
    /// [`ChangeProductError`]; the store must change nothing then.
    pub fn decide_at(
        &self,
        expected: &ExpectedVersions,
        command: &ProductCommand,
        held: Stock,
        actor: Actor,
        now: Timestamp,
    ) -> Result<ProductChange, ChangeProductError> {
        if !self.is_live() && *command != ProductCommand::Restore {
            return Err(ChangeProductError::NotFound);
        }
        let (current, revision) = (self.version, self.revision);
        let accepted = if command.names_stock() {
            expected.accepts_revision(current, revision)
        } else {
            expected.accepts(current)
        };
        if !accepted {
            return Err(ChangeProductError::VersionMismatch { current, revision });
        }
        Ok(self.decide(command, held, actor, now)?)
    }
}
