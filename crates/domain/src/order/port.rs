//! The ports of orders. The doc of each method is its contract.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{
    IdempotencyKey, NewOrder, Order, OrderCommand, OrderEvent, OrderListSort, OrderRefusal,
    OrderSearchTerm, OrderStatus, PlaceRefusal,
};
use crate::{
    ExpectedVersions, OrderId, Page, PageLimit, PageRequest, ProductId, SearchTerm, StoreError,
    Timestamp, UserId, account::Actor, rate_limit::RateLimited,
};

/// Reads orders.
///
/// Every read sees what the same store acknowledged before the read started. Deleted orders stay in
/// the database and MUST NOT be returned, except by [`Self::find_with_deleted`].
#[async_trait]
pub trait OrderReads: Send + Sync {
    /// The order with this identifier, or `None`.
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// The order with this identifier, deleted or not; `None` if there never was one. For mails
    /// about what happened to an order before and when it was deleted; never for a client.
    async fn find_with_deleted(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// A page of orders by the query's sort key, and the number of all that the filter matches. A
    /// cursor MUST be one of a page with the same filter and sort key.
    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError>;

    /// The orders that a classic search finds, in its order; orders with equal sort values are
    /// sorted by id, in the same direction.
    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError>;

    /// Whether the account has placed an order with this key, also one that is deleted since.
    async fn is_key_used(&self, user: UserId, key: &IdempotencyKey) -> Result<bool, StoreError>;

    /// The history of an order, newest first; empty if there is no such order.
    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError>;
}

/// Places orders and executes commands on them.
///
/// What a method acknowledges MUST survive a crash of the process.
#[async_trait]
pub trait OrderWrites: Send + Sync {
    /// Places a batch of orders in one transaction and returns one result for each, in their order:
    /// locks the products by ascending id, calls [`decide_placement`](super::decide_placement), and
    /// writes orders, lines, stock, movements, events and idempotency keys.
    ///
    /// The refusal of one order MUST NOT affect another, and MUST NOT use up an order number. Of
    /// any number of racing orders with one key of one account, one MUST be placed and the others
    /// MUST return the same order as replayed. An order of an account that is erased MUST be
    /// refused with [`PlaceRefusal::AccountGone`]. If the transaction fails, every order of it MUST
    /// return [`PlaceError::Store`] and none be placed.
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>>;

    /// Locks the order, calls [`Order::decide`], and commits the result in one transaction: the
    /// order, its event, stock and movements. Products are locked after
    /// the order, by ascending id; deleted products are restocked as well.
    ///
    /// Of racing commands that exclude each other, exactly one MUST succeed.
    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError>;
}

/// A store of orders: both ports in one trait object.
pub trait OrderStore: OrderReads + OrderWrites {}

impl<S: OrderReads + OrderWrites + ?Sized> OrderStore for S {}

/// An order that was placed, by this call or by an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The order in its current state.
    pub order: Order,
    /// Whether the order was placed before, by a request with the same idempotency key.
    pub replayed: bool,
}

/// Why an order was not placed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlaceError {
    /// The decision refused the order.
    #[error(transparent)]
    Refused(#[from] PlaceRefusal),
    /// The order was placed before, by a request with the same idempotency key, and has been
    /// deleted.
    #[error("the order was placed before and is deleted since")]
    PlacedAndDeleted,
    /// The account's address is not confirmed, and the shop requires that. The service refuses such
    /// an order; stores never do.
    #[error("the account's email address is not confirmed")]
    EmailNotVerified,
    /// The account has placed too many orders. The service refuses it, no store does.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The store failed. On [`StoreError::CommitUnknown`] the order may have been placed; with an
    /// idempotency key it is safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a command on an order was not executed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExecuteOrderError {
    /// There is no order with this identifier, or it is deleted.
    #[error("no such order")]
    NotFound,
    /// The decision refused the command.
    #[error(transparent)]
    Refused(#[from] OrderRefusal),
    /// The store failed. On [`StoreError::CommitUnknown`] the command may have been executed; with
    /// an expected version it is safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The filter of a list: an order is listed if it matches every field that is present.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// Only orders in one of these statuses; in any if it is empty.
    pub statuses: BTreeSet<OrderStatus>,
    /// Only orders of this account.
    pub user: Option<UserId>,
    /// Only orders with a line for this product.
    pub product: Option<ProductId>,
    /// Only orders placed at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only orders placed at this time or earlier.
    pub created_to: Option<Timestamp>,
    /// Only orders last changed at this time or later. Being placed is a change as well.
    pub updated_from: Option<Timestamp>,
    /// Only orders last changed at this time or earlier.
    pub updated_to: Option<Timestamp>,
    /// Only the order with this number, and orders whose customer's name, line's or item's name, or
    /// whose account's current address contains this text.
    pub search: Option<OrderSearchTerm>,
}

impl OrderFilter {
    /// The statuses of which an order must have one; `None` if it may have any.
    pub fn one_of_statuses(&self) -> Option<&BTreeSet<OrderStatus>> {
        let all = self.statuses.len() == OrderStatus::ALL.len();
        (!self.statuses.is_empty() && !all).then_some(&self.statuses)
    }
}

/// The query of a list: a filter, a sort key, and a page of what it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// The orders to list.
    pub filter: OrderFilter,
    /// The sort key of the list.
    pub sort: OrderListSort,
    /// The page to return.
    pub page: PageRequest,
}

impl OrderQuery {
    /// A page of the orders that match the filter, newest first.
    pub fn newest_first(filter: OrderFilter, page: PageRequest) -> Self {
        Self { filter, sort: OrderListSort::Id, page }
    }
}

/// The sort key of a classic list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderSort {
    /// The identifier of the order.
    #[default]
    Id,
    /// The total number of units.
    Quantity,
    /// The time when the order was placed.
    CreatedAt,
}

/// The sort direction of a classic list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortDirection {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    #[default]
    Descending,
}

/// The query of a classic list: filters, a sort order, a limit and an offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSearch {
    /// Only orders of this account.
    pub user: Option<UserId>,
    /// Only orders whose customer's name or [title](super::OrderContent::title) contains this.
    pub term: Option<SearchTerm>,
    /// Only orders of this many units or more.
    pub min_quantity: Option<i64>,
    /// Only orders of this many units or fewer.
    pub max_quantity: Option<i64>,
    /// The sort key.
    pub sort: OrderSort,
    /// The sort direction.
    pub direction: SortDirection,
    /// The greatest number of orders to return.
    pub limit: PageLimit,
    /// The number of orders to skip, 0 or more.
    pub offset: i64,
}
