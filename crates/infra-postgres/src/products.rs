//! Products and their stock.

mod change;
mod list;

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    ExpectedVersions, Page, PageRequest, PageStart, ProductId, StoreError, Timestamp,
    account::Actor,
    product::{
        NewProduct, Product, ProductCommand, StockMovement,
        port::{ChangeProductError, MovementReads, ProductQuery, ProductReads, ProductWrites},
    },
};
use infra_sql::{MovementRow, product_columns, read_count};
use tracing::instrument;

use self::{
    change::{Change, Create},
    list::ReadPage,
};
use crate::{
    PostgresStore,
    connection::Connection,
    counts::TotalsCache,
    database::DbOperation,
    error::TxError,
    fields::{ProductRow, TimestampField},
    open_transactions,
    schema::{products, stock_movements},
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
        // Searching for a term needs the settings of a transaction.
        match query.search {
            Some(_) => self.snapshot(&read).await.map(Arc::new),
            None => self.read(&read).await.map(Arc::new),
        }
    }
}

#[async_trait]
impl MovementReads for PostgresStore {
    #[instrument(target = "oms", name = "products.movements", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn movements(
        &self,
        product: ProductId,
        page: PageRequest,
    ) -> Result<Option<Page<StockMovement>>, StoreError> {
        self.snapshot(&ListMovements { product, page, totals: &self.totals }).await
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
        expected: &ExpectedVersions,
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

/// Finds the live product with this id.
struct Find(ProductId);

impl DbOperation for Find {
    type Output = Option<Arc<Product>>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
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

/// Reads a page of a product's movements, along the primary key. A large total is cached for some
/// seconds.
struct ListMovements<'a> {
    product: ProductId,
    page: PageRequest,
    totals: &'a TotalsCache,
}

impl DbOperation for ListMovements<'_> {
    type Output = Option<Page<StockMovement>>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        let Self { product, page, totals } = self;
        let existing = products::table.find(product.get()).select(products::id);
        if existing.first::<i64>(&mut conn).await.optional()?.is_none() {
            return Ok(None);
        }
        let of_product =
            stock_movements::table.filter(stock_movements::product_id.eq(product.get()));
        let key = format!("movements of {product}");
        let total = if let Some(total) = totals.get(&key) {
            total
        } else {
            let counted = of_product.count().get_result(&mut conn).await?;
            let total = read_count("stock_movements", &"list", counted)?;
            totals.insert(key, total);
            total
        };
        let mut select =
            of_product.order_by(stock_movements::id.desc()).limit(page.fetch_limit()).into_boxed();
        select = match page.start {
            PageStart::Number(_) => select.offset(page.offset()),
            PageStart::After(cursor) => select.filter(stock_movements::id.lt(cursor.id())),
        };
        let rows: Vec<MovementRow<TimestampField>> = select.load(&mut conn).await?;
        let items = rows.into_iter().map(MovementRow::into_movement).collect::<Result<_, _>>()?;
        let id = |movement: &StockMovement| movement.revision.get();
        Ok(Some(Page::from_fetched(items, page.limit, total, id)))
    }
}
