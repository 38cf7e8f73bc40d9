//! The shop: the port.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Currency, StoreError,
    shop::{
        Shop, ShopId,
        port::{OpenShopError, ShopStore},
    },
};
use infra_sql::{SHOP_ROW, ShopRow, newest_currency, shop_columns};
use tracing::instrument;

use crate::{
    PostgresStore,
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    schema::{orders, shop},
};

#[async_trait]
impl ShopStore for PostgresStore {
    #[instrument(target = "oms", name = "shop.find", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn shop(&self) -> Result<Option<Shop>, StoreError> {
        self.read(&FindShop).await
    }

    #[instrument(target = "oms", name = "shop.open", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn open_shop(
        &self,
        configured: Option<Currency>,
        id: ShopId,
    ) -> Result<Shop, OpenShopError> {
        // A shop that is open needs no write, which a server in recovery would refuse.
        match self.shop().await? {
            Some(shop) => Ok(shop.check(configured)?),
            None => self.write(&OpenShop { configured, id }).await,
        }
    }
}

struct FindShop;

impl DbOperation for FindShop {
    type Output = Option<Shop>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<Option<Shop>, TxError<StoreError>> {
        Ok(find(conn).await?)
    }
}

/// Records the shop, unless another transaction has done so.
struct OpenShop {
    configured: Option<Currency>,
    id: ShopId,
}

impl DbOperation for OpenShop {
    type Output = Shop;
    type Error = OpenShopError;

    async fn run(&self, mut conn: &Connection) -> Result<Shop, TxError<OpenShopError>> {
        let newest: Option<String> = orders::table
            .order_by(orders::id.desc())
            .select(orders::currency)
            .first(&mut conn)
            .await
            .optional()?;
        let new = Shop::new(self.id, newest_currency(newest)?, self.configured);
        // Waits for a transaction that is recording the shop; then the row is that one's.
        diesel::insert_into(shop::table)
            .values((
                shop::id.eq(SHOP_ROW),
                shop::shop_id.eq(new.id.to_string()),
                shop::currency.eq(new.currency.code()),
            ))
            .on_conflict_do_nothing()
            .execute(&mut conn)
            .await?;
        let recorded = find(conn).await?.ok_or(DbError::Impossible("the shop was not recorded"))?;
        // A refusal rolls the transaction back.
        recorded.check(self.configured).map_err(|mismatch| TxError::Refused(mismatch.into()))
    }
}

async fn find(mut conn: &Connection) -> Result<Option<Shop>, DbError> {
    let row: Option<ShopRow> =
        shop::table.find(SHOP_ROW).select(shop_columns!(shop)).first(&mut conn).await.optional()?;
    Ok(row.map(ShopRow::into_shop).transpose()?)
}
