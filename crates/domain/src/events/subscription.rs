//! Subscriptions: the readers of the journal.

use std::{borrow::Cow, fmt};

use crate::Timestamp;

/// The name of a reader of the journal, under which stores keep its position.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subscription(Cow<'static, str>);

impl Subscription {
    /// A line in the log for each event.
    pub const LOG: Self = Self(Cow::Borrowed("log"));
    /// The mails to customers.
    pub const MAIL: Self = Self(Cow::Borrowed("mail"));
    /// The Redis stream that other services read.
    pub const STREAM: Self = Self(Cow::Borrowed("stream"));

    /// The subscription of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// Where the subscription starts when it is made. The log and the mails belong to every shop
    /// from its first event on; other readers come later, and begin with what happens then.
    pub fn start(&self) -> SubscriptionStart {
        if *self == Self::LOG || *self == Self::MAIL {
            SubscriptionStart::Beginning
        } else {
            SubscriptionStart::End
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a new subscription starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStart {
    /// Before the first event of the journal.
    Beginning,
    /// Behind the last settled event.
    End,
}

/// What is known about the receiver of a subscription. All workers share it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceiverState {
    /// How often the receiver was in trouble since the last delivery that succeeded.
    pub failures: u32,
    /// The time until which nothing is delivered, if the receiver is in trouble.
    pub paused_until: Option<Timestamp>,
    /// The last trouble, without personal data.
    pub last_error: Option<String>,
}
