//! What orders need from the outside. The doc of each method is its contract.

use async_trait::async_trait;

use super::{NewOrder, Order, OrderCommand, OrderEvent, OrderRefusal, OrderStatus, PlaceRefusal};
use crate::{
    OrderId, Page, PageLimit, PageRequest, ProductId, SearchTerm, StoreError, Timestamp, UserId,
    Version, account::Actor,
};

/// Looks orders up.
///
/// Every read sees what was acknowledged before it started, through the same store. Deleted orders are kept for the
/// books and MUST NOT be seen.
#[async_trait]
pub trait OrderReads: Send + Sync {
    /// The order of that number, or `None` if there is none (any more).
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// A page of orders, newest (greatest id) first, and how many the filter matches in all.
    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError>;

    /// The orders that a classic search finds, in its order; orders that are equal in it come by id, in
    /// the same direction.
    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError>;

    /// The history of an order, newest first; empty if there is no such order.
    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError>;
}

/// Places orders, and carries out commands on them.
///
/// What a method acknowledges MUST survive a crash of the process.
#[async_trait]
pub trait OrderWrites: Send + Sync {
    /// Places a batch of orders in one transaction and returns one result for each, in their order:
    /// locks the products by ascending id, lets
    /// [`decide_placement`](super::decide_placement) decide, and writes orders, lines, stock, movements,
    /// outbox and idempotency keys.
    ///
    /// The refusal of one order MUST NOT affect another, and MUST NOT use up an order number. Of any number of racing orders with one key of
    /// one account, one MUST be placed and the others MUST return the same order as replayed. If the
    /// transaction fails, every order of it MUST return [`PlaceError::Store`] and none be placed.
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>>;

    /// Locks the order, lets [`Order::decide`] decide, and commits what it says: the order, its
    /// history, stock and movements, outbox, in one transaction. Products are locked after the order, by
    /// ascending id; a product that was deleted since gets its stock back all the same.
    ///
    /// Of racing commands that exclude each other, one MUST win.
    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError>;
}

/// A store of orders: both ports on one handle.
pub trait OrderStore: OrderReads + OrderWrites {}

impl<S: OrderReads + OrderWrites + ?Sized> OrderStore for S {}

/// An order that was placed, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The order. One that was placed before is as it is now.
    pub order: Order,
    /// Whether it was placed before, by a request with the same key.
    pub replayed: bool,
}

/// Why an order was not placed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlaceError {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] PlaceRefusal),
    /// It was placed before, by a request with the same key, and deleted since.
    #[error("the order was placed before and is deleted since")]
    PlacedAndDeleted,
    /// The store failed. If it was away in the middle of a commit, the order may have been placed all
    /// the same; with an idempotency key it is safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a command on an order was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExecuteOrderError {
    /// There is no such order (any more).
    #[error("no such order")]
    NotFound,
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] OrderRefusal),
    /// The store failed. If it was away in the middle of a commit, the command may have been carried
    /// out all the same; with the version that the caller expects it is safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which orders a list shows: those that match all that is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// Only those in this status.
    pub status: Option<OrderStatus>,
    /// Only those of this account.
    pub user: Option<UserId>,
    /// Only those with a line for this product.
    pub product: Option<ProductId>,
    /// Only those placed at this moment or later.
    pub created_from: Option<Timestamp>,
    /// Only those placed at this moment or earlier.
    pub created_to: Option<Timestamp>,
}

/// A filter, and a page of what it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Which orders.
    pub filter: OrderFilter,
    /// Which page of them.
    pub page: PageRequest,
}

/// What a classic list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderSort {
    /// The order's number.
    #[default]
    Id,
    /// All its pieces together.
    Quantity,
    /// When it was placed.
    CreatedAt,
}

/// In which direction a classic list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortDirection {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    #[default]
    Descending,
}

/// A classic list: filters, a direction, a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSearch {
    /// Only those of this account.
    pub user: Option<UserId>,
    /// Only those whose customer's name or [title](super::OrderContent::title) contains this.
    pub term: Option<SearchTerm>,
    /// Only those of this many pieces or more.
    pub min_quantity: Option<i64>,
    /// Only those of this many pieces or fewer.
    pub max_quantity: Option<i64>,
    /// Sorted by what.
    pub sort: OrderSort,
    /// In which direction.
    pub direction: SortDirection,
    /// How many at the most.
    pub limit: PageLimit,
    /// How many to skip, 0 or more.
    pub offset: i64,
}
