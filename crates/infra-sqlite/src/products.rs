//! Products and their stock.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*};
use domain::{
    Description, ExpectedVersions, Page, PageRequest, PageStart, ProductId, Revision, Stock,
    StoreError, Timestamp, Version,
    account::Actor,
    product::{
        NewProduct, Product, ProductCommand, StockMovement,
        port::{ChangeProductError, MovementReads, ProductQuery, ProductReads, ProductWrites},
    },
    text::search_form,
};
use infra_sql::{MovementRow, product_columns, read_count};
use tracing::instrument;

use crate::{
    SqliteStore, counters,
    error::{DbError, TxError},
    fields::{ProductRow, TimestampField},
    functions::instr,
    journal::append::append,
    movements,
    orders::open,
    schema::{products, stock_movements},
    time::micros,
};

#[async_trait]
impl ProductReads for SqliteStore {
    #[instrument(target = "oms", name = "products.find", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.read(move |conn| {
            let product = find(conn, id)?;
            Ok(product.filter(Product::is_live).map(Arc::new))
        })
        .await
    }

    #[instrument(target = "oms", name = "products.list", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        let query = query.clone();
        self.read(move |conn| conn.transaction(|conn| list(conn, &query))).await
    }
}

#[async_trait]
impl MovementReads for SqliteStore {
    #[instrument(target = "oms", name = "products.movements", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn movements(
        &self,
        product: ProductId,
        page: PageRequest,
    ) -> Result<Option<Page<StockMovement>>, StoreError> {
        self.read(move |conn| conn.transaction(|conn| list_movements(conn, product, page))).await
    }
}

#[async_trait]
impl ProductWrites for SqliteStore {
    #[instrument(target = "oms", name = "products.create", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        self.write(move |conn| Ok(Arc::new(create(conn, product, actor, now)?))).await
    }

    #[instrument(target = "oms", name = "products.execute", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let (command, expected) = (command.clone(), expected.clone());
        self.write(move |conn| Ok(Arc::new(execute(conn, id, &command, &expected, actor, now)?)))
            .await
    }

    /// There is one writer, so an empty write runs after all earlier ones.
    #[instrument(target = "oms", name = "products.await_open_transactions", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        self.write(|_conn| Ok(())).await
    }
}

/// The product with this id, live or deleted.
fn find(conn: &mut SqliteConnection, id: ProductId) -> Result<Option<Product>, DbError> {
    let product = products::table.find(id.get()).select(product_columns!(products));
    let row = product.first::<ProductRow>(conn).optional()?;
    Ok(row.map(ProductRow::into_product).transpose()?)
}

fn create(
    conn: &mut SqliteConnection,
    new: NewProduct,
    actor: Actor,
    now: Timestamp,
) -> Result<Product, DbError> {
    let id: i64 = diesel::insert_into(products::table)
        .values((
            products::name.eq(new.name.as_str()),
            products::name_folded.eq(search_form(new.name.as_str())),
            products::description.eq(new.description.as_ref().map(Description::as_str)),
            products::price.eq(new.price.minor()),
            products::stock.eq(new.stock.get()),
            products::version.eq(Version::FIRST.get()),
            products::revision.eq(Revision::FIRST.get()),
            products::created_at.eq(micros(now)),
            products::updated_at.eq(micros(now)),
        ))
        .returning(products::id)
        .get_result(conn)?;
    let created = new.create(ProductId::new(id), actor, now);
    movements::record(conn, created.movement)?;
    append(conn, created.event)?;
    Ok(created.product)
}

/// A page of the live products. Without a search the total is read from a counter. With a search,
/// the page and the total scan the index of live names, as there is no index for parts of names.
pub(crate) fn list(
    conn: &mut SqliteConnection,
    query: &ProductQuery,
) -> Result<Arc<Page<Arc<Product>>>, DbError> {
    let page = query.page;
    let mut select = products::table
        .filter(products::deleted_at.is_null())
        .select(product_columns!(products))
        .order_by(products::id.desc())
        .limit(page.fetch_limit())
        .into_boxed();
    select = match page.start {
        PageStart::Number(_) => select.offset(page.offset()),
        PageStart::After(cursor) => select.filter(products::id.lt(cursor.id())),
    };
    let total = match &query.search {
        None => counters::products(conn)?,
        Some(term) => {
            select = select.filter(instr(products::name_folded, term.folded().to_owned()).gt(0));
            let found = products::table
                .filter(products::deleted_at.is_null())
                .filter(instr(products::name_folded, term.folded()).gt(0))
                .count()
                .get_result(conn)?;
            read_count("products", &"search", found)?
        }
    };
    let items = select
        .load(conn)?
        .into_iter()
        .map(|row: ProductRow| row.into_product().map(Arc::new))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Page::from_fetched(items, page.limit, total, |product| product.id.get())))
}

/// A page of a product's movements, along their primary key. `None` if there is no such product.
fn list_movements(
    conn: &mut SqliteConnection,
    product: ProductId,
    page: PageRequest,
) -> Result<Option<Page<StockMovement>>, DbError> {
    if find(conn, product)?.is_none() {
        return Ok(None);
    }
    let of_product = stock_movements::table.filter(stock_movements::product_id.eq(product.get()));
    let mut select =
        of_product.order_by(stock_movements::id.desc()).limit(page.fetch_limit()).into_boxed();
    select = match page.start {
        PageStart::Number(_) => select.offset(page.offset()),
        PageStart::After(cursor) => select.filter(stock_movements::id.lt(cursor.id())),
    };
    let total = read_count("stock_movements", &"list", of_product.count().get_result(conn)?)?;
    let rows = select.load::<MovementRow<TimestampField>>(conn)?;
    let items = rows.into_iter().map(MovementRow::into_movement).collect::<Result<_, _>>()?;
    Ok(Some(Page::from_fetched(items, page.limit, total, |movement| movement.revision.get())))
}

fn execute(
    conn: &mut SqliteConnection,
    id: ProductId,
    command: &ProductCommand,
    expected: &ExpectedVersions,
    actor: Actor,
    now: Timestamp,
) -> Result<Product, TxError<ChangeProductError>> {
    let old = find(conn, id)?.ok_or(TxError::Refused(ChangeProductError::NotFound))?;
    let held =
        if command.raises_stock_of(&old) { open::units_held(conn, id)? } else { Stock::EMPTY };
    let change = old.decide_at(expected, command, held, actor, now).map_err(TxError::Refused)?;
    if change.product != old {
        write(conn, &change.product)?;
        movements::record(conn, change.movement)?;
        append(conn, change.event)?;
    }
    Ok(change.product)
}

/// Writes all columns of a product that can change.
fn write(conn: &mut SqliteConnection, product: &Product) -> Result<(), DbError> {
    diesel::update(products::table.find(product.id.get()))
        .set((
            products::name.eq(product.name.as_str()),
            products::name_folded.eq(search_form(product.name.as_str())),
            products::description.eq(product.description.as_ref().map(Description::as_str)),
            products::price.eq(product.price.minor()),
            products::stock.eq(product.stock.get()),
            products::version.eq(product.version.get()),
            products::revision.eq(product.revision.get()),
            products::updated_at.eq(micros(product.updated_at)),
            products::deleted_at.eq(product.deleted_at.map(micros)),
        ))
        .execute(conn)?;
    Ok(())
}
