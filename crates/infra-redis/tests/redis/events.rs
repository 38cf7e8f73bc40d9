//! The stream of events, as another service reads it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    EventId, OrderId, UserId,
    account::{Actor, Role},
    events::{
        DeliveryFailure, Event, EventRecord, JournalEvent, NewEvent, PlacedOrder, Subscription,
        port::{DeliveryMode, EventSubscriber as _},
    },
    order::OrderStatus,
};
use infra_redis::{KeyPrefix, Redis, RedisEventStream};
use port_contracts::builders::{timestamp, trace};
use serde_json::{Value, json};
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

const CUSTOMER: Actor = Actor::new(UserId::new(7), Role::User);
const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);

fn happened(id: i64, event: Event, order: Option<i64>, actor: Actor) -> JournalEvent {
    let new = NewEvent {
        order: order.map(OrderId::new),
        ..NewEvent::of_account(event.clone(), CUSTOMER.user, actor, timestamp(id))
    };
    JournalEvent { event, record: EventRecord::of(EventId::new(id), &new) }
}

fn placed(id: i64) -> JournalEvent {
    let placed = PlacedOrder {
        currency: "EUR".to_owned(),
        quantity: 2,
        total: "9.00".to_owned(),
        lines: vec![(5, 2, "4.50".to_owned())],
    };
    happened(id, Event::OrderPlaced(placed), Some(id * 10), CUSTOMER)
}

async fn append(stream: &RedisEventStream, events: &[JournalEvent]) {
    let results = stream.deliver(events).await;
    assert_eq!(results.len(), events.len());
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

async fn entries(server: &Server) -> Vec<HashMap<String, String>> {
    let entries: Vec<Entry> = server.query(&["XRANGE", "{oms}:events", "-", "+"]).await;
    entries.into_iter().map(|(_, fields)| fields).collect()
}

#[tokio::test]
async fn an_entry_has_all_fields_of_its_event() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    assert_eq!((stream.subscription(), stream.mode()), (Subscription::STREAM, DeliveryMode::Batch));
    let (from, to) = (OrderStatus::Pending, OrderStatus::Shipped);
    let sent = happened(12, Event::OrderStatusChanged { from, to }, Some(3), STAFF);
    assert!(stream.wants(&sent));
    append(&stream, std::slice::from_ref(&sent)).await;

    let entries = entries(&server).await;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    let field = |name: &str| entry.get(name).map(String::as_str);
    assert_eq!((field("id"), field("number")), (Some("12"), Some("12")));
    assert_eq!(field("previous"), None, "it is the first entry");
    assert_eq!(field("type"), Some("order.status_changed"));
    assert_eq!(field("event"), Some("order_status_changed"));
    assert_eq!(field("order_id"), Some("3"));
    assert_eq!(field("user_id"), Some("7"));
    let at: DateTime<Utc> = field("at").unwrap().parse().unwrap();
    assert_eq!(at, sent.record.at, "to the microsecond");
    assert!(field("at").unwrap().ends_with('Z'));
    let payload: Value = serde_json::from_str(field("payload").unwrap()).unwrap();
    let expected = json!({
        "event": "order_status_changed", "order_id": 3, "user_id": 7, "changed_by": 1,
        "from": "pending", "to": "shipped",
    });
    assert_eq!(payload, expected);
    assert_eq!(entry.len(), 8);
}

#[tokio::test]
async fn a_placed_order_says_what_was_ordered_and_no_names() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    append(&stream, &[placed(1)]).await;
    let payload: Value = serde_json::from_str(&entries(&server).await[0]["payload"]).unwrap();
    let expected = json!({
        "event": "order_placed", "order_id": 10, "user_id": 7, "changed_by": 7,
        "currency": "EUR", "quantity": 2, "total": "9.00", "lines": [[5, 2, "4.50"]],
    });
    assert_eq!(payload, expected);
}

#[tokio::test]
async fn an_event_without_an_order_has_no_order_id() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    append(&stream, &[happened(1, Event::AccountRegistered, None, CUSTOMER)]).await;
    let entries = entries(&server).await;
    assert_eq!(entries[0].get("user_id").map(String::as_str), Some("7"));
    assert!(!entries[0].contains_key("order_id"));
}

#[tokio::test]
async fn an_entry_has_the_traceparent_of_its_event() {
    let server = Server::start().await;
    let stream = stream(&server, 10).await;
    let mut event = placed(1);
    event.record.trace = Some(trace(11));
    append(&stream, &[event]).await;
    let entries = entries(&server).await;
    let header = "00-0000000000000000000000000000000b-000000000000000b-01";
    assert_eq!(entries[0].get("traceparent").map(String::as_str), Some(header));
}

#[tokio::test]
async fn each_entry_names_the_one_before_it_also_when_events_are_repeated() {
    let server = Server::start().await;
    let stream = stream(&server, 100).await;
    append(&stream, &[placed(1), placed(4)]).await;
    append(&stream, &[placed(1), placed(4), placed(9)]).await;
    let entries = entries(&server).await;
    let chain: Vec<_> = entries
        .iter()
        .map(|entry| (entry["number"].as_str(), entry.get("previous").map(String::as_str)))
        .collect();
    let expected =
        [("1", None), ("4", Some("1")), ("1", Some("4")), ("4", Some("1")), ("9", Some("4"))];
    assert_eq!(chain, expected);
}

#[tokio::test]
async fn the_latest_entries_are_kept_in_order() {
    let server = Server::start().await;
    let stream = stream(&server, 100).await;
    for first in (1..=500).step_by(50) {
        let events: Vec<_> = (first..first + 50).map(placed).collect();
        append(&stream, &events).await;
    }
    let entries = entries(&server).await;
    assert!((100..500).contains(&entries.len()), "{} are kept", entries.len());
    let ids: Vec<i64> = entries.iter().map(|entry| entry["id"].parse().unwrap()).collect();
    let first = 501 - i64::try_from(ids.len()).unwrap();
    assert_eq!(ids, (first..=500).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_outage_is_trouble_of_the_receiver_and_events_can_be_delivered_later() {
    let mut server = Server::start().await;
    let stream = stream(&server, 10).await;
    server.kill();
    for _ in 0..3 {
        let results = within_deadline(stream.deliver(&[placed(1), placed(2)])).await;
        let [Err(DeliveryFailure::Receiver(cause))] = results.as_slice() else {
            panic!("{results:?}");
        };
        assert!(!cause.to_string().is_empty());
    }
    server.start_again().await;
    eventually("the events are delivered", async || {
        stream.deliver(&[placed(1), placed(2)]).await.iter().all(Result::is_ok)
    })
    .await;
    assert_eq!(entries(&server).await.last().unwrap()["id"], "2");
}
