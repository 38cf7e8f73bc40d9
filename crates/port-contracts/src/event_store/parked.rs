//! Parked events: when they are due, and what waits behind them.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    EventId,
    events::{
        ParkedEvent, ParkedState,
        port::{LeasedBatch, Progress},
    },
};

use super::fixture::{EventFixture, all_done, known_types};
use crate::builders::timestamp;

/// Parks events of a batch in these states, due at these seconds; the others are delivered.
async fn park(fixture: &EventFixture, batch: &LeasedBatch, parked: &[(usize, ParkedState, i64)]) {
    let parked = parked.iter().map(|(index, state, due)| {
        let event = &batch.next[*index];
        ParkedEvent::new(event.id, event.order, *state, timestamp(*due))
    });
    let progress = Progress { parked: parked.collect(), ..all_done(batch) };
    assert!(fixture.record("a", &progress, 1_000).await);
}

fn due(batch: Option<LeasedBatch>) -> Vec<EventId> {
    let batch = batch.map(|batch| batch.parked).unwrap_or_default();
    batch.iter().map(|(parked, _)| parked.id).collect()
}

pub async fn a_parked_event_is_due_at_its_time_and_as_it_was_parked(fixture: EventFixture) {
    fixture.register_accounts(2).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let event = &batch.next[0];
    let parked = ParkedEvent {
        id: event.id,
        order: None,
        state: ParkedState::Retrying,
        attempts: 3,
        unanswered: true,
        failing_since: Some(timestamp(990)),
        next_attempt_at: timestamp(1_030),
        last_error: Some("450 4.2.1".to_owned()),
    };
    let progress = Progress { parked: vec![parked.clone()], ..all_done(&batch) };
    assert!(fixture.record("a", &progress, 1_000).await);
    assert_eq!(fixture.lease("a", 1_029).await, None);
    let again = fixture.lease("b", 1_030).await.unwrap();
    assert_eq!(again.parked, [(parked.clone(), event.clone())]);
    assert_eq!(again.next, []);
    // It can be parked again, in another state.
    let parked = ParkedEvent { attempts: 4, unanswered: false, last_error: None, ..parked };
    let progress = Progress { parked: vec![parked.clone()], ..all_done(&again) };
    let progress = Progress { unparked: Vec::new(), ..progress };
    assert!(fixture.record("b", &progress, 1_031).await);
    let again = fixture.lease("b", 1_031).await.unwrap();
    assert_eq!(again.parked, [(parked, event.clone())]);
    assert!(fixture.record("b", &all_done(&again), 1_032).await);
    assert_eq!(fixture.lease("b", 2_000).await, None, "it is delivered");
}

pub async fn an_event_is_not_due_before_the_earlier_parked_ones_of_its_order(
    fixture: EventFixture,
) {
    fixture.shipped_order().await;
    fixture.place_order().await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let events: Vec<_> = batch.next.iter().map(|event| event.id).collect();
    let states = [
        (0, ParkedState::Retrying, 1_050),
        (1, ParkedState::Waiting, 1_000),
        (2, ParkedState::Waiting, 1_000),
        (3, ParkedState::Retrying, 1_010),
    ];
    park(&fixture, &batch, &states).await;
    assert_eq!(due(fixture.lease("a", 1_010).await), [events[3]]);
    let first = fixture.lease("a", 1_050).await.unwrap();
    assert_eq!(due(Some(first.clone())), [events[0], events[3]]);
    assert!(fixture.record("a", &all_done(&first), 1_050).await);
    assert_eq!(due(fixture.lease("a", 1_050).await), [events[1]]);
}

pub async fn later_events_of_an_order_are_blocked_by_a_parked_one(fixture: EventFixture) {
    let order = fixture.shipped_order().await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    for state in [ParkedState::Retrying, ParkedState::Dead, ParkedState::Refused] {
        let parked = ParkedEvent::new(batch.next[0].id, Some(order), state, timestamp(9_000));
        let progress =
            Progress { position: batch.next[0].id, parked: vec![parked], ..all_done(&batch) };
        assert!(fixture.lease("a", 1_001).await.is_some());
        assert!(fixture.record("a", &progress, 1_001).await);
        let next = fixture.lease("a", 1_001).await.unwrap();
        assert_eq!(next.next.len(), 2);
        let blocks = state != ParkedState::Refused;
        assert_eq!(next.blocked.contains(&order), blocks, "{state}");
    }
}

pub async fn dead_and_refused_events_are_never_due(fixture: EventFixture) {
    fixture.register_accounts(2).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let states = [(0, ParkedState::Dead, 1_000), (1, ParkedState::Refused, 1_000)];
    park(&fixture, &batch, &states).await;
    assert_eq!(fixture.lease("a", 9_000).await, None);
}

pub async fn an_event_of_an_unknown_type_is_due_for_a_worker_that_knows_it(fixture: EventFixture) {
    fixture.register_accounts(1).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    park(&fixture, &batch, &[(0, ParkedState::UnknownType, 5_000)]).await;
    let older = ["order.placed"];
    assert_eq!(fixture.lease_knowing("old", 1_001, &older, 10).await, None);
    let newer = fixture.lease_knowing("new", 1_001, &known_types(), 10).await.unwrap();
    assert_eq!(newer.parked[0].0.state, ParkedState::UnknownType);
    let late = 1_001 + super::fixture::LEASE;
    assert_eq!(fixture.lease_knowing("old", late, &older, 10).await, None);
    let given_up = fixture.lease_knowing("old", 5_000, &older, 10).await.unwrap();
    assert_eq!(given_up.parked.len(), 1, "so that it can be given up");
}
