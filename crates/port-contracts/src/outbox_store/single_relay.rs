//! One relay that runs on the store under test.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::sync::Arc;

use domain::{
    OutboxEventId,
    order::Order,
    outbox::{
        Channel, Channels, RunSummary,
        port::{DeadLetterSelection, EventHandler, UndeliveredFilter},
    },
};

use super::{
    failing_settle::FailingSettleStore,
    fixture::{LEASE, OutboxFixture, worker},
    handlers::{HangingHandler, ManualClock, RecordingHandler, UndeliverableHandler},
};
use crate::builders::timestamp;

fn summary(leased: usize, delivered: usize, retried: usize, dead: usize) -> RunSummary {
    RunSummary { leased, delivered, retried, dead }
}

fn delivered_ids(handler: &RecordingHandler) -> Vec<OutboxEventId> {
    handler.delivered().iter().map(|envelope| envelope.id).collect()
}

async fn only_undelivered(fixture: &OutboxFixture) -> domain::outbox::port::UndeliveredEvent {
    let mut undelivered = fixture.undelivered(UndeliveredFilter::All).await;
    assert_eq!(undelivered.len(), 1, "{undelivered:?}");
    undelivered.remove(0)
}

pub async fn an_event_that_every_handler_accepted_is_delivered(fixture: OutboxFixture) {
    fixture.register_accounts(2).await;
    fixture.place_order().await;
    let (log, mail) = (RecordingHandler::on(Channel::Log), RecordingHandler::on(Channel::Mail));
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, vec![log.clone(), mail.clone()]);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), summary(3, 3, 0, 0));
    assert_eq!(delivered_ids(&log).len(), 3);
    assert_eq!(delivered_ids(&mail).len(), 3);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, []);
}

pub async fn the_events_of_an_order_are_delivered_one_per_run(fixture: OutboxFixture) {
    fixture.shipped_order().await;
    let log = RecordingHandler::on(Channel::Log);
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, vec![log.clone()]);
    for _ in 0..3 {
        assert_eq!(relay.run_once(&|| false).await.unwrap(), summary(1, 1, 0, 0));
    }
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    let delivered = delivered_ids(&log);
    assert!(delivered.len() == 3 && delivered.is_sorted(), "{delivered:?}");
}

pub async fn only_failed_channels_are_retried(fixture: OutboxFixture) {
    fixture.place_order().await;
    let log = RecordingHandler::on(Channel::Log);
    let mail = RecordingHandler::failing(Channel::Mail, 1);
    let stream = RecordingHandler::on(Channel::Stream);
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, vec![log.clone(), mail.clone(), stream.clone()]);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), summary(1, 0, 1, 0));
    let undelivered = only_undelivered(&fixture).await;
    assert_eq!(undelivered.done, Channels::NONE.with(Channel::Log).with(Channel::Stream));
    assert_eq!(undelivered.last_error.as_deref(), Some("mail: connection reset"));
    // The backoff after the first failure is between half a second and one second.
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    clock.tick();
    assert_eq!(relay.run_once(&|| false).await.unwrap(), summary(1, 1, 0, 0));
    assert_eq!(
        (delivered_ids(&log).len(), delivered_ids(&mail).len(), delivered_ids(&stream).len()),
        (1, 1, 1)
    );
    assert_eq!(
        (log.attempted().len(), mail.attempted().len(), stream.attempted().len()),
        (1, 2, 1)
    );
}

pub async fn an_event_that_always_fails_becomes_a_dead_letter_and_blocks_its_order(
    fixture: OutboxFixture,
) {
    fixture.shipped_order().await;
    let (log, mail) =
        (RecordingHandler::on(Channel::Log), RecordingHandler::always_failing(Channel::Mail));
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, vec![log.clone(), mail.clone()]);
    for (seconds, expected) in
        [(1_000, summary(1, 0, 1, 0)), (1_010, summary(1, 0, 1, 0)), (1_020, summary(1, 0, 0, 1))]
    {
        clock.set(seconds);
        assert_eq!(relay.run_once(&|| false).await.unwrap(), expected);
    }
    clock.set(1_000_000);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    assert_eq!((log.attempted().len(), mail.attempted().len()), (1, 3));
    let undelivered = &fixture.undelivered(UndeliveredFilter::Dead).await[0];
    assert_eq!((undelivered.attempts, undelivered.dead_at), (3, Some(timestamp(1_020))));
    assert_eq!(undelivered.last_error.as_deref(), Some("mail: connection reset"));
    assert_eq!((fixture.depth().await.waiting, fixture.depth().await.dead), (2, 1));
}

pub async fn a_requeued_event_is_delivered_only_on_the_channels_that_failed(
    fixture: OutboxFixture,
) {
    fixture.place_order().await;
    let (log, mail) =
        (RecordingHandler::on(Channel::Log), RecordingHandler::failing(Channel::Mail, 3));
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, vec![log.clone(), mail.clone()]);
    for seconds in [1_000, 1_010, 1_020] {
        clock.set(seconds);
        relay.run_once(&|| false).await.unwrap();
    }
    assert_eq!(
        fixture.outbox.requeue(&DeadLetterSelection::All, timestamp(1_020)).await.unwrap(),
        1
    );
    assert_eq!(relay.run_once(&|| false).await.unwrap(), summary(1, 1, 0, 0));
    assert_eq!((delivered_ids(&log).len(), delivered_ids(&mail).len()), (1, 1));
}

pub async fn an_undeliverable_event_does_not_block_later_events(fixture: OutboxFixture) {
    fixture.shipped_order().await;
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, vec![Arc::new(UndeliverableHandler)]);
    for _ in 0..3 {
        assert_eq!(relay.run_once(&|| false).await.unwrap(), summary(1, 1, 0, 0));
    }
}

