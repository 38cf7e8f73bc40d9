//! The use cases of the feed: reading the journal without gaps.

use std::sync::Arc;

use super::port::{EventFilter, EventPage, EventReads};
use crate::{EventId, StoreError, account::Actor, product::service::StaffOnlyError};

/// The use cases of the feed.
#[derive(Clone)]
pub struct EventService {
    store: Arc<dyn EventReads>,
}

impl EventService {
    /// The greatest number of events in one page.
    pub const MAX_LIMIT: u32 = 1_000;
    /// The number of events in one page, unless another one is asked for.
    pub const DEFAULT_LIMIT: u32 = 100;

    /// Makes the service over a store.
    pub fn new(store: Arc<dyn EventReads>) -> Self {
        Self { store }
    }

    /// The number of the last event that is settled: all events up to it can be read.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn settled(&self) -> Result<EventId, StoreError> {
        self.store.settled().await
    }

    /// The next events behind `after`, up to a number that is settled.
    ///
    /// # Errors
    /// [`StaffOnlyError`] if the actor is not an admin, or the store failed.
    pub async fn read(
        &self,
        filter: &EventFilter,
        after: EventId,
        up_to: EventId,
        limit: u32,
        actor: Actor,
    ) -> Result<EventPage, StaffOnlyError> {
        if !actor.is_admin() {
            return Err(StaffOnlyError::Forbidden);
        }
        Ok(self.store.events(filter, after, up_to, limit).await?)
    }
}
