//! The use cases of orders: place, view, list, execute commands.

mod cache;
pub(crate) mod metrics;
mod order_limit;

use std::sync::Arc;

use super::{
    Fingerprint, FreeFormItem, Idempotency, IdempotencyKey, LineRequests, NewOrder, Order,
    OrderCommand, OrderEvent, OrderRefusal, OrderStatus, RequestedContent,
    port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
};
use crate::{
    Clock, Currency, CustomerName, ExpectedVersions, OrderId, Page, StoreError, TraceParent,
    account::{Account, Actor, VerifiedEmailPolicy},
    product::CachedProducts,
    rate_limit::{LimitedAction, RateLimiter},
};

/// The use cases of orders.
#[derive(Clone)]
pub struct OrderService {
    store: Arc<dyn OrderStore>,
    cached_products: Option<CachedProducts>,
    /// Absent if orders are not limited: placing them then costs nothing more.
    limiter: Option<Arc<dyn RateLimiter>>,
    clock: Arc<dyn Clock>,
    currency: Currency,
    verified_email: VerifiedEmailPolicy,
}

/// The metadata of a request that places an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacementRequest {
    /// The idempotency key, if the client sent one: an order is placed once per key.
    pub key: Option<IdempotencyKey>,
    /// The trace of the request, if there is one.
    pub trace: Option<TraceParent>,
}

impl PlacementRequest {
    /// A request with this key, without a trace.
    pub const fn keyed(key: IdempotencyKey) -> Self {
        Self { key: Some(key), trace: None }
    }
}

/// Why orders cannot be viewed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ViewOrderError {
    /// There is no order with this identifier, or it is deleted.
    #[error("no such order")]
    NotFound,
    /// The actor is neither the order's owner nor staff.
    #[error("the order belongs to another account")]
    NotOwner,
    /// Only staff may see all orders.
    #[error("only staff may see all orders")]
    AdminOnly,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OrderService {
    /// Makes the service over a store. The prices of new orders are in this currency.
    pub fn new(store: Arc<dyn OrderStore>, clock: Arc<dyn Clock>, currency: Currency) -> Self {
        metrics::register();
        let verified_email = VerifiedEmailPolicy::Off;
        Self { store, cached_products: None, limiter: None, clock, currency, verified_email }
    }

    /// Limits how many orders an account places, if the limiter has a limit for that.
    #[must_use]
    pub fn with_rate_limiter(self, limiter: Arc<dyn RateLimiter>) -> Self {
        let limiter = limiter.is_limited(LimitedAction::PlaceOrder).then_some(limiter);
        Self { limiter, ..self }
    }

    /// Adds the cache of products. Orders change the stock of products, so the service invalidates
    /// those that it changes.
    #[must_use]
    pub fn with_cached_products(self, products: CachedProducts) -> Self {
        Self { cached_products: Some(products), ..self }
    }

    /// The same service in a shop with this policy, which may require a confirmed address of those
    /// who place orders.
    #[must_use]
    pub fn with_verified_email_policy(self, verified_email: VerifiedEmailPolicy) -> Self {
        Self { verified_email, ..self }
    }

    /// Places an order for products, all lines or none, under the account's name.
    ///
    /// # Errors
    /// [`PlaceError`]; nothing is placed then, except perhaps on [`StoreError::CommitUnknown`].
    pub async fn place(
        &self,
        customer: &Account,
        lines: LineRequests,
        request: PlacementRequest,
    ) -> Result<Placement, PlaceError> {
        let name = CustomerName::from(&customer.name);
        self.place_one(customer, name, RequestedContent::Products(lines), request).await
    }

    /// Places a free-form order under the given customer's name. It takes no stock.
    ///
    /// # Errors
    /// [`PlaceError`]; nothing is placed then, except perhaps on [`StoreError::CommitUnknown`].
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
        if !self.verified_email.may_order(placed_by) {
            let refused = Err(PlaceError::EmailNotVerified);
            metrics::count_placement(&refused);
            return refused;
        }
        let placed = match &self.limiter {
            None => self.place_unlimited(placed_by, customer, content, request).await,
            Some(limiter) => {
                self.place_limited(limiter.as_ref(), placed_by, customer, content, request).await
            }
        };
        metrics::count_placement(&placed);
        placed
    }

    async fn place_unlimited(
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
        let placed = results.pop().unwrap_or_else(|| Err(StoreError::broken(MissingResult).into()));
        if let Some(cached) = &self.cached_products {
            cache::after_placement(cached, products, &placed).await;
        }
        placed
    }

    /// Returns one order, for its owner or staff.
    ///
    /// # Errors
    /// [`ViewOrderError`] if there is no such order, or it belongs to another account.
    pub async fn view(&self, id: OrderId, actor: Actor) -> Result<Order, ViewOrderError> {
        let order = self.store.find(id).await?.ok_or(ViewOrderError::NotFound)?;
        if actor.may_access(order.placed_by()) { Ok(order) } else { Err(ViewOrderError::NotOwner) }
    }

    /// Returns the history of an order, newest first, for its owner or staff.
    ///
    /// # Errors
    /// [`ViewOrderError`] if there is no such order, or it belongs to another account.
    pub async fn history(
        &self,
        id: OrderId,
        actor: Actor,
    ) -> Result<Vec<OrderEvent>, ViewOrderError> {
        self.view(id, actor).await?;
        Ok(self.store.events(id).await?)
    }

    /// Returns a page of all orders, newest first, for staff.
    ///
    /// # Errors
    /// [`ViewOrderError::AdminOnly`] for other actors.
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

    /// Returns a page of the actor's own orders, even if the query names another account.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn list_own(
        &self,
        mut query: OrderQuery,
        actor: Actor,
    ) -> Result<Page<Order>, StoreError> {
        query.filter.user = Some(actor.user);
        self.store.list(&query).await
    }

    /// Returns a classic list: for staff of all orders, for other actors of their own, even if the
    /// search names another account.
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

    /// Executes a command on an order and returns its new state, if the order is at a version that
    /// is expected.
    ///
    /// # Errors
    /// [`ExecuteOrderError`]; nothing is changed or recorded then, except perhaps on
    /// [`StoreError::CommitUnknown`]. For a staff command by another actor it does not depend on
    /// whether the order exists.
    pub async fn execute(
        &self,
        id: OrderId,
        command: OrderCommand,
        expected: &ExpectedVersions,
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

    /// Brings an order to a status: as [`Self::execute`] with [`OrderCommand::ChangeStatus`], but
    /// an order that already has the status, which is not final, is returned as it is, and nothing
    /// is recorded. So a client may repeat the request.
    ///
    /// # Errors
    /// Those of [`Self::execute`].
    pub async fn set_status(
        &self,
        id: OrderId,
        to: OrderStatus,
        expected: &ExpectedVersions,
        actor: Actor,
    ) -> Result<Order, ExecuteOrderError> {
        match self.execute(id, OrderCommand::ChangeStatus { to }, expected, actor).await {
            Err(ExecuteOrderError::Refused(refusal)) if refusal.repeats_status() => {
                self.store.find(id).await?.ok_or(ExecuteOrderError::NotFound)
            }
            changed => changed,
        }
    }
}

/// The store broke its contract to return one result for each order.
#[derive(Debug, thiserror::Error)]
#[error("the store returned no result for the order")]
struct MissingResult;
