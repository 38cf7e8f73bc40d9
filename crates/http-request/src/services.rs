//! The services that the handlers of every surface call.

use std::sync::Arc;

use domain::{
    OrderId, ProductId, Version,
    account::{Actor, service::AccountService},
    order::{Order, OrderCommand, port::ExecuteOrderError, service::OrderService},
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
    /// Limits how often a client, an account or a mailbox may be used for an action.
    pub rate_limiter: Arc<dyn RateLimiter>,
    /// Runs changes as detached tasks.
    pub detached: DetachedTasks,
}

impl Services {
    /// Executes a command on a product, in a detached task.
    ///
    /// # Errors
    /// As [`ProductService::execute`].
    pub async fn change_product(
        &self,
        id: ProductId,
        command: ProductCommand,
        expected: Option<Version>,
        actor: Actor,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let products = self.products.clone();
        let change = async move { products.execute(id, &command, expected, actor).await };
        self.detached.run(change).await
    }

    /// Executes a command on an order, in a detached task.
    ///
    /// # Errors
    /// As [`OrderService::execute`].
    pub async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        expected: Option<Version>,
        actor: Actor,
    ) -> Result<Order, ExecuteOrderError> {
        let orders = self.orders.clone();
        self.detached.run(async move { orders.execute(id, command, expected, actor).await }).await
    }
}
