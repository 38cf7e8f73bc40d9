//! Counts what becomes of orders.

use async_trait::async_trait;
use domain::{
    OrderId, Page, StoreError, Timestamp, Version,
    account::Actor,
    order::{
        NewOrder, Order, OrderCommand, OrderEvent, OrderStatus, PlaceRefusal,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
};
use metrics::{Counter, counter};

use super::counters::Counters;

/// A store whose changes are counted, once they are made.
pub(crate) struct MeasuredOrders<S> {
    store: S,
    placed: Counter,
    refused: Counters,
    changes: Counters,
}

/// Why an order was not placed: the code of the problem that its customer sees.
const REASONS: [&str; 6] = [
    "product_not_found",
    "insufficient_stock",
    "idempotency_key_reused",
    "order_not_found",
    "unavailable",
    "internal",
];

/// What became of an order that was deleted.
const DELETED: &str = "deleted";

impl<S> MeasuredOrders<S> {
    /// Puts itself before a store.
    pub(crate) fn new(store: S) -> Self {
        // No order becomes pending: it is from the start.
        let statuses =
            OrderStatus::ALL.into_iter().filter(|status| *status != OrderStatus::Pending);
        let outcomes = statuses.map(OrderStatus::as_str).chain([DELETED]);
        Self {
            store,
            placed: counter!("oms_orders_placed_total"),
            refused: Counters::new(
                REASONS,
                |reason| counter!("oms_orders_refused_total", "reason" => reason),
            ),
            changes: Counters::new(
                outcomes,
                |to| counter!("oms_order_status_changes_total", "to" => to),
            ),
        }
    }

    fn count(&self, result: &Result<Placement, PlaceError>) {
        match result {
            // It was counted when it was placed.
            Ok(placement) if placement.replayed => {}
            Ok(_placed) => self.placed.increment(1),
            Err(error) => self.refused.count(reason(error)),
        }
    }
}

fn reason(error: &PlaceError) -> &'static str {
    match error {
        PlaceError::Refused(PlaceRefusal::ProductNotFound { .. }) => "product_not_found",
        PlaceError::Refused(PlaceRefusal::InsufficientStock { .. }) => "insufficient_stock",
        PlaceError::Refused(PlaceRefusal::KeyReused) => "idempotency_key_reused",
        PlaceError::PlacedAndDeleted => "order_not_found",
        PlaceError::Store(StoreError::Unavailable(_) | StoreError::CommitUnknown(_)) => {
            "unavailable"
        }
        PlaceError::Store(StoreError::Broken(_)) => "internal",
    }
}

#[async_trait]
impl<S: OrderStore> OrderStore for MeasuredOrders<S> {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let results = self.store.place(orders).await;
        for result in &results {
            self.count(result);
        }
        results
    }

    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        let changed = self.store.execute(id, command, expected, actor, now).await;
        if changed.is_ok() {
            self.changes.count(match command {
                OrderCommand::ChangeStatus { to } => to.as_str(),
                OrderCommand::Cancel => OrderStatus::Cancelled.as_str(),
                OrderCommand::Delete => DELETED,
            });
        }
        changed
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
