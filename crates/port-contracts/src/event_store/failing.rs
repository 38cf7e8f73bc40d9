//! A relay whose deliveries fail: what is retried, what waits, and what goes on.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    EventId, OrderId,
    events::{
        EventRelay, JournalEvent, ParkedState,
        port::{TroubleRule, UndeliveredFilter},
    },
};

use super::{
    fixture::EventFixture,
    recorder::{Recorder, deferred, receiver, refused},
    simulated::ManualClock,
};

async fn run(fixture: &EventFixture, relay: &EventRelay) -> domain::events::RunSummary {
    fixture.settle().await;
    relay.run_once(&|| false).await.expect("the store works")
}

async fn states(fixture: &EventFixture) -> Vec<(EventId, ParkedState)> {
    let parked = fixture.undelivered(UndeliveredFilter::All).await;
    parked.iter().map(|event| (event.parked.id, event.parked.state)).collect()
}

fn is_of(event: &JournalEvent, order: OrderId) -> bool {
    event.record.order == Some(order)
}

pub async fn an_event_that_was_not_taken_is_retried_and_holds_up_only_its_order(
    fixture: EventFixture,
) {
    let troubled = fixture.shipped_order().await;
    let other = fixture.shipped_order().await;
    let recorder =
        Recorder::new(&fixture.subscription)
            .deciding(move |event, before| {
                if is_of(event, troubled) && before == 0 { Err(deferred("450")) } else { Ok(()) }
            })
            .shared();
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, recorder.clone());
    let summary = run(&fixture, &relay).await;
    assert_eq!((summary.delivered, summary.retried), (3, 1));
    assert!(recorder.delivered().iter().all(|event| is_of(event, other)));
    let waiting = states(&fixture).await.into_iter().map(|(_, state)| state);
    let expected = [ParkedState::Retrying, ParkedState::Waiting, ParkedState::Waiting];
    assert!(waiting.eq(expected));
    // One attempt each fails, and the next event is tried when the one before was taken.
    for _ in 0..20 {
        clock.advance(10);
        run(&fixture, &relay).await;
    }
    assert_eq!(states(&fixture).await, []);
    let delivered = recorder.delivered_by_order().remove(&troubled).unwrap();
    assert!(delivered.len() == 3 && delivered.is_sorted(), "{delivered:?}");
}

pub async fn trouble_of_the_receiver_pauses_and_costs_no_attempt(fixture: EventFixture) {
    fixture.register_accounts(6).await;
    for batches in [true, false] {
        fixture.place_order().await;
        let recorder = Recorder::new(&fixture.subscription).deciding(|_, before| {
            if before < 2 { Err(receiver("connection refused")) } else { Ok(()) }
        });
        let recorder = if batches { recorder.in_batches().shared() } else { recorder.shared() };
        let clock = ManualClock::at(1_000);
        let relay = fixture.relay("relay", &clock, recorder.clone());
        assert!(run(&fixture, &relay).await.paused);
        assert_eq!(states(&fixture).await, [], "no event is parked");
        let attempted = recorder.attempted_ids().len();
        assert_eq!(run(&fixture, &relay).await, domain::events::RunSummary::default());
        assert_eq!(recorder.attempted_ids().len(), attempted, "nothing is tried meanwhile");
        let mut pauses = 1;
        for _ in 0..200 {
            clock.advance(61);
            pauses += i32::from(run(&fixture, &relay).await.paused);
        }
        assert!(pauses > 1, "{pauses}");
        assert_eq!(states(&fixture).await, []);
        let mut delivered = recorder.delivered_ids();
        delivered.dedup();
        assert_eq!(delivered.len(), recorder.delivered_ids().len(), "each is taken once");
        assert_eq!(fixture.lease("reader", 90_000).await, None, "all are taken");
    }
}

pub async fn a_receiver_that_was_in_trouble_is_tried_with_one_event_first(fixture: EventFixture) {
    fixture.register_accounts(8).await;
    let recorder =
        Recorder::new(&fixture.subscription).deciding(|_, _| Err(receiver("away"))).shared();
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, recorder.clone());
    run(&fixture, &relay).await;
    let first = recorder.attempted_ids().len();
    assert!((1..=4).contains(&first), "as many as are delivered at the same time: {first}");
    for pause in 1..=5 {
        clock.advance(61);
        run(&fixture, &relay).await;
        assert_eq!(recorder.attempted_ids().len(), first + pause, "one more for each pause");
    }
}

