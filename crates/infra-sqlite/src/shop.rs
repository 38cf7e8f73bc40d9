//! The shop: the port.

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*};
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
    SqliteStore,
    error::{DbError, TxError},
    schema::{orders, shop},
};

#[async_trait]
impl ShopStore for SqliteStore {
    #[instrument(target = "oms", name = "shop.find", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn shop(&self) -> Result<Option<Shop>, StoreError> {
        self.read(find).await
    }

    #[instrument(target = "oms", name = "shop.open", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn open_shop(
        &self,
        configured: Option<Currency>,
        id: ShopId,
    ) -> Result<Shop, OpenShopError> {
        // A shop that is open needs no write, which a full disk would refuse.
        match self.shop().await? {
            Some(shop) => Ok(shop.check(configured)?),
            None => self.write(move |conn| open(conn, configured, id)).await,
        }
    }
}

fn find(conn: &mut SqliteConnection) -> Result<Option<Shop>, DbError> {
    let row: Option<ShopRow> =
        shop::table.find(SHOP_ROW).select(shop_columns!(shop)).first(conn).optional()?;
    Ok(row.map(ShopRow::into_shop).transpose()?)
}

fn open(
    conn: &mut SqliteConnection,
    configured: Option<Currency>,
    id: ShopId,
) -> Result<Shop, TxError<OpenShopError>> {
    let check = |shop: Shop| {
        shop.check(configured).map_err(|mismatch| TxError::Refused(OpenShopError::from(mismatch)))
    };
    if let Some(shop) = find(conn)? {
        return check(shop);
    }
    let newest: Option<String> = orders::table
        .order_by(orders::id.desc())
        .select(orders::currency)
        .first(conn)
        .optional()?;
    let shop = check(Shop::new(id, newest_currency(newest)?, configured))?;
    diesel::insert_into(shop::table)
        .values((
            shop::id.eq(SHOP_ROW),
            shop::shop_id.eq(shop.id.to_string()),
            shop::currency.eq(shop.currency.code()),
        ))
        .execute(conn)?;
    Ok(shop)
}
