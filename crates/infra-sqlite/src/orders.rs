//! Orders: the port. Its methods are in the modules below.

mod execute;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod place;
pub(crate) mod rows;
pub(crate) mod search;

use async_trait::async_trait;
use diesel::{connection::Connection as _, dsl::exists, prelude::*};
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

use crate::{SqliteStore, schema::orders};

#[async_trait]
impl OrderReads for SqliteStore {
    #[instrument(target = "oms", name = "orders.find", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read(move |conn| conn.transaction(|conn| rows::find(conn, id))).await
    }

    #[instrument(target = "oms", name = "orders.find_with_deleted", skip_all, fields(
        otel.kind = "client", db.system.name = "sqlite", error.type, otel.status_code))]
    async fn find_with_deleted(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read(move |conn| conn.transaction(|conn| rows::find_with_deleted(conn, id))).await
    }

    #[instrument(target = "oms", name = "orders.list", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        let query = query.clone();
        self.read(move |conn| conn.transaction(|conn| list::list(conn, &query))).await
    }

    #[instrument(target = "oms", name = "orders.is_key_used", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn is_key_used(&self, user: UserId, key: &IdempotencyKey) -> Result<bool, StoreError> {
        let key = key.as_str().to_owned();
        self.read(move |conn| {
            let placed = orders::table
                .filter(orders::user_id.eq(user.get()))
                .filter(orders::idempotency_key.eq(key));
            Ok(diesel::select(exists(placed)).get_result(conn)?)
        })
        .await
    }

    #[instrument(target = "oms", name = "orders.search", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        let search = search.clone();
        self.read(move |conn| conn.transaction(|conn| search::search(conn, &search))).await
    }

    #[instrument(target = "oms", name = "orders.events", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        self.read(move |conn| rows::events(conn, id)).await
    }
}

#[async_trait]
impl OrderWrites for SqliteStore {
    #[instrument(target = "oms", name = "orders.place", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code, oms.batch.size))]
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        self.writer.place(orders).await
    }

    #[instrument(target = "oms", name = "orders.execute", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        let (command, expected) = (*command, expected.clone());
        self.write(move |conn| execute::execute(conn, id, command, &expected, actor, now)).await
    }
}
