//! Orders: the port. Each method has its own module below; a queue places orders.

mod execute;
mod key;
pub(crate) mod list;
mod page;
mod place;
pub(crate) mod queue;
mod rows;
pub(crate) mod search;

use async_trait::async_trait;
use domain::{
    OrderId, Page, StoreError, Timestamp, UserId, Version,
    account::Actor,
    order::{
        IdempotencyKey, NewOrder, Order, OrderCommand, OrderEvent,
        port::{
            ExecuteOrderError, OrderQuery, OrderReads, OrderSearch, OrderWrites, PlaceError,
            Placement,
        },
    },
};
use tracing::instrument;

use self::{
    execute::Execute,
    key::IsKeyUsed,
    list::ReadPage,
    rows::{FindOrder, ReadHistory},
    search::Search,
};
use crate::PostgresStore;

#[async_trait]
impl OrderReads for PostgresStore {
    #[instrument(target = "oms", name = "orders.find", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read(&FindOrder(id)).await
    }

    #[instrument(target = "oms", name = "orders.list", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        let read = ReadPage { query, totals: &self.totals };
        match query.filter.user {
            // Customers must see the order that they have just placed.
            Some(_user) => self.read(&read).await,
            None => self.lagging_read(&read).await,
        }
    }

    #[instrument(target = "oms", name = "orders.is_key_used", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn is_key_used(&self, user: UserId, key: &IdempotencyKey) -> Result<bool, StoreError> {
        self.read(&IsKeyUsed { user, key }).await
    }

    #[instrument(target = "oms", name = "orders.search", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        // Searching for a term needs the settings of a transaction.
        match (search.user, &search.term) {
            (Some(_user), Some(_term)) => self.snapshot(&Search(search)).await,
            (Some(_user), None) => self.read(&Search(search)).await,
            (None, Some(_term)) => self.lagging_snapshot(&Search(search)).await,
            (None, None) => self.lagging_read(&Search(search)).await,
        }
    }

    #[instrument(target = "oms", name = "orders.events", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        self.read(&ReadHistory(id)).await
    }
}

#[async_trait]
impl OrderWrites for PostgresStore {
    #[instrument(target = "oms", name = "orders.place", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code, oms.batch.size))]
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        self.placements.place(orders).await
    }

    #[instrument(target = "oms", name = "orders.execute", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        self.write(&Execute { id, command, expected, actor, now }).await
    }
}