pub async fn failures_of_different_accounts_in_a_row_are_trouble_of_the_receiver(
    fixture: EventFixture,
) {
    fixture.register_accounts(10).await;
    let recorder = Recorder::new(&fixture.subscription)
        .with_rule(TroubleRule::Accounts(3))
        .deciding(|_, _| Err(deferred("450 4.7.1 too many mails")))
        .shared();
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, recorder.clone());
    let summary = run(&fixture, &relay).await;
    assert!(summary.paused);
    let tried = recorder.attempted_ids().len();
    assert!((3..=6).contains(&tried), "three, and those in progress: {tried}");
    assert_eq!(states(&fixture).await.len(), tried, "those are parked");
}

pub async fn failures_of_one_account_are_no_trouble_of_the_receiver(fixture: EventFixture) {
    for _ in 0..6 {
        fixture.place_order().await;
    }
    let recorder = Recorder::new(&fixture.subscription)
        .with_rule(TroubleRule::Accounts(3))
        .deciding(|_, _| Err(deferred("452 4.2.2 mailbox full")))
        .shared();
    let relay = fixture.relay("relay", &ManualClock::at(1_000), recorder.clone());
    let summary = run(&fixture, &relay).await;
    assert_eq!((summary.retried, summary.paused), (6, false));
}

pub async fn a_refused_event_is_noted_and_nothing_waits_for_it(fixture: EventFixture) {
    let order = fixture.shipped_order().await;
    let recorder = Recorder::new(&fixture.subscription)
        .deciding(|event, _| {
            let placed = event.record.event_type == "order.placed";
            if placed { Err(refused("550 5.7.1")) } else { Ok(()) }
        })
        .shared();
    let relay = fixture.relay("relay", &ManualClock::at(1_000), recorder.clone());
    let summary = run(&fixture, &relay).await;
    assert_eq!((summary.delivered, summary.refused), (2, 1));
    let noted = fixture.undelivered(UndeliveredFilter::All).await;
    let [noted] = noted.as_slice() else { panic!("{noted:?}") };
    assert_eq!((noted.parked.state, noted.parked.order), (ParkedState::Refused, Some(order)));
    assert!(noted.parked.last_error.as_deref().unwrap().contains("550 5.7.1"));
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await, []);
}

pub async fn an_event_that_is_never_taken_is_given_up_after_days(fixture: EventFixture) {
    let order = fixture.shipped_order().await;
    let recorder =
        Recorder::new(&fixture.subscription).deciding(|_, _| Err(deferred("450"))).shared();
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, recorder.clone());
    let hour = 3_600;
    for _ in 0..(5 * 24 - 1) {
        run(&fixture, &relay).await;
        clock.advance(hour);
    }
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await, [], "not within five days");
    let mut dead = 0;
    for _ in 0..3 {
        dead += run(&fixture, &relay).await.dead;
        clock.advance(hour);
    }
    assert_eq!(dead, 1);
    let parked = fixture.undelivered(UndeliveredFilter::All).await;
    let states: Vec<_> = parked.iter().map(|event| event.parked.state).collect();
    assert_eq!(states, [ParkedState::Dead, ParkedState::Waiting, ParkedState::Waiting]);
    assert!(parked.iter().all(|event| event.parked.order == Some(order)));
    assert!(recorder.attempted_ids().len() > 100, "about once an hour in the end");
}

pub async fn other_subscriptions_do_not_notice(fixture: EventFixture) {
    fixture.shipped_order().await;
    let failing =
        Recorder::new(&fixture.subscription).deciding(|_, _| Err(receiver("away"))).shared();
    let clock = ManualClock::at(1_000);
    assert!(run(&fixture, &fixture.relay("relay", &clock, failing)).await.paused);
    // The log has its own position, at the beginning.
    fixture.events.subscribe(&domain::events::Subscription::LOG).await.unwrap();
    let log = Recorder::new(&domain::events::Subscription::LOG).shared();
    let relay = fixture.relay("relay", &clock, log.clone());
    assert_eq!(run(&fixture, &relay).await.delivered, 5);
    assert_eq!(log.delivered_ids().len(), 5);
}
