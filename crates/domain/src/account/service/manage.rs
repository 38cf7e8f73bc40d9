//! The use cases of accounts that exist: view, list, change, delete.

use std::collections::BTreeSet;

use super::{AccountService, ViewAccountError};
use crate::{
    Page, ProductId, UserId,
    account::{
        Account, AccountCommand, AccountRefusal, Actor, EmailAddress, OpenOrders,
        port::{AccountOutcome, AccountQuery, ChangeAccountError},
    },
    order::{Order, service::metrics},
    product::{CachedProducts, TouchedProducts},
};

impl AccountService {
    /// Adds the cache of products: deleting an account may cancel its orders, which restocks
    /// products, so the service invalidates them.
    #[must_use]
    pub fn with_cached_products(self, products: CachedProducts) -> Self {
        Self { cached_products: Some(products), ..self }
    }

    /// Returns one account, for its owner or staff.
    ///
    /// # Errors
    /// [`ViewAccountError`]; for other actors it does not depend on whether the account exists.
    pub async fn view(&self, id: UserId, actor: Actor) -> Result<Account, ViewAccountError> {
        if !actor.may_access(id) {
            return Err(ViewAccountError::Forbidden);
        }
        self.ports.accounts.find(id).await?.ok_or(ViewAccountError::NotFound)
    }

    /// Returns the account with this address, for staff.
    ///
    /// # Errors
    /// [`ViewAccountError`]; for other actors it does not depend on whether the account exists.
    pub async fn view_by_email(
        &self,
        email: &EmailAddress,
        actor: Actor,
    ) -> Result<Account, ViewAccountError> {
        if !actor.is_admin() {
            return Err(ViewAccountError::Forbidden);
        }
        let found = self.ports.accounts.credentials(email).await?;
        found.map(|credentials| credentials.account).ok_or(ViewAccountError::NotFound)
    }

    /// Returns a page of the accounts that a filter matches, for staff, by ascending id.
    ///
    /// # Errors
    /// [`ViewAccountError`] if the actor is not an admin, or the store failed.
    pub async fn list(
        &self,
        query: &AccountQuery,
        actor: Actor,
    ) -> Result<Page<Account>, ViewAccountError> {
        if !actor.is_admin() {
            return Err(ViewAccountError::Forbidden);
        }
        Ok(self.ports.accounts.list(query).await?)
    }

    /// Executes a command on an account. Returns its new state, or `None` if it was deleted.
    ///
    /// # Errors
    /// [`ChangeAccountError`]; nothing is changed then, except perhaps on
    /// [`StoreError::CommitUnknown`](crate::StoreError::CommitUnknown). For actors other than owner
    /// and staff it does not depend on whether the account exists.
    pub async fn execute(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
    ) -> Result<Option<Account>, ChangeAccountError> {
        if !actor.may_access(id) {
            return Err(AccountRefusal::Forbidden.into());
        }
        let now = self.ports.clock.now();
        let changed = self.ports.accounts.execute(id, command, actor, now).await;
        self.invalidate_restocked(command, &changed).await;
        let AccountOutcome { account, cancelled } = changed?;
        metrics::count_cancelled(cancelled.len());
        Ok(account)
    }

    /// Invalidates the products that a deletion restocked.
    async fn invalidate_restocked(
        &self,
        command: &AccountCommand,
        changed: &Result<AccountOutcome, ChangeAccountError>,
    ) {
        let Some(cached) = &self.cached_products else { return };
        match changed {
            Ok(changed) if changed.cancelled.is_empty() => {}
            Ok(changed) => {
                let products: BTreeSet<ProductId> =
                    changed.cancelled.iter().flat_map(Order::product_ids).collect();
                let products = TouchedProducts::Listed(products.into_iter().collect());
                cached.invalidate(products, None).await;
            }
            // The deletion may have been committed, and the restocked products are not known here.
            Err(ChangeAccountError::Store(failure))
                if matches!(
                    command,
                    AccountCommand::Delete { open_orders: OpenOrders::Cancel }
                ) =>
            {
                cached.invalidate(TouchedProducts::All, Some(failure)).await;
            }
            Err(_refused) => {}
        }
    }
}
