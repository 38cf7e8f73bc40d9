//! The types of events, as stores and clients write them.

use std::{fmt, str::FromStr};

/// Declares the types with their names.
macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The type of an event. A name is its subject and what happened, with a dot between them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[$doc])* $variant,)*
        }

        impl EventType {
            /// All types that this program knows. A newer one may write others into the same
            /// journal.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

event_types! {
    /// An account was created.
    AccountRegistered = "account.registered",
    /// An account's name or password was changed.
    AccountChanged = "account.changed",
    /// An account has another address.
    AccountAddressChanged = "account.address_changed",
    /// An account has other rights.
    AccountRoleChanged = "account.role_changed",
    /// An account was deleted, and its personal data erased.
    AccountClosed = "account.closed",
    /// A mail to an account is to be sent. Unlike all others it reports no change.
    AccountMailRequested = "account.mail_requested",
    /// A product was created.
    ProductCreated = "product.created",
    /// A product was changed, its stock by hand included.
    ProductChanged = "product.changed",
    /// A product was deleted.
    ProductDeleted = "product.deleted",
    /// A deleted product was restored.
    ProductRestored = "product.restored",
    /// An order was placed.
    OrderPlaced = "order.placed",
    /// An order made a transition.
    OrderStatusChanged = "order.status_changed",
    /// An order was deleted. Deleting an open order cancels it.
    OrderDeleted = "order.deleted",
}

impl EventType {
    /// The types that make up an order's history, in which each has a status before and after.
    pub const HISTORY: [Self; 2] = [Self::OrderStatusChanged, Self::OrderDeleted];

    /// What it happened to: the part of the name before the dot.
    pub fn subject(self) -> &'static str {
        self.as_str().split_once('.').map_or("", |(subject, _)| subject)
    }

    /// The name with an underscore in place of the dot, as logs and the Redis stream had it before
    /// there was a journal.
    pub fn snake_case(self) -> String {
        self.as_str().replace('.', "_")
    }

    /// The types that report no change: see [`Self::is_news`].
    pub fn silent() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|known| !known.is_news())
    }

    /// Whether the event reports a change. One that does not is an order to the mails, and is no
    /// concern of logs, of other services and of the feed.
    pub const fn is_news(self) -> bool {
        !matches!(self, Self::AccountMailRequested)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// This program knows no event of that type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown type of event")]
pub struct UnknownEventType;

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(raw: &str) -> Result<Self, UnknownEventType> {
        Self::ALL.iter().copied().find(|known| known.as_str() == raw).ok_or(UnknownEventType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_from_its_name() {
        for known in EventType::ALL {
            assert_eq!(known.to_string().parse(), Ok(*known));
            assert_eq!(known.as_str().matches('.').count(), 1, "{known}");
        }
        assert_eq!("order.eaten".parse::<EventType>(), Err(UnknownEventType));
    }

    #[test]
    fn only_the_request_for_a_mail_is_no_news() {
        let silent: Vec<_> = EventType::silent().collect();
        assert_eq!(silent, [EventType::AccountMailRequested]);
    }
}
