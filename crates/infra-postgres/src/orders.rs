//! Orders: the port. Its methods are in the modules below; [`queue`] places orders.

mod execute;
mod find;
mod key;
pub(crate) mod list;
pub(crate) mod open;
mod page;
mod place;
pub(crate) mod queue;
mod rows;
pub(crate) mod search;

use async_trait::async_trait;
use domain::{
    ExpectedVersions, OrderId, Page, StoreError, Timestamp, UserId,
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
    find::FindPage,
    key::IsKeyUsed,
    list::ReadPage,
    rows::{FindOrder, FindWithDeleted, ReadHistory},
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

    #[instrument(target = "oms", name = "orders.find_with_deleted", skip_all, fields(
        otel.kind = "client", db.system.name = "postgresql", error.type, otel.status_code))]
    async fn find_with_deleted(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read(&FindWithDeleted(id)).await
    }

    #[instrument(target = "oms", name = "orders.list", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        let totals = &self.totals;
        if let Some(term) = &query.filter.search {
            return self.lagging_snapshot(&FindPage { query, term, totals }).await;
        }
        let read = ReadPage { query, totals };
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
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        self.write(&Execute { id, command, expected, actor, now }).await
    }
}
