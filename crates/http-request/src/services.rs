//! The services that the handlers of every surface call.

use std::sync::Arc;

use domain::{
    ExpectedVersions, OrderId, ProductId, UserId,
    account::{Account, AccountCommand, Actor, port::ChangeAccountError, service::AccountService},
    events::service::EventService,
    order::{Order, OrderCommand, OrderStatus, port::ExecuteOrderError, service::OrderService},
    product::{Product, ProductCommand, port::ChangeProductError, service::ProductService},
    rate_limit::RateLimiter,
};

use crate::DetachedTasks;

/// The services that handlers call. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The use cases of accounts.
    pub accounts: AccountService,
    /// The use cases of products.
    pub products: ProductService,
    /// The use cases of orders.
    pub orders: OrderService,
    /// The use cases of the feed.
    pub events: EventService,
    /// Limits how often a client, an account or a mailbox may be used for an action.
    pub rate_limiter: Arc<dyn RateLimiter>,
    /// Runs changes as detached tasks.
    pub detached: DetachedTasks,
}

impl Services {
    /// Executes a command on an account, in a detached task.
    ///
    /// # Errors
    /// As [`AccountService::execute`].
    pub async fn change_account(
        &self,
        id: UserId,
        command: AccountCommand,
        actor: Actor,
    ) -> Result<Option<Account>, ChangeAccountError> {
        let accounts = self.accounts.clone();
        self.detached.run(async move { accounts.execute(id, &command, actor).await }).await
    }

    /// Executes a command on a product, in a detached task.
    ///
    /// # Errors
    /// Those of [`ProductService::execute`].
    pub async fn change_product(
        &self,
        id: ProductId,
        command: ProductCommand,
        expected: ExpectedVersions,
        actor: Actor,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let products = self.products.clone();
        let change = async move { products.execute(id, &command, &expected, actor).await };
        self.detached.run(change).await
    }

    /// Executes a command on an order, in a detached task.
    ///
    /// # Errors
    /// Those of [`OrderService::execute`].
    pub async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        expected: ExpectedVersions,
        actor: Actor,
    ) -> Result<Order, ExecuteOrderError> {
        let orders = self.orders.clone();
        self.detached.run(async move { orders.execute(id, command, &expected, actor).await }).await
    }

    /// Brings an order to a status, in a detached task.
    ///
    /// # Errors
    /// As [`OrderService::set_status`].
    pub async fn set_order_status(
        &self,
        id: OrderId,
        to: OrderStatus,
        expected: ExpectedVersions,
        actor: Actor,
    ) -> Result<Order, ExecuteOrderError> {
        let orders = self.orders.clone();
        self.detached.run(async move { orders.set_status(id, to, &expected, actor).await }).await
    }
}
