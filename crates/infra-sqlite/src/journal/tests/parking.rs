//! Parked events: when they are due, whom they block, and who may record.

use domain::{
    EventId, OrderId,
    events::{
        ParkedState, Subscription,
        port::{
            DeadLetterSelection, LeaseEnd, Progress, SubscriptionStore as _, UndeliveredFilter,
            WorkerId,
        },
    },
};

use super::{Journal, LOG, due, ids, parked, progress, seconds};

#[tokio::test]
async fn only_the_holder_of_an_unexpired_lease_records() {
    let journal = Journal::with(&[None, None]).await;
    assert!(!journal.record("a", 1_000, &progress(2)).await, "no lease");
    journal.lease("a", 1_000).await.unwrap();
    let dead = vec![parked(1, None, ParkedState::Dead, 0)];
    let done = Progress { parked: dead, ..progress(2) };
    assert!(!journal.record("b", 1_001, &done).await);
    assert!(!journal.record("a", 1_060, &done).await, "expired");
    let all = journal.store.undelivered(UndeliveredFilter::All, None, 10).await.unwrap();
    assert_eq!(all, []);
    assert_eq!(ids(&journal.lease("b", 1_060).await.unwrap()), [1, 2]);
    let worker = WorkerId::new("a");
    let extend = |now, until| journal.store.extend(&LOG, &worker, seconds(now), seconds(until));
    assert!(!extend(1_061, 2_000).await.unwrap());
    assert!(journal.record("b", 1_061, &Progress { lease: LeaseEnd::Release, ..done }).await);
    assert_eq!(journal.lease("c", 1_061).await, None);
}

#[tokio::test]
async fn of_workers_that_look_at_the_same_time_one_gets_the_lease() {
    let journal = Journal::with(&[None]).await;
    let leases = tokio::join!(
        journal.lease("a", 1_000),
        journal.lease("b", 1_000),
        journal.lease("c", 1_000)
    );
    let got = [leases.0, leases.1, leases.2].into_iter().flatten().count();
    assert_eq!(got, 1);
}

#[tokio::test]
async fn an_event_is_due_at_its_time_and_in_its_turn() {
    let journal = Journal::with(&[Some(1), Some(1), Some(2), None, Some(1)]).await;
    let parked = vec![
        parked(1, Some(1), ParkedState::Retrying, 1_020),
        parked(2, Some(1), ParkedState::Waiting, 1_000),
        parked(3, Some(2), ParkedState::Retrying, 1_010),
        parked(4, None, ParkedState::Refused, 1_000),
    ];
    journal.lease("a", 1_000).await.unwrap();
    assert!(journal.record("a", 1_000, &Progress { parked, ..progress(4) }).await);
    let batch = journal.lease("a", 1_000).await.unwrap();
    assert_eq!(ids(&batch), [5]);
    assert_eq!(batch.blocked.into_iter().collect::<Vec<_>>(), [OrderId::new(1)]);
    assert!(journal.record("a", 1_000, &progress(5)).await);
    assert_eq!(journal.lease("a", 1_009).await, None);
    assert_eq!(due(journal.lease("a", 1_010).await), [3]);
    assert_eq!(due(journal.lease("a", 1_020).await), [1, 3]);
    let refused = super::parked(1, Some(1), ParkedState::Refused, 1_020);
    let unparked = vec![EventId::new(3)];
    let done = Progress { parked: vec![refused], unparked, ..progress(5) };
    assert!(journal.record("a", 1_020, &done).await);
    assert_eq!(due(journal.lease("a", 1_020).await), [2], "nothing waits for a refused one");
}

#[tokio::test]
async fn parked_events_of_another_subscription_block_nothing() {
    let journal = Journal::with(&[Some(1), Some(1)]).await;
    journal
        .change("INSERT INTO parked_events VALUES ('mail', 1, 1, 'dead', 0, 0, NULL, 0, NULL)")
        .await
        .unwrap();
    let batch = journal.lease("a", 1_000).await.unwrap();
    assert_eq!((ids(&batch), batch.blocked.len(), batch.parked.len()), (vec![1, 2], 0, 0));
}

