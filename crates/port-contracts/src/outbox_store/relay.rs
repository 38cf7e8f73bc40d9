//! One relay at work on the real store.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

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
    desk::{Desk, LEASE, worker},
    handlers::{Hanging, NobodyThere, SetClock, Teller},
    unwilling::Unwilling,
};
use crate::builders::timestamp;

fn round(leased: usize, delivered: usize, retried: usize, dead: usize) -> RunSummary {
    RunSummary { leased, delivered, retried, dead }
}

fn told(teller: &Teller) -> Vec<OutboxEventId> {
    teller.told().iter().map(|envelope| envelope.id).collect()
}

async fn only_letter(desk: &Desk) -> domain::outbox::port::UndeliveredEvent {
    let mut letters = desk.undelivered(UndeliveredFilter::Undelivered).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

pub async fn a_message_that_went_out_everywhere_is_delivered(desk: Desk) {
    desk.register(2).await;
    desk.order().await;
    let (log, mail) = (Teller::on(Channel::Log), Teller::on(Channel::Mail));
    let clock = SetClock::at(1_000);
    let relay = desk.relay("c", &clock, vec![log.clone(), mail.clone()]);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), round(3, 3, 0, 0));
    assert_eq!(told(&log).len(), 3);
    assert_eq!(told(&mail).len(), 3);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    assert_eq!(desk.undelivered(UndeliveredFilter::Undelivered).await, []);
}

pub async fn all_about_an_order_is_told_one_behind_the_other(desk: Desk) {
    desk.shipped_order().await;
    let log = Teller::on(Channel::Log);
    let clock = SetClock::at(1_000);
    let relay = desk.relay("c", &clock, vec![log.clone()]);
    for _ in 0..3 {
        assert_eq!(relay.run_once(&|| false).await.unwrap(), round(1, 1, 0, 0));
    }
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    let told = told(&log);
    assert!(told.len() == 3 && told.is_sorted(), "{told:?}");
}

pub async fn a_channel_that_failed_is_tried_again_and_one_that_worked_is_not(desk: Desk) {
    desk.order().await;
    let log = Teller::on(Channel::Log);
    let mail = Teller::failing(Channel::Mail, 1);
    let stream = Teller::on(Channel::Stream);
    let clock = SetClock::at(1_000);
    let relay = desk.relay("c", &clock, vec![log.clone(), mail.clone(), stream.clone()]);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), round(1, 0, 1, 0));
    let letter = only_letter(&desk).await;
    assert_eq!(letter.done, Channels::NONE.with(Channel::Log).with(Channel::Stream));
    assert_eq!(letter.last_error.as_deref(), Some("mail: the line is dead"));
    // The wait after the first failure is between half a second and one.
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    clock.tick();
    assert_eq!(relay.run_once(&|| false).await.unwrap(), round(1, 1, 0, 0));
    assert_eq!((told(&log).len(), told(&mail).len(), told(&stream).len()), (1, 1, 1));
    assert_eq!((log.asked().len(), mail.asked().len(), stream.asked().len()), (1, 2, 1));
}

pub async fn a_message_that_always_fails_is_given_up_and_what_is_behind_it_waits(desk: Desk) {
    desk.shipped_order().await;
    let (log, mail) = (Teller::on(Channel::Log), Teller::broken(Channel::Mail));
    let clock = SetClock::at(1_000);
    let relay = desk.relay("c", &clock, vec![log.clone(), mail.clone()]);
    for (seconds, expected) in
        [(1_000, round(1, 0, 1, 0)), (1_010, round(1, 0, 1, 0)), (1_020, round(1, 0, 0, 1))]
    {
        clock.set(seconds);
        assert_eq!(relay.run_once(&|| false).await.unwrap(), expected);
    }
    clock.set(1_000_000);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
    assert_eq!((log.asked().len(), mail.asked().len()), (1, 3));
    let letter = &desk.undelivered(UndeliveredFilter::Dead).await[0];
    assert_eq!((letter.attempts, letter.dead_at), (3, Some(timestamp(1_020))));
    assert_eq!(letter.last_error.as_deref(), Some("mail: the line is dead"));
    assert_eq!((desk.depth().await.waiting, desk.depth().await.dead), (2, 1));
}

pub async fn a_requeued_message_goes_out_where_it_has_not_gone_out(desk: Desk) {
    desk.order().await;
    let (log, mail) = (Teller::on(Channel::Log), Teller::failing(Channel::Mail, 3));
    let clock = SetClock::at(1_000);
    let relay = desk.relay("c", &clock, vec![log.clone(), mail.clone()]);
    for seconds in [1_000, 1_010, 1_020] {
        clock.set(seconds);
        relay.run_once(&|| false).await.unwrap();
    }
    assert_eq!(desk.outbox.requeue(&DeadLetterSelection::All, timestamp(1_020)).await.unwrap(), 1);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), round(1, 1, 0, 0));
    assert_eq!((told(&log).len(), told(&mail).len()), (1, 1));
}

pub async fn what_can_never_go_out_on_a_channel_holds_nothing_up(desk: Desk) {
    desk.shipped_order().await;
    let clock = SetClock::at(1_000);
    let relay = desk.relay("c", &clock, vec![Arc::new(NobodyThere)]);
    for _ in 0..3 {
        assert_eq!(relay.run_once(&|| false).await.unwrap(), round(1, 1, 0, 0));
    }
}

