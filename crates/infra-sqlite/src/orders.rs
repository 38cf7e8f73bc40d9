//! Orders: the port. Each of its methods is in a module of its own below.

mod execute;
mod history;
pub(crate) mod list;
pub(crate) mod place;
mod rows;
pub(crate) mod search;

use async_trait::async_trait;
use diesel::connection::Connection as _;
use domain::{
    OrderId, Page, StoreError, Timestamp, Version,
    account::Actor,
    order::{
        NewOrder, Order, OrderCommand, OrderEvent,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
};

use crate::SqliteStore;

#[async_trait]
impl OrderStore for SqliteStore {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        self.writer().place(orders).await
    }

    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        let command = *command;
        self.write(move |conn| execute::execute(conn, id, command, expected, actor, now)).await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read(move |conn| conn.transaction(|conn| rows::find(conn, id))).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        let query = query.clone();
        self.read(move |conn| conn.transaction(|conn| list::list(conn, &query))).await
    }

    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        let search = search.clone();
        self.read(move |conn| conn.transaction(|conn| search::search(conn, &search))).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        self.read(move |conn| history::events(conn, id)).await
    }
}
