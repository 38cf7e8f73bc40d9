//! What operators see of parked events, and do with dead letters.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    EventId,
    events::{
        ParkedEvent, ParkedState, Subscription,
        port::{DeadLetterSelection, LeasedBatch, Progress, SubscriptionLag, UndeliveredFilter},
    },
};

use super::fixture::{EventFixture, all_done};
use crate::builders::timestamp;

/// Four registrations, of which the first two are dead, the third is retried, and the last refused.
async fn troubled(fixture: &EventFixture) -> Vec<EventId> {
    fixture.register_accounts(4).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let states =
        [ParkedState::Dead, ParkedState::Dead, ParkedState::Retrying, ParkedState::Refused];
    let parked = batch.next.iter().zip(states).map(|(event, state)| ParkedEvent {
        attempts: 7,
        unanswered: true,
        failing_since: Some(timestamp(900)),
        last_error: Some("550 5.7.1".to_owned()),
        ..ParkedEvent::new(event.id, None, state, timestamp(1_100))
    });
    let progress = Progress { parked: parked.collect(), ..all_done(&batch) };
    assert!(fixture.record("a", &progress, 1_000).await);
    batch.next.iter().map(|event| event.id).collect()
}

async fn listed(fixture: &EventFixture, filter: UndeliveredFilter) -> Vec<(EventId, ParkedState)> {
    let listed = fixture.undelivered(filter).await;
    listed.iter().map(|event| (event.parked.id, event.parked.state)).collect()
}

async fn lag(fixture: &EventFixture) -> SubscriptionLag {
    let lags = fixture.events.lags().await.unwrap();
    assert!(lags.is_sorted_by_key(|lag| lag.subscription.clone()), "by name");
    lags.into_iter().find(|lag| lag.subscription == fixture.subscription).unwrap()
}

fn due(batch: Option<LeasedBatch>) -> Vec<ParkedEvent> {
    let batch = batch.map(|batch| batch.parked).unwrap_or_default();
    batch.into_iter().map(|(parked, _)| parked).collect()
}

pub async fn parked_events_are_listed_by_number_and_page_by_page(fixture: EventFixture) {
    let events = troubled(&fixture).await;
    let dead = [(events[0], ParkedState::Dead), (events[1], ParkedState::Dead)];
    assert_eq!(listed(&fixture, UndeliveredFilter::Dead).await, dead);
    let all = fixture.undelivered(UndeliveredFilter::All).await;
    assert_eq!(all.iter().map(|event| event.parked.id).collect::<Vec<_>>(), events);
    let last = &all[3];
    assert_eq!((last.event_type.as_str(), last.parked.attempts), ("account.registered", 7));
    assert_eq!(last.parked.last_error.as_deref(), Some("550 5.7.1"));
    assert_eq!((&last.subscription, last.at), (&fixture.subscription, timestamp(3)));
    let mut paged = Vec::new();
    let mut after: Option<(EventId, Subscription)> = None;
    loop {
        let page = fixture.events.undelivered(UndeliveredFilter::All, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.parked.id, last.subscription.clone()));
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

pub async fn a_requeued_dead_letter_is_due_as_if_it_had_never_failed(fixture: EventFixture) {
    let events = troubled(&fixture).await;
    let one = DeadLetterSelection::Some(vec![events[1], events[2], EventId::new(9_999)]);
    assert_eq!(fixture.events.requeue(&one, timestamp(1_050)).await.unwrap(), 1);
    let due = due(fixture.lease("a", 1_050).await);
    let [requeued] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!((requeued.id, requeued.state), (events[1], ParkedState::Waiting));
    assert_eq!((requeued.attempts, requeued.unanswered), (0, false));
    assert_eq!(requeued.failing_since, None);
    let all = DeadLetterSelection::All;
    assert_eq!(fixture.events.requeue(&all, timestamp(1_050)).await.unwrap(), 1);
    assert_eq!(fixture.events.requeue(&all, timestamp(1_050)).await.unwrap(), 0);
}

pub async fn a_discarded_dead_letter_is_gone(fixture: EventFixture) {
    let events = troubled(&fixture).await;
    let some = DeadLetterSelection::Some(vec![events[0], events[2]]);
    assert_eq!(fixture.events.discard(&some).await.unwrap(), 1);
    let left = [(events[1], ParkedState::Dead)];
    assert_eq!(listed(&fixture, UndeliveredFilter::Dead).await, left);
    assert_eq!(fixture.events.discard(&DeadLetterSelection::All).await.unwrap(), 1);
    assert_eq!(listed(&fixture, UndeliveredFilter::All).await.len(), 2);
}

pub async fn a_discarded_dead_letter_no_longer_blocks_its_order(fixture: EventFixture) {
    let order = fixture.shipped_order().await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let parked = |index: usize, state| {
        ParkedEvent::new(batch.next[index].id, Some(order), state, timestamp(1_000))
    };
    let parked = vec![parked(0, ParkedState::Dead), parked(1, ParkedState::Waiting)];
    assert!(fixture.record("a", &Progress { parked, ..all_done(&batch) }, 1_000).await);
    assert_eq!(fixture.lease("a", 1_001).await, None);
    fixture.events.discard(&DeadLetterSelection::All).await.unwrap();
    let due = due(fixture.lease("a", 1_001).await);
    assert_eq!(due.iter().map(|parked| parked.id).collect::<Vec<_>>(), [batch.next[1].id]);
}

pub async fn a_lag_counts_what_is_neither_delivered_nor_given_up(fixture: EventFixture) {
    let lag_before = lag(&fixture).await;
    assert_eq!((lag_before.pending, lag_before.dead, lag_before.oldest), (0, 0, None));
    fixture.register_accounts(3).await;
    let behind = lag(&fixture).await;
    assert_eq!((behind.pending, behind.oldest), (3, Some(timestamp(0))));
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let events = &batch.next;
    let parked = [ParkedState::Retrying, ParkedState::Dead].iter().zip(events);
    let parked =
        parked.map(|(state, event)| ParkedEvent::new(event.id, None, *state, timestamp(5_000)));
    let progress =
        Progress { position: events[1].id, parked: parked.collect(), ..all_done(&batch) };
    assert!(fixture.record("a", &progress, 1_000).await);
    let behind = lag(&fixture).await;
    assert_eq!((behind.pending, behind.dead), (2, 1), "one retried, one next, one dead");
    assert_eq!(behind.oldest, Some(timestamp(0)));
    assert_eq!(behind.paused_until, None);
}
