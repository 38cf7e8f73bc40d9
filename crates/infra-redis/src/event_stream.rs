//! The stream of events that other services read.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::SecondsFormat;
use deadpool_redis::redis::{Cmd, cmd};
use domain::outbox::{
    Channel, OutboxEvent,
    port::{DeliveryError, DeliveryReceipt, Envelope, EventHandler},
};

use crate::{client::Request, connection::Redis};

/// Appends messages of the outbox to a Redis stream, `{prefix}:events`.
///
/// | field | what it is |
/// |---|---|
/// | `id` | the number of the message |
/// | `event` | what happened, as in the payload |
/// | `order_id` | the order it is about, if it is about one |
/// | `user_id` | whose account or order it is |
/// | `at` | when it happened: RFC 3339 in UTC, with microseconds |
/// | `payload` | all of it, as JSON |
/// | `traceparent` | the place in a distributed trace to go on from, as a W3C header has it, if there is one |
///
/// A message may come more than once, with the same `id` each time; readers skip what they have seen.
/// Entries leave at the other end when there are about as many as the stream keeps.
pub struct RedisEventStream {
    redis: Redis,
    keeps: u64,
}

impl RedisEventStream {
    /// About how many entries a stream keeps of which nothing else is said.
    pub const KEEPS: u64 = 100_000;

    /// A stream that keeps about so many entries.
    pub fn new(redis: &Redis, keeps: u64) -> Self {
        Self { redis: redis.clone(), keeps }
    }

    fn append(&self, envelope: &Envelope) -> Result<Cmd, serde_json::Error> {
        let payload = serde_json::to_value(&envelope.event)?;
        let mut append = cmd("XADD");
        append
            .arg(self.redis.client().keys.events())
            .arg("MAXLEN")
            .arg("~")
            .arg(self.keeps)
            .arg("*");
        append.arg("id").arg(envelope.id.get());
        append.arg("event").arg(payload.get("event").and_then(|event| event.as_str()));
        if let Some(order) = envelope.event.order() {
            append.arg("order_id").arg(order.get());
        }
        append.arg("user_id").arg(user(&envelope.event));
        append.arg("at").arg(envelope.created_at.to_rfc3339_opts(SecondsFormat::Micros, true));
        append.arg("payload").arg(payload.to_string());
        if let Some(trace) = envelope.trace {
            append.arg("traceparent").arg(trace.to_string());
        }
        Ok(append)
    }
}

fn user(message: &OutboxEvent) -> i64 {
    match message {
        OutboxEvent::AccountRegistered { user_id }
        | OutboxEvent::OrderPlaced { user_id, .. }
        | OutboxEvent::OrderStatusChanged { user_id, .. }
        | OutboxEvent::OrderDeleted { user_id, .. } => user_id.get(),
    }
}

#[async_trait]
impl EventHandler for RedisEventStream {
    fn channel(&self) -> Channel {
        Channel::Stream
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
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
