//! The parameters of the feed.

use domain::{
    EventId, OrderId,
    events::{EventType, port::EventFilter},
};
use http_request::QueryParams;

/// Reads the parameters that select events.
pub(super) fn filter(params: &mut QueryParams) -> EventFilter {
    EventFilter {
        types: params.any_of("type", event_type).into_iter().collect(),
        order: params.integer("order_id").map(OrderId::new),
    }
}

/// Reads the number of the event behind which a client goes on.
pub(super) fn after(params: &mut QueryParams) -> Option<EventId> {
    params.read("after", event_id)
}

/// The number of an event, or 0: before the first one.
pub(super) fn event_id(raw: &str) -> Result<EventId, String> {
    bounded(raw, 0, i64::MAX).map(EventId::new)
}

/// A type of event, or all types of a subject.
fn event_type(raw: &str) -> Result<String, &'static str> {
    let news = || EventType::ALL.iter().filter(|known| known.is_news());
    let is_known = match EventFilter::subject(raw) {
        Some(subject) => news().any(|known| known.subject() == subject),
        None => news().any(|known| known.as_str() == raw),
    };
    let expected = "must be a type of event, such as order.placed, or a subject, such as order.*";
    if is_known { Ok(raw.to_owned()) } else { Err(expected) }
}

/// A whole number between these bounds.
pub(super) fn bounded(raw: &str, min: i64, max: i64) -> Result<i64, String> {
    let number = raw.parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| format!("must be a whole number from {min} to {max}"))
}
