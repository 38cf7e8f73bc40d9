//! A part of the journal: which events are wanted, and those that were found.

use super::EventRecord;
use crate::{EventId, OrderId};

/// Which events of the journal are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Only events of these types. A type that ends with `.*` stands for all types of its subject.
    /// Empty for all types.
    pub types: Vec<String>,
    /// Only events of this order.
    pub order: Option<OrderId>,
}

/// Ends a filter that stands for all types of a subject.
const ALL_OF_SUBJECT: &str = ".*";

impl EventFilter {
    /// The types that [`Self::types`] names in full.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(String::as_str).filter(|wanted| !wanted.ends_with(ALL_OF_SUBJECT))
    }

    /// The subjects of which all types are wanted.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.types.iter().filter_map(|wanted| Self::subject(wanted))
    }

    /// The subject of one of [`Self::types`], if it stands for all types of that subject.
    pub fn subject(wanted: &str) -> Option<&str> {
        wanted.strip_suffix(ALL_OF_SUBJECT)
    }
}

/// A part of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<EventRecord>,
    /// The number of the last event that was looked at: where the next page begins.
    pub next_after: EventId,
}

impl EventPage {
    /// The number at which a page of up to `limit` events behind `after` ends if it is full. `None`
    /// if it is not: then all up to the end of the journal was looked at.
    pub fn end_if_full(events: &[EventRecord], limit: u32, after: EventId) -> Option<EventId> {
        let is_full = u32::try_from(events.len()).is_ok_and(|count| count >= limit);
        is_full.then(|| events.last().map_or(after, |last| last.id))
    }
}
