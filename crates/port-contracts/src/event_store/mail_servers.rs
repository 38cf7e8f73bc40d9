//! Mail servers that fail, over hours of a simulated clock.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::events::{
    DeliveryFailure, EventRelay, ParkedState,
    port::{TroubleRule, UndeliveredFilter},
};

use super::{
    fixture::EventFixture,
    recorder::{Recorder, cause, deferred, receiver},
    simulated::ManualClock,
};

const MAILS: i64 = 150;
const A_MINUTE: usize = 30;

/// Runs the relay every second until everything is delivered. Returns the minutes that it took.
async fn minutes_until_all_are_delivered(
    relay: &EventRelay,
    clock: &ManualClock,
    recorder: &Recorder,
    on_minute: impl Fn(),
) -> usize {
    for minute in 1..=120 {
        for _ in 0..60 {
            while relay.run_once(&|| false).await.expect("the store works").more {}
            if recorder.delivered_ids().len() >= usize::try_from(MAILS).unwrap_or(usize::MAX) {
                return minute;
            }
            clock.advance(1);
        }
        on_minute();
    }
    panic!("{} of {MAILS} are delivered after two hours", recorder.delivered_ids().len());
}

pub async fn a_server_that_allows_so_many_mails_a_minute_gets_all_with_few_refusals(
    fixture: EventFixture,
) {
    fixture.register_accounts(MAILS).await;
    let allowed = Arc::new(AtomicUsize::new(A_MINUTE));
    let left = Arc::clone(&allowed);
    let recorder = Recorder::new(&fixture.subscription)
        .with_rule(TroubleRule::Accounts(3))
        .deciding(move |_, _| {
            let one_less = |left: usize| left.checked_sub(1);
            let taken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
            taken.map(drop).map_err(|_none| deferred("450 4.7.1 too many mails"))
        })
        .shared();
    fixture.settle().await;
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, recorder.clone());
    let refill = || allowed.store(A_MINUTE, Ordering::SeqCst);
    let minutes = minutes_until_all_are_delivered(&relay, &clock, &recorder, refill).await;
    assert!(minutes <= 15, "{minutes}");
    let refused = recorder.attempted_ids().len() - recorder.delivered_ids().len();
    assert!(refused <= recorder.delivered_ids().len(), "{refused} refused attempts");
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, []);
    let once: HashSet<_> = recorder.delivered_ids().into_iter().collect();
    assert_eq!(once.len(), recorder.delivered_ids().len());
}

pub async fn a_server_that_was_away_for_an_hour_gets_every_mail_soon_after(fixture: EventFixture) {
    fixture.shipped_order().await;
    fixture.settle().await;
    let clock = ManualClock::at(1_000);
    let back_at = 1_000 + 3_600;
    let now = Arc::clone(&clock);
    let recorder = Recorder::new(&fixture.subscription)
        .deciding(move |_, _| {
            if now.seconds() < back_at { Err(receiver("connection refused")) } else { Ok(()) }
        })
        .shared();
    let relay = fixture.relay("relay", &clock, recorder.clone());
    while clock.seconds() < back_at {
        relay.run_once(&|| false).await.unwrap();
        clock.advance(1);
    }
    assert_eq!(recorder.delivered_ids(), []);
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, [], "none is given up");
    let tries = recorder.attempted_ids().len();
    assert!(tries < 150, "about one a minute: {tries}");
    for _ in 0..61 {
        relay.run_once(&|| false).await.unwrap();
        clock.advance(1);
    }
    assert_eq!(recorder.delivered_ids().len(), 3, "within the longest pause");
}

pub async fn a_server_that_never_answers_after_the_content_gets_a_mail_at_most_twice(
    fixture: EventFixture,
) {
    fixture.place_order().await;
    let recorder = Recorder::new(&fixture.subscription)
        .deciding(|_, _| Err(DeliveryFailure::Unanswered(cause("timed out"))))
        .shared();
    fixture.settle().await;
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay("relay", &clock, recorder.clone());
    for _ in 0..100 {
        relay.run_once(&|| false).await.unwrap();
        clock.advance(600);
    }
    assert_eq!(recorder.attempted_ids().len(), 2);
    let noted = fixture.undelivered(UndeliveredFilter::All).await;
    assert_eq!(noted[0].parked.state, ParkedState::Refused);
    assert!(noted[0].parked.unanswered);
}
