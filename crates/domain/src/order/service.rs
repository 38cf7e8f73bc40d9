//! The use cases around orders: place, look up, move along.

mod cache;
mod metrics;

use std::sync::Arc;

use super::{
    Fingerprint, FreeFormItem, Idempotency, IdempotencyKey, LineRequests, NewOrder, Order,
    OrderCommand, OrderEvent, OrderRefusal, RequestedContent,
    port::{
        ExecuteOrderError, OrderFilter, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement,
    },
};
use crate::{
    Clock, Currency, CustomerName, OrderId, Page, PageRequest, StoreError, TraceParent, Version,
    account::{Account, Actor},
    product::CachedProducts,
};

/// The use cases around orders.
#[derive(Clone)]
pub struct OrderService {
    store: Arc<dyn OrderStore>,
    cached_products: Option<CachedProducts>,
    clock: Arc<dyn Clock>,
    currency: Currency,
}

/// How a request for an order came: what it says beside what is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacementRequest {
    /// The client's key, if it sent one: with the same key, the same order is placed once.
    pub key: Option<IdempotencyKey>,
    /// The trace that the request belongs to.
    pub trace: Option<TraceParent>,
}

impl PlacementRequest {
    /// One with that key, in no trace.
    pub const fn keyed(key: IdempotencyKey) -> Self {
        Self { key: Some(key), trace: None }
    }
}

/// Why an order is not shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ViewOrderError {
    /// There is no such order (any more).
    #[error("no such order")]
    NotFound,
    /// Neither the order's owner nor staff is asking.
    #[error("the order is somebody else's")]
    NotOwner,
    /// Only staff may see all orders.
    #[error("only staff may see all orders")]
    AdminOnly,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OrderService {
    /// The use cases over a store. New orders are in this currency.
    pub fn new(store: Arc<dyn OrderStore>, clock: Arc<dyn Clock>, currency: Currency) -> Self {
        metrics::register();
        Self { store, cached_products: None, clock, currency }
    }

    /// The same where products are cached: orders change their stock, so what they touch leaves the cache.
    #[must_use]
    pub fn with_cached_products(self, products: CachedProducts) -> Self {
        Self { cached_products: Some(products), ..self }
    }

    /// Places an order for products, all lines or none, in the customer's own name.
    ///
    /// # Errors
    /// [`PlaceError`]; no stock is taken then.
    pub async fn place(
        &self,
        customer: &Account,
        lines: LineRequests,
        request: PlacementRequest,
    ) -> Result<Placement, PlaceError> {
        let name = CustomerName::from(&customer.name);
        self.place_one(customer, name, RequestedContent::Products(lines), request).await
    }

    /// Places an order in words, for somebody who is named. It touches no stock.
    ///
    /// # Errors
    /// [`PlaceError`]; nothing is placed then.
    pub async fn place_free_form(
        &self,
        placed_by: &Account,
        customer: CustomerName,
        item: FreeFormItem,
        request: PlacementRequest,
    ) -> Result<Placement, PlaceError> {
        self.place_one(placed_by, customer, RequestedContent::FreeForm(item), request).await
    }

    async fn place_one(
        &self,
        placed_by: &Account,
        customer: CustomerName,
        content: RequestedContent,
        request: PlacementRequest,
    ) -> Result<Placement, PlaceError> {
        let PlacementRequest { key, trace } = request;
        let fingerprint = Fingerprint::of(&customer, &content);
        let order = NewOrder {
            placed_by: placed_by.id,
            customer,
            content,
            currency: self.currency,
            idempotency: key.map(|key| Idempotency { key, fingerprint }),
            placed_at: self.clock.now(),
            trace,
        };
        let products = order.products().collect();
        let mut results = self.store.place(vec![order]).await;
        let placed = results.pop().unwrap_or_else(|| Err(StoreError::broken(NoResult).into()));
        if let Some(cached) = &self.cached_products {
            cache::after_placement(cached, products, &placed).await;
        }
        metrics::count_placement(&placed);
        placed
    }

    /// One order, for its owner or staff.
    ///
    /// # Errors
    /// [`ViewOrderError`] if there is none, or it is somebody else's.
    pub async fn view(&self, id: OrderId, actor: Actor) -> Result<Order, ViewOrderError> {
        let order = self.store.find(id).await?.ok_or(ViewOrderError::NotFound)?;
        if actor.may_access(order.placed_by()) { Ok(order) } else { Err(ViewOrderError::NotOwner) }
    }

    /// An order's history, newest first, for its owner or staff.
    ///
    /// # Errors
    /// [`ViewOrderError`] if there is no such order, or it is somebody else's.
    pub async fn history(
        &self,
        id: OrderId,
        actor: Actor,
    ) -> Result<Vec<OrderEvent>, ViewOrderError> {
        self.view(id, actor).await?;
        Ok(self.store.events(id).await?)
    }

    /// A page of everybody's orders, newest first, for staff.
    ///
    /// # Errors
    /// [`ViewOrderError::AdminOnly`] for others.
    pub async fn list(
        &self,
        query: &OrderQuery,
        actor: Actor,
    ) -> Result<Page<Order>, ViewOrderError> {
        if !actor.is_admin() {
            return Err(ViewOrderError::AdminOnly);
        }
        Ok(self.store.list(query).await?)
    }

    /// A page of the actor's own orders, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn list_own(
        &self,
        page: PageRequest,
        actor: Actor,
    ) -> Result<Page<Order>, StoreError> {
        let filter = OrderFilter { user: Some(actor.user), ..OrderFilter::default() };
        self.store.list(&OrderQuery { filter, page }).await
    }

    /// A classic list: everybody's orders for staff, for others their own, whatever the search says.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn search(
        &self,
        mut search: OrderSearch,
        actor: Actor,
    ) -> Result<Vec<Order>, StoreError> {
        if !actor.is_admin() {
            search.user = Some(actor.user);
        }
        self.store.search(&search).await
    }

    /// Does something to an order, and returns it as it is from now on. With `expected`, only if it is
    /// still at that version.
    ///
    /// # Errors
    /// [`ExecuteOrderError`]; nothing is changed or recorded then. Who may not do such a thing to any
    /// order is not told whether this one exists.
    pub async fn execute(
        &self,
        id: OrderId,
        command: OrderCommand,
        expected: Option<Version>,
        actor: Actor,
    ) -> Result<Order, ExecuteOrderError> {
        if command.is_staff_only() && !actor.is_admin() {
            return Err(OrderRefusal::AdminOnly.into());
        }
        let changed = self.store.execute(id, &command, expected, actor, self.clock.now()).await;
        if let Some(cached) = &self.cached_products {
            cache::after_command(cached, command, &changed).await;
        }
        if changed.is_ok() {
            metrics::count_change(command);
        }
        changed
    }
}

/// A store that breaks its contract: one result for each order.
#[derive(Debug, thiserror::Error)]
#[error("the store returned no result for the order")]
struct NoResult;
