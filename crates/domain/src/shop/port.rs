//! The port of the shop. The doc of each method is its contract.

use async_trait::async_trait;

use super::{CurrencyMismatch, Shop, ShopId};
use crate::{Currency, StoreError};

/// Keeps the one record about the shop.
#[async_trait]
pub trait ShopStore: Send + Sync {
    /// The shop, or `None` if it was never opened.
    async fn shop(&self) -> Result<Option<Shop>, StoreError>;

    /// The shop, for a program that is set up for this currency; `None` accepts any. If it was
    /// never opened, records [`Shop::new`] of this identifier and the currency of the newest order,
    /// deleted or not.
    ///
    /// Of racing calls one MUST record the shop, and all MUST return the same one, or the refusal
    /// of [`Shop::check`], which MUST leave the record as it was and record none.
    async fn open_shop(
        &self,
        configured: Option<Currency>,
        id: ShopId,
    ) -> Result<Shop, OpenShopError>;
}

/// Why a program may not use the shop.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenShopError {
    /// The program is set up for another currency.
    #[error(transparent)]
    Currency(#[from] CurrencyMismatch),
    /// The store failed. It is safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}
