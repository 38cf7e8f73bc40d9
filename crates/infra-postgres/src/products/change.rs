//! Creating and changing products.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Description, ExpectedVersions, ProductId, Revision, Stock, StoreError, Timestamp, Version,
    account::Actor,
    product::{NewProduct, Product, ProductCommand, port::ChangeProductError},
    text::search_form,
};
use infra_sql::product_columns;

use crate::{
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    fields::ProductRow,
    journal::append::append,
    movements,
    orders::open,
    schema::products,
};

pub(super) struct Create<'a> {
    pub(super) product: &'a NewProduct,
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
}

impl DbOperation for Create<'_> {
    type Output = Product;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Product, TxError<StoreError>> {
        let NewProduct { name, description, price, stock } = self.product;
        let id: i64 = diesel::insert_into(products::table)
            .values((
                products::name.eq(name.as_str()),
                products::name_folded.eq(search_form(name.as_str())),
                products::description.eq(description.as_ref().map(Description::as_str)),
                products::price.eq(price.minor()),
                products::stock.eq(stock.get()),
                products::version.eq(Version::FIRST.get()),
                products::revision.eq(Revision::FIRST.get()),
                products::created_at.eq(self.now),
                products::updated_at.eq(self.now),
            ))
            .returning(products::id)
            .get_result(&mut conn)
            .await?;
        let created = self.product.clone().create(ProductId::new(id), self.actor, self.now);
        movements::record(conn, created.movement).await?;
        append(conn, created.event).await?;
        Ok(created.product)
    }
}

/// A command on a product.
pub(super) struct Change<'a> {
    pub(super) id: ProductId,
    pub(super) command: &'a ProductCommand,
    pub(super) expected: &'a ExpectedVersions,
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
}

impl DbOperation for Change<'_> {
    type Output = Product;
    type Error = ChangeProductError;

    async fn run(&self, conn: &Connection) -> Result<Product, TxError<ChangeProductError>> {
        let old = lock(conn, self.id).await?;
        let old = old.ok_or(TxError::Refused(ChangeProductError::NotFound))?;
        let held = if self.command.raises_stock_of(&old) {
            open::units_held(conn, self.id).await?
        } else {
            Stock::EMPTY
        };
        let change = old
            .decide_at(self.expected, self.command, held, self.actor, self.now)
            .map_err(TxError::Refused)?;
        if change.product != old {
            write(conn, &change.product).await?;
            movements::record(conn, change.movement).await?;
            append(conn, change.event).await?;
        }
        Ok(change.product)
    }
}

/// The product with this id, live or deleted, locked against changes until the transaction ends.
async fn lock(mut conn: &Connection, id: ProductId) -> Result<Option<Product>, DbError> {
    let row = products::table
        .find(id.get())
        .select(product_columns!(products))
        .for_no_key_update()
        .first::<ProductRow>(&mut conn)
        .await
        .optional()?;
    Ok(row.map(ProductRow::into_product).transpose()?)
}

/// Writes every column that can change.
async fn write(mut conn: &Connection, product: &Product) -> Result<(), DbError> {
    diesel::update(products::table.find(product.id.get()))
        .set((
            products::name.eq(product.name.as_str()),
            products::name_folded.eq(search_form(product.name.as_str())),
            products::description.eq(product.description.as_ref().map(Description::as_str)),
            products::price.eq(product.price.minor()),
            products::stock.eq(product.stock.get()),
            products::version.eq(product.version.get()),
            products::revision.eq(product.revision.get()),
            products::updated_at.eq(product.updated_at),
            products::deleted_at.eq(product.deleted_at),
        ))
        .execute(&mut conn)
        .await?;
    Ok(())
}
