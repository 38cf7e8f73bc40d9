//! The Redis stream of events, which other services read.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::SecondsFormat;
use deadpool_redis::redis::{Cmd, Pipeline, cmd, pipe};
use domain::{
    OrderId, ProductId, UserId,
    events::{
        DeliveryFailure, EventRecord, JournalEvent, Subscription,
        port::{DeliveryMode, EventSubscriber, TroubleRule},
    },
};
use metrics::{Counter, counter};
use serde_json::{Map, Value};

use crate::{client::Request, connection::Redis, failure::RedisFailure};

/// Appends the events of the journal to a Redis stream, `{prefix}:events`.
///
/// | field | content |
/// |---|---|
/// | `id`, `number` | the number of the event in the journal |
/// | `previous` | the `number` of the entry before in the stream; absent in the first entry |
/// | `type` | the type of the event, as in the feed |
/// | `event` | the type with an underscore in place of the dot, as in the payload |
/// | `order_id` | the order, if the event is about one |
/// | `product_id` | the product, if the event is about one |
/// | `user_id` | the account, or the account that owns the order |
/// | `at` | when it happened: RFC 3339 in UTC, with microseconds |
/// | `payload` | the whole event, as JSON |
/// | `traceparent` | the parent span in a distributed trace, as in the W3C header, if there is one |
///
/// An event may be appended more than once, with the same `number` each time (at-least-once
/// delivery): readers deduplicate by it. The oldest entries are trimmed. A reader whose last entry
/// is not the `previous` of the next one has missed some, and finds them in the feed.
pub struct RedisEventStream {
    redis: Redis,
    max_len: u64,
    trimmed: Counter,
}

/// The last entry of the stream and the length of the stream.
type End = (Vec<(String, Vec<(String, String)>)>, u64);

impl RedisEventStream {
    /// A stream that is trimmed to about `max_len` entries.
    pub fn new(redis: &Redis, max_len: u64) -> Self {
        let trimmed = counter!("oms_event_stream_trimmed_total");
        trimmed.absolute(0);
        Self { redis: redis.clone(), max_len, trimmed }
    }

    /// Appends the events in one pipeline.
    async fn append_all(&self, events: &[JournalEvent]) -> Result<(), AppendError> {
        let client = self.redis.client();
        let key = client.keys.events();
        let mut look = pipe();
        look.cmd("XREVRANGE").arg(&key).arg("+").arg("-").arg("COUNT").arg(1);
        look.cmd("XLEN").arg(&key);
        let (last, before): End = client.request(Request::Pipeline(&look)).await?;
        let mut previous = last.into_iter().next().and_then(|(_entry, fields)| {
            fields.into_iter().find(|(name, _value)| name == "number").map(|(_name, number)| number)
        });
        let mut append = Pipeline::with_capacity(events.len() + 1);
        for JournalEvent { record, .. } in events {
            append.add_command(self.entry(&key, record, previous.as_deref())?).ignore();
            previous = Some(record.id.to_string());
        }
        append.cmd("XLEN").arg(&key);
        let (after,): (u64,) = client.request(Request::Pipeline(&append)).await?;
        let appended = u64::try_from(events.len()).unwrap_or(u64::MAX);
        self.trimmed.increment((before + appended).saturating_sub(after));
        Ok(())
    }

    fn entry(
        &self,
        key: &str,
        record: &EventRecord,
        previous: Option<&str>,
    ) -> Result<Cmd, serde_json::Error> {
        let event = record.event_type.replace('.', "_");
        let mut entry = cmd("XADD");
        entry.arg(key).arg("MAXLEN").arg("~").arg(self.max_len).arg("*");
        entry.arg("id").arg(record.id.get());
        entry.arg("number").arg(record.id.get());
        if let Some(previous) = previous {
            entry.arg("previous").arg(previous);
        }
        entry.arg("type").arg(&record.event_type).arg("event").arg(&event);
        if let Some(order) = record.order {
            entry.arg("order_id").arg(order.get());
        }
        if let Some(product) = record.product {
            entry.arg("product_id").arg(product.get());
        }
        if let Some(account) = record.account {
            entry.arg("user_id").arg(account.get());
        }
        entry.arg("at").arg(record.at.to_rfc3339_opts(SecondsFormat::Micros, true));
        entry.arg("payload").arg(payload(event, record)?);
        if let Some(trace) = record.trace {
            entry.arg("traceparent").arg(trace.to_string());
        }
        Ok(entry)
    }
}

/// The whole event as a JSON object: its content, and the ids that the other fields have too.
fn payload(event: String, record: &EventRecord) -> Result<String, serde_json::Error> {
    let mut payload: Map<String, Value> = serde_json::from_str(&record.data)?;
    payload.insert("event".to_owned(), event.into());
    for (name, id) in [
        ("order_id", record.order.map(OrderId::get)),
        ("product_id", record.product.map(ProductId::get)),
        ("user_id", record.account.map(UserId::get)),
        ("changed_by", record.actor.map(UserId::get)),
    ] {
        if let Some(id) = id {
            payload.insert(name.to_owned(), id.into());
        }
    }
    serde_json::to_string(&payload)
}

/// Why events were not appended.
#[derive(Debug, thiserror::Error)]
enum AppendError {
    #[error(transparent)]
    Redis(#[from] RedisFailure),
    #[error("the event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

#[async_trait]
impl EventSubscriber for RedisEventStream {
    fn subscription(&self) -> Subscription {
        Subscription::STREAM
    }

    fn mode(&self) -> DeliveryMode {
        DeliveryMode::Batch
    }

    fn trouble_rule(&self) -> TroubleRule {
        TroubleRule::Never
    }

    fn wants(&self, event: &JournalEvent) -> bool {
        event.event.event_type().is_news()
    }

    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>> {
        match self.append_all(events).await {
            Ok(()) => vec![Ok(()); events.len()],
            Err(error) => vec![Err(DeliveryFailure::Receiver(Arc::new(error)))],
        }
    }
}
