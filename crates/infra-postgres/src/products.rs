//! Products and their stock.

mod change;
mod list;

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Description, Page, Price, ProductId, ProductName, Revision, Stock, StoreError, Timestamp,
    Version,
    account::Actor,
    product::{
        NewProduct, Product, ProductCommand,
        port::{ChangeProductError, ProductQuery, ProductReads, ProductWrites},
    },
};
use tracing::instrument;

use self::{
    change::{Change, Create},
    list::ReadPage,
};
use crate::{
    PostgresStore,
    connection::Connection,
    database::Work,
    error::{Abort, Failure, Unreadable},
    open_transactions,
    schema::products,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = products)]
struct ProductRow {
    id: i64,
    name: String,
    description: Option<String>,
    price: i64,
    stock: i64,
    version: i64,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
}

impl ProductRow {
    /// What is selected of `products` for it, in SQL.
    const COLUMNS: &str = "products.id, products.name, products.description, products.price, \
         products.stock, products.version, products.revision, products.created_at, products.updated_at, \
         products.deleted_at";

    fn into_product(self) -> Result<Product, Failure> {
        let id = self.id;
        let unreadable = |reason: &dyn ToString| Unreadable::new("products", &id, reason);
        Ok(Product {
            id: ProductId::new(id),
            name: ProductName::parse(self.name).map_err(|error| unreadable(&error))?,
            description: self
                .description
                .map(Description::parse)
                .transpose()
                .map_err(|error| unreadable(&error))?,
            price: Price::from_minor(self.price).map_err(|error| unreadable(&error))?,
            stock: Stock::restore(self.stock).map_err(|error| unreadable(&error))?,
            version: Version::new(self.version),
            revision: Revision::new(self.revision),
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
        })
    }
}

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
        let read = ReadPage { query, totals: self.totals() };
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
            .select(ProductRow::as_select())
            .first(&mut conn)
            .await
            .optional()?;
        Ok(row.map(ProductRow::into_product).transpose()?.map(Arc::new))
    }
}
