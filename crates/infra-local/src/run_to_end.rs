//! Changes that no caller can stop halfway.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use domain::{
    Page, ProductId, StoreError, Timestamp, Version,
    account::Actor,
    order::{
        NewOrder, Order, OrderCommand, OrderEvent, OrderId,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
    product::{
        NewProduct, Product, ProductCommand,
        port::{ChangeProductError, ProductQuery, ProductStore},
    },
};
use tokio::runtime::Handle;
use tracing::Instrument as _;

/// Runs every change of a store to its end, also if its caller goes away.
///
/// When a client disconnects, the future of its request is dropped where it stands. With decorators around
/// a store, that may be after the change was committed and before it was made known to the cache.
/// Here each change is a task of its own, and the caller merely waits for it. The task runs on the runtime on which
/// this was made, since a caller's may end before it: a web server has one for each of its threads. Reads pass
/// straight through. A change that panics is [`StoreError::Broken`].
pub struct RunToEnd<S: ?Sized> {
    store: Arc<S>,
    runtime: Handle,
}

impl<S: ?Sized> RunToEnd<S> {
    /// Puts itself before a store. Changes run on the runtime of whoever calls this.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn new(store: Arc<S>) -> Self {
        Self { store, runtime: Handle::current() }
    }

    /// Runs a change as a task of its own, within the span of whoever asked for it.
    async fn to_its_end<T: Send + 'static>(
        &self,
        change: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.runtime.spawn(change.in_current_span()).await.map_err(StoreError::broken)
    }
}

impl<S: ?Sized> Clone for RunToEnd<S> {
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), runtime: self.runtime.clone() }
    }
}

#[async_trait]
impl<S: ProductStore + ?Sized + 'static> ProductStore for RunToEnd<S> {
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        let store = Arc::clone(&self.store);
        self.to_its_end(async move { store.create(product, actor, now).await }).await?
    }

    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.store.find(id).await
    }

    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.store.list(query).await
    }

    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let store = Arc::clone(&self.store);
        let command = command.clone();
        self.to_its_end(async move { store.execute(id, &command, expected, actor, now).await })
            .await?
    }

    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        self.store.await_open_transactions().await
    }
}

#[async_trait]
impl<S: OrderStore + ?Sized + 'static> OrderStore for RunToEnd<S> {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let store = Arc::clone(&self.store);
        let count = orders.len();
        match self.to_its_end(async move { store.place(orders).await }).await {
            Ok(results) => results,
            Err(error) => vec![Err(error.into()); count],
        }
    }

    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        let store = Arc::clone(&self.store);
        let command = *command;
        self.to_its_end(async move { store.execute(id, &command, expected, actor, now).await })
            .await?
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.store.find(id).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        self.store.list(query).await
    }

    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        self.store.search(search).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        self.store.events(id).await
    }
}