pub async fn an_event_whose_workers_crash_becomes_a_dead_letter_without_another_attempt(
    fixture: OutboxFixture,
) {
    fixture.place_order().await;
    for attempt in 0..3 {
        fixture.lease_one(&worker("crashing"), 1_000 + attempt * LEASE).await;
    }
    let log = RecordingHandler::on(Channel::Log);
    let clock = ManualClock::at(1_000 + 3 * LEASE);
    let relay = fixture.relay("relay", &clock, vec![log.clone()]);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), summary(1, 0, 0, 1));
    assert_eq!(log.attempted(), []);
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await.len(), 1);
}

pub async fn a_stopped_relay_releases_the_events_it_did_not_attempt(fixture: OutboxFixture) {
    fixture.register_accounts(5).await;
    let log = RecordingHandler::on(Channel::Log);
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, vec![log.clone()]);
    // The relay is stopped after two deliveries.
    let stopped = || log.attempted().len() >= 2;
    let stopped_run = relay.run_once(&stopped).await.unwrap();
    assert_eq!((stopped_run.leased, stopped_run.delivered), (5, 2));
    assert_eq!(delivered_ids(&log).len(), 2);
    let left = fixture.lease(&worker("another"), 10, 1_000).await;
    assert_eq!(left.len(), 3);
    assert!(left.iter().all(|leased| leased.attempts == 1), "none was attempted: {left:?}");
}

async fn wait_until_waiting_is_at_most(fixture: &OutboxFixture, waiting: u64) {
    while fixture.depth().await.waiting > waiting {
        tokio::task::yield_now().await;
    }
}

/// Starts the first run of a relay, and returns when it hangs on an event of the order.
async fn start_hanging_relay(
    fixture: &OutboxFixture,
    order: &Order,
    clock: &Arc<ManualClock>,
) -> (Arc<HangingHandler>, tokio::task::JoinHandle<RunSummary>) {
    let hanging = HangingHandler::on(order.id());
    let handlers: Vec<Arc<dyn EventHandler>> = vec![hanging.clone()];
    let relay = fixture.relay("hanging", clock, handlers);
    let run = tokio::spawn(async move { relay.run_once(&|| false).await.unwrap() });
    hanging.wait_until_called().await;
    (hanging, run)
}

pub async fn a_handler_that_hangs_on_one_event_does_not_block_other_events(fixture: OutboxFixture) {
    let order = fixture.place_order().await;
    fixture.register_accounts(10).await;
    let clock = ManualClock::at(1_000);
    let (hanging, running) = start_hanging_relay(&fixture, &order, &clock).await;
    wait_until_waiting_is_at_most(&fixture, 1).await;
    assert_eq!(only_undelivered(&fixture).await.event.and_then(|it| it.order()), Some(order.id()));
    hanging.release();
    assert_eq!(running.await.unwrap(), summary(11, 11, 0, 0));
    wait_until_waiting_is_at_most(&fixture, 0).await;
}

pub async fn an_event_that_a_relay_hangs_on_is_leased_by_another_when_its_lease_expires(
    fixture: OutboxFixture,
) {
    let order = fixture.place_order().await;
    let clock = ManualClock::at(1_000);
    let (hanging, running) = start_hanging_relay(&fixture, &order, &clock).await;
    let log = RecordingHandler::always_failing(Channel::Log);
    let other = fixture.relay("other", &clock, vec![log.clone()]);
    assert_eq!(other.run_once(&|| false).await.unwrap(), RunSummary::default());
    clock.set(1_000 + LEASE);
    assert_eq!(other.run_once(&|| false).await.unwrap(), summary(1, 0, 1, 0));
    // The first relay's settlement comes too late and has no effect.
    hanging.release();
    running.await.unwrap();
    let undelivered = only_undelivered(&fixture).await;
    assert_eq!((undelivered.attempts, undelivered.done), (2, Channels::NONE));
    assert_eq!(undelivered.last_error.as_deref(), Some("log: connection reset"));
}

pub async fn a_failed_settlement_is_retried_without_a_second_delivery(mut fixture: OutboxFixture) {
    fixture.register_accounts(3).await;
    fixture.outbox = FailingSettleStore::new(&fixture.outbox, 1);
    let log = RecordingHandler::on(Channel::Log);
    let relay = fixture.relay("relay", &ManualClock::at(1_000), vec![log.clone()]);
    let delivered = relay.run_once(&|| false).await.unwrap().delivered;
    let again = relay.run_once(&|| false).await.unwrap();
    assert_eq!(delivered + again.delivered, 3, "events without an attempt are due again at once");
    assert_eq!(delivered_ids(&log).len(), 3, "no event is delivered twice");
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, []);
}

pub async fn a_relay_whose_settlements_fail_releases_the_events_it_did_not_attempt(
    mut fixture: OutboxFixture,
) {
    const EVENTS: i64 = 60;
    fixture.register_accounts(EVENTS).await;
    fixture.outbox = FailingSettleStore::new(&fixture.outbox, usize::MAX);
    let log = RecordingHandler::on(Channel::Log);
    let relay = fixture.relay("relay", &ManualClock::at(1_000), vec![log.clone()]);
    relay.run_once(&|| false).await.unwrap_err();
    let attempted = log.attempted().len();
    let waiting = fixture.undelivered(UndeliveredFilter::All).await;
    let counted = waiting.iter().filter(|undelivered| undelivered.attempts > 0).count();
    assert_eq!(counted, attempted, "only attempted events have an attempt counted");
    let released = fixture.lease(&worker("another"), 100, 1_000).await.len();
    assert_eq!(i64::try_from(attempted + released), Ok(EVENTS));
}
