//! Columns whose types differ between databases.

use domain::{Currency, order::OrderStatus};

/// A column's value as an adapter reads it, which converts to a type of the domain.
pub trait ColumnValue<T> {
    /// Converts the value.
    ///
    /// # Errors
    /// The reason why the value is invalid, without personal data.
    fn read(self) -> Result<T, String>;
}

impl ColumnValue<OrderStatus> for String {
    fn read(self) -> Result<OrderStatus, String> {
        self.parse::<OrderStatus>().map_err(|error| error.to_string())
    }
}

impl ColumnValue<Currency> for String {
    fn read(self) -> Result<Currency, String> {
        Currency::parse(&self).map_err(|error| error.to_string())
    }
}
