//! Removes the addresses of mails that were not sent in time: an address is kept with an event only
//! until the mail is out.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::{Clock, events::port::SubscriptionStore, with_causes};

/// How long an address is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(5);
/// The interval between two purges.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// The removal of old addresses.
pub(crate) struct RecipientPurge {
    store: Arc<dyn SubscriptionStore>,
    clock: Arc<dyn Clock>,
}

impl RecipientPurge {
    /// A purge of this store.
    pub(crate) fn new(store: Arc<dyn SubscriptionStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Removes them, again and again.
    pub(super) async fn run(self) {
        loop {
            if let Some(before) = self.clock.now().checked_sub_signed(KEPT_FOR)
                && let Err(error) = self.store.clear_recipients(before).await
            {
                tracing::debug!(error = with_causes(&error), "could not remove old recipients");
            }
            tokio::time::sleep(PURGE_INTERVAL).await;
        }
    }
}
