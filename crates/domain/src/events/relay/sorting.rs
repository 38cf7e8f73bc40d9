//! Sorting the events of a batch: what is to be delivered, what is not, and what is parked at once.

use std::collections::{HashMap, VecDeque};

use super::super::{
    Event, EventRecord, EventType, JournalEvent, ParkedEvent, ParkedState,
    port::{EventSubscriber, LeasedBatch},
};
use crate::{EventId, OrderId, Timestamp};

/// An event to be delivered.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) event: JournalEvent,
    /// How it was parked before this run, or would be parked now.
    pub(super) before: ParkedEvent,
    /// Whether it was parked before this run.
    pub(super) was_parked: bool,
}

/// What becomes of an event before any delivery.
pub(super) enum Sorted {
    Deliver(Box<Pending>),
    /// There is nothing to deliver for it. Its recipient stays, for another subscription.
    Unwanted {
        id: EventId,
        was_parked: bool,
    },
    Park(ParkedEvent),
}

/// Sorts the events of a batch, those that were parked first. An event whose order has a parked
/// event parks behind it.
pub(super) fn sort(
    batch: &mut LeasedBatch,
    subscriber: &dyn EventSubscriber,
    now: Timestamp,
) -> Vec<Sorted> {
    let mut blocked = std::mem::take(&mut batch.blocked);
    let mut sorted = Vec::new();
    for (before, record) in std::mem::take(&mut batch.parked) {
        sorted.push(sort_one(record, before, true, subscriber));
    }
    for record in std::mem::take(&mut batch.next) {
        let waiting = ParkedEvent::new(record.id, record.order, ParkedState::Waiting, now);
        let order = record.order;
        let is_blocked = order.is_some_and(|order| blocked.contains(&order));
        let item = match sort_one(record, waiting, false, subscriber) {
            // Even of an unknown type, it waits for its turn first.
            Sorted::Deliver(pending) if is_blocked => Sorted::Park(pending.before),
            item => item,
        };
        if let (Sorted::Park(_), Some(order)) = (&item, order) {
            blocked.insert(order);
        }
        sorted.push(item);
    }
    sorted
}

fn sort_one(
    record: EventRecord,
    before: ParkedEvent,
    was_parked: bool,
    subscriber: &dyn EventSubscriber,
) -> Sorted {
    let Ok(event_type) = record.event_type.parse::<EventType>() else {
        return Sorted::Park(of_unknown_type(&before, was_parked));
    };
    let event = match Event::read(event_type, &record.data) {
        Ok(event) => JournalEvent { event, record },
        Err(error) => {
            let last_error = Some(error.to_string());
            return Sorted::Park(ParkedEvent { state: ParkedState::Dead, last_error, ..before });
        }
    };
    if subscriber.wants(&event) {
        Sorted::Deliver(Box::new(Pending { event, before, was_parked }))
    } else {
        Sorted::Unwanted { id: event.id(), was_parked }
    }
}

/// An event of an unknown type waits for a worker that knows it. One that is due for this worker,
/// although it was parked as unknown, has waited as long as events do, and is given up.
fn of_unknown_type(before: &ParkedEvent, was_parked: bool) -> ParkedEvent {
    let waited = was_parked && before.state == ParkedState::UnknownType;
    let state = if waited { ParkedState::Dead } else { ParkedState::UnknownType };
    let last_error = Some("no worker knows the type of the event".to_owned()).filter(|_| waited);
    ParkedEvent { state, last_error, ..before.clone() }
}

/// The events of each order in sequence, and each other event by itself, by their first event.
pub(super) fn chains(pending: Vec<Pending>) -> Vec<VecDeque<Pending>> {
    let mut chains: Vec<VecDeque<Pending>> = Vec::new();
    let mut places: HashMap<OrderId, usize> = HashMap::new();
    for item in pending {
        let place = item.before.order.map(|order| *places.entry(order).or_insert(chains.len()));
        match place.and_then(|place| chains.get_mut(place)) {
            Some(chain) => chain.push_back(item),
            None => chains.push(VecDeque::from([item])),
        }
    }
    chains
}
