//! The parameters of the feed.

use domain::{
    OrderId,
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

/// A type of event, or all types of a subject.
fn event_type(raw: &str) -> Result<String, &'static str> {
    let news = || EventType::ALL.iter().filter(|known| known.is_news());
    let is_known = match raw.strip_suffix(".*") {
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