pub async fn a_message_whose_workers_die_of_it_is_given_up_untold(desk: Desk) {
    desk.order().await;
    for attempt in 0..3 {
        desk.lease_one(&worker("one who dies"), 1_000 + attempt * LEASE).await;
    }
    let log = Teller::on(Channel::Log);
    let clock = SetClock::at(1_000 + 3 * LEASE);
    let relay = desk.relay("c", &clock, vec![log.clone()]);
    assert_eq!(relay.run_once(&|| false).await.unwrap(), round(1, 0, 0, 1));
    assert_eq!(log.asked(), []);
    assert_eq!(desk.undelivered(UndeliveredFilter::Dead).await.len(), 1);
}

pub async fn a_courier_that_is_stopped_hands_back_what_it_did_not_try(desk: Desk) {
    desk.register(5).await;
    let log = Teller::on(Channel::Log);
    let clock = SetClock::at(1_000);
    let relay = desk.relay("c", &clock, vec![log.clone()]);
    // Told to stop when it has told two.
    let stopped = || log.asked().len() >= 2;
    let stopped_round = relay.run_once(&stopped).await.unwrap();
    assert_eq!((stopped_round.leased, stopped_round.delivered), (5, 2));
    assert_eq!(told(&log).len(), 2);
    let left = desk.lease(&worker("another"), 10, 1_000).await;
    assert_eq!(left.len(), 3);
    assert!(left.iter().all(|leased| leased.attempts == 1), "none was tried: {left:?}");
}

async fn settles_all_but(desk: &Desk, waiting: u64) {
    while desk.depth().await.waiting > waiting {
        tokio::task::yield_now().await;
    }
}

/// A relay on its first round, which hangs on a message about that order.
async fn hang(
    desk: &Desk,
    order: &Order,
    clock: &Arc<SetClock>,
) -> (Arc<Hanging>, tokio::task::JoinHandle<RunSummary>) {
    let hanging = Hanging::on(order.id());
    let handlers: Vec<Arc<dyn EventHandler>> = vec![hanging.clone()];
    let relay = desk.relay("hanging", clock, handlers);
    let round = tokio::spawn(async move { relay.run_once(&|| false).await.unwrap() });
    hanging.hangs().await;
    (hanging, round)
}

pub async fn a_channel_that_hangs_on_one_message_does_not_hold_up_the_others(desk: Desk) {
    let order = desk.order().await;
    desk.register(10).await;
    let clock = SetClock::at(1_000);
    let (hanging, running) = hang(&desk, &order, &clock).await;
    settles_all_but(&desk, 1).await;
    assert_eq!(only_letter(&desk).await.event.and_then(|it| it.order()), Some(order.id()));
    hanging.let_go();
    assert_eq!(running.await.unwrap(), round(11, 11, 0, 0));
    settles_all_but(&desk, 0).await;
}

pub async fn a_message_that_one_courier_hangs_on_is_another_ones_when_the_lease_is_over(
    desk: Desk,
) {
    let order = desk.order().await;
    let clock = SetClock::at(1_000);
    let (hanging, running) = hang(&desk, &order, &clock).await;
    let log = Teller::broken(Channel::Log);
    let other = desk.relay("other", &clock, vec![log.clone()]);
    assert_eq!(other.run_once(&|| false).await.unwrap(), RunSummary::default());
    clock.set(1_000 + LEASE);
    assert_eq!(other.run_once(&|| false).await.unwrap(), round(1, 0, 1, 0));
    // Too late: what the first has to say of it counts no more.
    hanging.let_go();
    running.await.unwrap();
    let letter = only_letter(&desk).await;
    assert_eq!((letter.attempts, letter.done), (2, Channels::NONE));
    assert_eq!(letter.last_error.as_deref(), Some("log: the line is dead"));
}

pub async fn what_could_not_be_written_down_at_first_is_written_down_in_the_end(mut desk: Desk) {
    desk.register(3).await;
    desk.outbox = Unwilling::to_settle(&desk.outbox, 1);
    let log = Teller::on(Channel::Log);
    let relay = desk.relay("c", &SetClock::at(1_000), vec![log.clone()]);
    let delivered = relay.run_once(&|| false).await.unwrap().delivered;
    let again = relay.run_once(&|| false).await.unwrap();
    assert_eq!(delivered + again.delivered, 3, "what was not begun is due again at once");
    assert_eq!(told(&log).len(), 3, "nothing is told twice");
    assert_eq!(desk.undelivered(UndeliveredFilter::Undelivered).await, []);
}

pub async fn a_courier_whose_store_fails_hands_back_what_it_did_not_begin(mut desk: Desk) {
    const MESSAGES: i64 = 60;
    desk.register(MESSAGES).await;
    desk.outbox = Unwilling::to_settle(&desk.outbox, usize::MAX);
    let log = Teller::on(Channel::Log);
    let relay = desk.relay("c", &SetClock::at(1_000), vec![log.clone()]);
    relay.run_once(&|| false).await.unwrap_err();
    let begun = log.asked().len();
    let waiting = desk.undelivered(UndeliveredFilter::Undelivered).await;
    let counted = waiting.iter().filter(|letter| letter.attempts > 0).count();
    assert_eq!(counted, begun, "an attempt counts for what was begun, and for nothing else");
    let handed_back = desk.lease(&worker("another"), 100, 1_000).await.len();
    assert_eq!(i64::try_from(begun + handed_back), Ok(MESSAGES));
}
