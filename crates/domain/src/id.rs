//! Identifiers: 64-bit integers, one type each, so that no two can be confused.

use std::fmt;

/// Declares an identifier type around `i64`.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a number that a store assigned or a client sent. Any number is valid; only the
            /// store knows whether it is in use.
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// The number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// Identifies an account.
    UserId
);
id!(
    /// Identifies a product.
    ProductId
);
id!(
    /// Identifies an order.
    OrderId
);
id!(
    /// The number of an event in the journal. Later events have greater numbers.
    EventId
);

/// Declares a counter of changes, from 1.
macro_rules! change_count {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// The count of a new product or order.
            pub const FIRST: Self = Self(1);

            /// Wraps a stored number. Numbers below 1 do not occur; they become 1.
            pub const fn new(value: i64) -> Self {
                Self(if value < 1 { 1 } else { value })
            }

            /// The number.
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The count after one more change.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

change_count!(
    /// Counts the changes of a product or an order: 1 when it is created, one more with every
    /// change.
    ///
    /// HTTP sends it as the entity tag (RFC 9110, section 8.8.3), and optimistic locking compares
    /// it.
    Version
);
change_count!(
    /// Counts the changes of what is shown of a product or an order: 1 when it is created, one more
    /// with every change, those by sales and background work included.
    ///
    /// Of two copies of the same product or order, the one with the greater revision is newer. The
    /// revision is never below the [`Version`], because every change that raises the version raises
    /// it too.
    Revision
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_revisions_start_at_1_and_rise_by_1() {
        assert_eq!(Version::FIRST.get(), 1);
        assert_eq!(Version::FIRST.next().get(), 2);
        assert_eq!(Version::new(0), Version::FIRST);
        assert_eq!(Version::new(i64::MIN), Version::FIRST);
        assert_eq!(Version::new(i64::MAX).next().get(), i64::MAX);
        assert_eq!(Revision::FIRST.next(), Revision::new(2));
    }

    #[test]
    fn identifiers_are_bare_numbers_in_json() {
        assert_eq!(serde_json::to_string(&OrderId::new(-7)).unwrap(), "-7");
        let id: OrderId = serde_json::from_str("9223372036854775807").unwrap();
        assert_eq!(id, OrderId::new(i64::MAX));
        assert_eq!(id.to_string(), "9223372036854775807");
    }
}
