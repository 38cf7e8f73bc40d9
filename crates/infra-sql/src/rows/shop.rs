//! The row of the shop.

use diesel::Queryable;
use domain::{
    Currency,
    shop::{Shop, ShopId},
};

use crate::{ColumnValue, Unreadable};

/// The key of the only row.
pub const SHOP_ROW: i64 = 1;

/// The shop.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct ShopRow {
    pub shop_id: String,
    pub currency: String,
}

/// The columns of a [`ShopRow`] in that table.
#[macro_export]
macro_rules! shop_columns {
    ($shop:ident) => {
        ($shop::shop_id, $shop::currency)
    };
}

impl ShopRow {
    /// Converts the row to the shop.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_shop(self) -> Result<Shop, Unreadable> {
        let unreadable = |reason: &dyn ToString| Unreadable::new("shop", &SHOP_ROW, reason);
        Ok(Shop {
            id: self.shop_id.parse::<ShopId>().map_err(|error| unreadable(&error))?,
            currency: read_currency(self.currency).map_err(|error| unreadable(&error))?,
        })
    }
}

/// The currency of the newest order.
///
/// # Errors
/// [`Unreadable`] if it is not a currency.
pub fn newest_currency(column: Option<String>) -> Result<Option<Currency>, Unreadable> {
    let read = column.map(read_currency).transpose();
    read.map_err(|error| Unreadable::new("orders", &"of the newest order", &error))
}

fn read_currency(code: String) -> Result<Currency, String> {
    code.read()
}
