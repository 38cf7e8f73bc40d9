//! The use cases that the handlers of every surface call.

use std::sync::Arc;

use domain::{
    OrderId, ProductId, Version,
    account::{Actor, service::AccountService},
    order::{Order, OrderCommand, port::ExecuteOrderError, service::OrderService},
    product::{Product, ProductCommand, port::ChangeProductError, service::ProductService},
    rate_limit::RateLimiter,
};

use crate::Changes;

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The use cases around accounts.
    pub accounts: AccountService,
    /// The use cases around products.
    pub products: ProductService,
    /// The use cases around orders.
    pub orders: OrderService,
    /// Counts attempts.
    pub limiter: Arc<dyn RateLimiter>,
    /// Where changes run.
    pub changes: Changes,
}

impl Services {
    /// Carries out a command on a product, to its end.
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
        self.changes.run(change).await
    }

    /// Carries out a command on an order, to its end.
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
        self.changes.run(async move { orders.execute(id, command, expected, actor).await }).await
    }
}
