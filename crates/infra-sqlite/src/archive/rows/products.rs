//! Products, and the movements of their stock.

use diesel::prelude::*;
use domain::{
    archive::{MovementRecord, ProductRecord},
    fold,
};

use super::Moments;
use crate::{
    error::Unreadable,
    schema::{products, stock_movements},
    time::micros,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = products, treat_none_as_default_value = false)]
pub(in crate::archive) struct ProductRow {
    pub(in crate::archive) id: i64,
    name: String,
    name_folded: String,
    description: Option<String>,
    price: i64,
    stock: i64,
    version: i64,
    revision: i64,
    created_at: i64,
    updated_at: i64,
    deleted_at: Option<i64>,
}

impl ProductRow {
    pub(in crate::archive) fn into_record(self) -> Result<ProductRecord, Unreadable> {
        let moments = Moments::of("products", &self.id);
        Ok(ProductRecord {
            id: self.id,
            name: self.name,
            description: self.description,
            price: self.price,
            stock: self.stock,
            version: self.version,
            revision: self.revision,
            created_at: moments.read(self.created_at)?,
            updated_at: moments.read(self.updated_at)?,
            deleted_at: moments.read_some(self.deleted_at)?,
        })
    }
}

impl From<ProductRecord> for ProductRow {
    fn from(record: ProductRecord) -> Self {
        Self {
            id: record.id,
            name_folded: fold(&record.name),
            name: record.name,
            description: record.description,
            price: record.price,
            stock: record.stock,
            version: record.version,
            revision: record.revision,
            created_at: micros(record.created_at),
            updated_at: micros(record.updated_at),
            deleted_at: record.deleted_at.map(micros),
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = stock_movements, treat_none_as_default_value = false)]
pub(in crate::archive) struct MovementRow {
    pub(in crate::archive) product_id: i64,
    pub(in crate::archive) id: i64,
    kind: String,
    delta: i64,
    balance: i64,
    order_id: Option<i64>,
    moved_by: i64,
    at: i64,
}

impl MovementRow {
    pub(in crate::archive) fn into_record(self) -> Result<MovementRecord, Unreadable> {
        let id = format!("{} of product {}", self.id, self.product_id);
        let moments = Moments::of("stock_movements", &id);
        Ok(MovementRecord {
            product_id: self.product_id,
            id: self.id,
            kind: self.kind,
            delta: self.delta,
            balance: self.balance,
            order_id: self.order_id,
            moved_by: self.moved_by,
            at: moments.read(self.at)?,
        })
    }
}

impl From<MovementRecord> for MovementRow {
    fn from(record: MovementRecord) -> Self {
        Self {
            product_id: record.product_id,
            id: record.id,
            kind: record.kind,
            delta: record.delta,
            balance: record.balance,
            order_id: record.order_id,
            moved_by: record.moved_by,
            at: micros(record.at),
        }
    }
}
