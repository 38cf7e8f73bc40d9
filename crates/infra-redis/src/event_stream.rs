//! The Redis stream of events, which other services read.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::SecondsFormat;
use deadpool_redis::redis::{Cmd, cmd};
use domain::outbox::{
    Channel,
    port::{DeliveryError, DeliveryReceipt, Envelope, EventHandler},
};

use crate::{client::Request, connection::Redis};

/// Appends outbox events to a Redis stream, `{prefix}:events`.
///
/// | field | content |
/// |---|---|
/// | `id` | the id of the event |
/// | `event` | the kind of event, as in the payload |
/// | `order_id` | the order, if the event is about one |
/// | `user_id` | the account, or the account that owns the order |
/// | `at` | when it happened: RFC 3339 in UTC, with microseconds |
/// | `payload` | the whole event, as JSON |
/// | `traceparent` | the parent span in a distributed trace, as in the W3C header, if there is one |
///
/// An event may be appended more than once, with the same `id` each time (at-least-once delivery):
/// readers deduplicate by `id`. The oldest entries are trimmed.
pub struct RedisEventStream {
    redis: Redis,
    max_len: u64,
}

impl RedisEventStream {
    /// A stream that is trimmed to about `max_len` entries.
    pub fn new(redis: &Redis, max_len: u64) -> Self {
        Self { redis: redis.clone(), max_len }
    }

    fn append(&self, envelope: &Envelope) -> Result<Cmd, serde_json::Error> {
        let payload = serde_json::to_value(&envelope.event)?;
        let mut append = cmd("XADD");
        append
            .arg(self.redis.client().keys.events())
            .arg("MAXLEN")
            .arg("~")
            .arg(self.max_len)
            .arg("*");
        append.arg("id").arg(envelope.id.get());
        append.arg("event").arg(payload.get("event").and_then(|event| event.as_str()));
        if let Some(order) = envelope.event.order() {
            append.arg("order_id").arg(order.get());
        }
        append.arg("user_id").arg(envelope.event.user().get());
        append.arg("at").arg(envelope.created_at.to_rfc3339_opts(SecondsFormat::Micros, true));
        append.arg("payload").arg(payload.to_string());
        if let Some(trace) = envelope.trace {
            append.arg("traceparent").arg(trace.to_string());
        }
        Ok(append)
    }
}

#[async_trait]
impl EventHandler for RedisEventStream {
    fn channel(&self) -> Channel {
        Channel::Stream
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        if !envelope.event.is_news() {
            return Ok(DeliveryReceipt::Done);
        }
        let append = self.append(envelope).map_err(|error| DeliveryError(Arc::new(error)))?;
        let _entry: String = self
            .redis
            .client()
            .request(Request::Command(&append))
            .await
            .map_err(|failure| DeliveryError(Arc::new(failure)))?;
        Ok(DeliveryReceipt::Done)
    }
}