#[tokio::test]
async fn an_event_of_an_unknown_type_is_due_for_who_knows_it_and_when_it_is_late() {
    let journal = Journal::with(&[Some(1), Some(1), Some(2)]).await;
    journal
        .park(vec![
            parked(1, Some(1), ParkedState::UnknownType, 5_000),
            parked(2, Some(1), ParkedState::UnknownType, 5_000),
            parked(3, Some(2), ParkedState::Waiting, 1_000),
        ])
        .await;
    let known = ["order.status_changed"];
    assert_eq!(due(journal.lease_knowing("a", 1_000, &known).await), [1, 3], "2 waits for 1");
    assert_eq!(due(journal.lease_knowing("a", 1_000, &["order.placed"]).await), [3]);
    assert_eq!(due(journal.lease_knowing("a", 1_000, &[]).await), [3]);
    assert_eq!(due(journal.lease_knowing("a", 5_000, &["order.placed"]).await), [1, 3]);
}

#[tokio::test]
async fn dead_letters_are_listed_requeued_and_discarded() {
    let journal = Journal::with(&[None, None, None, None]).await;
    let mut failed = parked(1, None, ParkedState::Dead, 0);
    (failed.attempts, failed.unanswered) = (7, true);
    failed.failing_since = Some(seconds(900));
    failed.last_error = Some("450 4.2.1".to_owned());
    let others = [
        parked(2, None, ParkedState::Dead, 0),
        parked(3, None, ParkedState::Retrying, 2_000),
        parked(4, None, ParkedState::Refused, 0),
    ];
    journal.park([vec![failed.clone()], others.to_vec()].concat()).await;
    journal
        .change("INSERT INTO parked_events VALUES ('mail', 2, NULL, 'dead', 0, 0, NULL, 0, NULL)")
        .await
        .unwrap();
    let list = async |filter, after, limit| {
        let listed = journal.store.undelivered(filter, after, limit).await.unwrap();
        let name = |listed: &domain::events::port::UndeliveredEvent| {
            (listed.parked.id.get(), listed.subscription.to_string())
        };
        listed.iter().map(name).collect::<Vec<_>>()
    };
    let log = |event| (event, "log".to_owned());
    let both = [log(1), log(2), (2, "mail".to_owned())];
    assert_eq!(list(UndeliveredFilter::Dead, None, 10).await, both);
    let after = Some((EventId::new(2), LOG));
    let rest = [(2, "mail".to_owned()), log(3), log(4)];
    assert_eq!(list(UndeliveredFilter::All, after, 10).await, rest);
    let lag = |name: Subscription| {
        let lags = journal.store.lags();
        async move { lags.await.unwrap().into_iter().find(|lag| lag.subscription == name).unwrap() }
    };
    let log_lag = lag(LOG).await;
    assert_eq!((log_lag.pending, log_lag.dead, log_lag.oldest), (1, 2, Some(seconds(100))));
    let mail_lag = lag(Subscription::MAIL).await;
    assert_eq!((mail_lag.pending, mail_lag.dead), (4, 1));

    let some = DeadLetterSelection::Some(vec![EventId::new(1), EventId::new(3)]);
    assert_eq!(journal.store.requeue(&some, seconds(1_500)).await.unwrap(), 1);
    let batch = journal.lease("a", 1_500).await.unwrap();
    let mut requeued = parked(1, None, ParkedState::Waiting, 1_500);
    requeued.last_error = failed.last_error;
    assert_eq!(batch.parked.iter().map(|(parked, _)| parked).collect::<Vec<_>>(), [&requeued]);
    assert_eq!(journal.store.discard(&some).await.unwrap(), 0);
    assert_eq!(journal.store.discard(&DeadLetterSelection::All).await.unwrap(), 2);
    assert_eq!(list(UndeliveredFilter::Dead, None, 10).await, []);
    assert_eq!(list(UndeliveredFilter::All, None, 10).await, [log(1), log(3), log(4)]);
}

#[tokio::test]
async fn more_events_than_a_statement_binds_are_selected() {
    let journal = Journal::with(&[None, None]).await;
    journal.park(vec![parked(1, None, ParkedState::Dead, 0)]).await;
    let many = DeadLetterSelection::Some((1..40_000).map(EventId::new).collect());
    assert_eq!(journal.store.requeue(&many, seconds(0)).await.unwrap(), 1);
    assert_eq!(journal.store.discard(&many).await.unwrap(), 0, "it is no longer dead");
}
