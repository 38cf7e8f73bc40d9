//! The stream of events, as another service reads it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    OrderId, OutboxEventId, UserId,
    order::OrderStatus,
    outbox::{
        Channel, OutboxEvent,
        port::{DeliveryReceipt, Envelope, EventHandler},
    },
};
use infra_redis::{KeyPrefix, Redis, RedisEventStream};
use port_contracts::builders::{timestamp, trace};
use test_services::eventually;

use crate::{
    fixture::{generous_timeouts, within_deadline},
    server::Server,
};

type Entry = (String, HashMap<String, String>);

async fn stream(server: &Server, max_len: u64) -> RedisEventStream {
    let redis =
        Redis::connect(&server.url(), generous_timeouts(&KeyPrefix::default())).await.unwrap();
    RedisEventStream::new(&redis, max_len)
}

fn envelope(id: i64, event: OutboxEvent) -> Envelope {
    Envelope { id: OutboxEventId::new(id), event, created_at: timestamp(id), trace: None }
}

fn placed(id: i64) -> Envelope {
    let (order_id, user_id) = (OrderId::new(id * 10), UserId::new(7));
    envelope(id, OutboxEvent::OrderPlaced { order_id, user_id })
}

async fn entries(server: &Server) -> Vec<HashMap<String, String>> {
    let entries: Vec<Entry> = server.query(&["XRANGE", "{oms}:events", "-", "+"]).await;
    entries.into_iter().map(|(_, fields)| fields).collect()
}

#[tokio::test]
async fn an_entry_has_all_fields_of_its_event() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    assert_eq!(stream.channel(), Channel::Stream);
    let event = OutboxEvent::OrderStatusChanged {
        order_id: OrderId::new(3),
        user_id: UserId::new(7),
        changed_by: UserId::new(1),
        from: OrderStatus::Pending,
        to: OrderStatus::Shipped,
    };
    let sent = envelope(12, event.clone());
    assert_eq!(stream.deliver(&sent).await.unwrap(), DeliveryReceipt::Done);

    let entries = entries(&server).await;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    let field = |name: &str| entry.get(name).map(String::as_str);
    assert_eq!(field("id"), Some("12"));
    assert_eq!(field("event"), Some("order_status_changed"));
    assert_eq!(field("order_id"), Some("3"));
    assert_eq!(field("user_id"), Some("7"));
    let at: DateTime<Utc> = field("at").unwrap().parse().unwrap();
    assert_eq!(at, sent.created_at, "to the microsecond");
    assert!(field("at").unwrap().ends_with('Z'));
    let payload: OutboxEvent = serde_json::from_str(field("payload").unwrap()).unwrap();
    assert_eq!(payload, event);
    assert_eq!(entry.len(), 6);
}

#[tokio::test]
async fn an_event_without_an_order_has_no_order_id() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    let event = OutboxEvent::AccountRegistered { user_id: UserId::new(7) };
    stream.deliver(&envelope(1, event)).await.unwrap();
    let entries = entries(&server).await;
    assert_eq!(entries[0].get("user_id").map(String::as_str), Some("7"));
    assert!(!entries[0].contains_key("order_id"));
}

#[tokio::test]
async fn an_entry_has_the_traceparent_of_its_event() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    stream.deliver(&Envelope { trace: Some(trace(11)), ..placed(1) }).await.unwrap();
    let entries = entries(&server).await;
    let header = "00-0000000000000000000000000000000b-000000000000000b-01";
    assert_eq!(entries[0].get("traceparent").map(String::as_str), Some(header));
}

#[tokio::test]
async fn an_event_that_is_delivered_twice_has_the_same_id_both_times() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    stream.deliver(&placed(1)).await.unwrap();
    stream.deliver(&placed(1)).await.unwrap();
    let entries = entries(&server).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0], entries[1]);
}

#[tokio::test]
async fn the_latest_entries_are_kept_in_order() {
    let server = Server::start().await;
    let stream = stream(&server, 100).await;
    for id in 1..=500 {
        stream.deliver(&placed(id)).await.unwrap();
    }
    let entries = entries(&server).await;
    assert!((100..500).contains(&entries.len()), "{} are kept", entries.len());
    let ids: Vec<i64> = entries.iter().map(|entry| entry["id"].parse().unwrap()).collect();
    let first = 501 - i64::try_from(ids.len()).unwrap();
    assert_eq!(ids, (first..=500).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_event_that_failed_in_an_outage_can_be_delivered_later() {
    let mut server = Server::start().await;
    let stream = stream(&server, 10).await;
    server.kill();
    for _ in 0..3 {
        let error = within_deadline(stream.deliver(&placed(1))).await.unwrap_err();
        let cause = std::error::Error::source(&error).expect("the error has a cause");
        assert!(!cause.to_string().is_empty());
    }
    server.start_again().await;
    eventually("the event is delivered", async || stream.deliver(&placed(1)).await.is_ok()).await;
    assert_eq!(entries(&server).await.last().unwrap()["id"], "1");
}
