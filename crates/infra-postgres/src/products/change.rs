//! Making products and changing them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Description, ProductId, Revision, Stock, StoreError, Timestamp, Version,
    account::Actor,
    fold,
    product::{
        MovementKind, NewProduct, Product, ProductCommand, ProductRefusal, StockMovement,
        port::ChangeProductError,
    },
};

use super::ProductRow;
use crate::{
    connection::Connection,
    database::Work,
    error::{Abort, Failure},
    movements,
    schema::products,
};

/// Makes a product.
pub(super) struct Create<'a> {
    /// Which.
    pub(super) product: &'a NewProduct,
    /// Who makes it.
    pub(super) actor: Actor,
    /// When.
    pub(super) now: Timestamp,
}

impl Work for Create<'_> {
    type Output = Product;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Product, Abort<StoreError>> {
        let NewProduct { name, description, price, stock } = self.product;
        let (version, revision) = (Version::FIRST, Revision::FIRST);
        let id: i64 = diesel::insert_into(products::table)
            .values((
                products::name.eq(name.as_str()),
                products::name_folded.eq(fold(name.as_str())),
                products::description.eq(description.as_ref().map(Description::as_str)),
                products::price.eq(price.minor()),
                products::stock.eq(stock.get()),
                products::version.eq(version.get()),
                products::revision.eq(revision.get()),
                products::created_at.eq(self.now),
                products::updated_at.eq(self.now),
            ))
            .returning(products::id)
            .get_result(&mut conn)
            .await?;
        let id = ProductId::new(id);
        let initial = (*stock != Stock::EMPTY).then_some(StockMovement {
            product: id,
            revision,
            kind: MovementKind::Received,
            delta: stock.get(),
            balance: *stock,
            moved_by: self.actor.user,
            at: self.now,
        });
        movements::record(conn, initial).await?;
        Ok(Product {
            id,
            name: name.clone(),
            description: description.clone(),
            price: *price,
            stock: *stock,
            version,
            revision,
            created_at: self.now,
            updated_at: self.now,
            deleted_at: None,
        })
    }
}

/// A command on a product.
pub(super) struct Change<'a> {
    /// Which product.
    pub(super) id: ProductId,
    /// What is to be done to it.
    pub(super) command: &'a ProductCommand,
    /// The version that the caller has seen, if they care.
    pub(super) expected: Option<Version>,
    /// By whom.
    pub(super) actor: Actor,
    /// When.
    pub(super) now: Timestamp,
}

impl Work for Change<'_> {
    type Output = Product;
    type Error = ChangeProductError;

    async fn run(&self, conn: &Connection) -> Result<Product, Abort<ChangeProductError>> {
        let old = lock(conn, self.id).await?;
        let old = old.ok_or(Abort::Refused(ChangeProductError::NotFound))?;
        if !old.is_live() && *self.command != ProductCommand::Restore {
            return Err(Abort::Refused(ProductRefusal::Deleted.into()));
        }
        if self.expected.is_some_and(|version| version != old.version) {
            let current = old.version;
            return Err(Abort::Refused(ChangeProductError::VersionMismatch { current }));
        }
        let change = old
            .decide(self.command, self.actor, self.now)
            .map_err(|refusal| Abort::Refused(refusal.into()))?;
        if change.product != old {
            write(conn, &change.product).await?;
            movements::record(conn, change.movement).await?;
        }
        Ok(change.product)
    }
}

/// The product of that number, live or deleted, which nobody else changes until the transaction ends.
async fn lock(mut conn: &Connection, id: ProductId) -> Result<Option<Product>, Failure> {
    let row = products::table
        .find(id.get())
        .select(ProductRow::as_select())
        .for_no_key_update()
        .first(&mut conn)
        .await
        .optional()?;
    row.map(ProductRow::into_product).transpose()
}

/// Writes everything about a product that can change.
async fn write(mut conn: &Connection, product: &Product) -> Result<(), Failure> {
    diesel::update(products::table.find(product.id.get()))
        .set((
            products::name.eq(product.name.as_str()),
            products::name_folded.eq(fold(product.name.as_str())),
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
