//! Spans around the store of orders.

use async_trait::async_trait;
use domain::{
    OrderId, Page, StoreError, Timestamp, Version,
    account::Actor,
    order::{
        NewOrder, Order, OrderCommand, OrderEvent,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
};

use super::traced::Traced;

#[async_trait]
impl<S: OrderStore + ?Sized> OrderStore for Traced<S> {
    /// The span covers the wait for others to be placed with.
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let fails = |error: &PlaceError| matches!(error, PlaceError::Store(_));
        self.batch("orders.place", fails, self.store.place(orders)).await
    }

    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        let fails = |error: &ExecuteOrderError| matches!(error, ExecuteOrderError::Store(_));
        let execute = self.store.execute(id, command, expected, actor, now);
        self.change("orders.execute", fails, execute).await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read("orders.find", self.store.find(id)).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        self.read("orders.list", self.store.list(query)).await
    }

    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        self.read("orders.search", self.store.search(search)).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        self.read("orders.events", self.store.events(id)).await
    }
}
