//! Columns whose type differs from one database to another.

use domain::{Currency, order::OrderStatus};

/// A column as an adapter reads it, on its way to the domain's type.
pub trait Field<T> {
    /// The value.
    ///
    /// # Errors
    /// Why it is none. Quotes no personal data.
    fn read(self) -> Result<T, String>;
}

impl Field<OrderStatus> for String {
    fn read(self) -> Result<OrderStatus, String> {
        self.parse::<OrderStatus>().map_err(|error| error.to_string())
    }
}

impl Field<Currency> for String {
    fn read(self) -> Result<Currency, String> {
        Currency::parse(&self).map_err(|error| error.to_string())
    }
}
