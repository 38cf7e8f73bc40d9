//! Products and their stock.

mod change;
mod list;

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Page, ProductId, StoreError, Timestamp, Version,
    account::Actor,
    product::{
        NewProduct, Product, ProductCommand,
        port::{ChangeProductError, ProductQuery, ProductReads, ProductWrites},
    },
};
use infra_sql::product_columns;
use tracing::instrument;

use self::{
    change::{Change, Create},
    list::ReadPage,
};
use crate::{
    PostgresStore, connection::Connection, database::Work, error::Abort, fields::ProductRow,
    open_transactions, schema::products,
};

#[async_trait]
impl ProductReads for PostgresStore {
    #[instrument(target = "oms", name = "products.find", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.read(&Find(id)).await
    }

    #[instrument(target = "oms", name = "products.list", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        let read = ReadPage { query, totals: &self.totals };
        // Looking a term up needs the settings of a transaction.
        match query.search {
            Some(_) => self.snapshot(&read).await.map(Arc::new),
            None => self.read(&read).await.map(Arc::new),
        }
    }
}

#[async_trait]
impl ProductWrites for PostgresStore {
    #[instrument(target = "oms", name = "products.create", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        self.write(&Create { product: &product, actor, now }).await.map(Arc::new)
    }

    #[instrument(target = "oms", name = "products.execute", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        self.write(&Change { id, command, expected, actor, now }).await.map(Arc::new)
    }

    #[instrument(target = "oms", name = "products.await_open_transactions", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        open_transactions::wait(self).await
    }
}

/// Finds the live product of that number.
struct Find(ProductId);

impl Work for Find {
    type Output = Option<Arc<Product>>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, Abort<StoreError>> {
        let row = products::table
            .find(self.0.get())
            .filter(products::deleted_at.is_null())
            .select(product_columns!(products))
            .first::<ProductRow>(&mut conn)
            .await
            .optional()?;
        Ok(row.map(ProductRow::into_product).transpose()?.map(Arc::new))
    }
}
