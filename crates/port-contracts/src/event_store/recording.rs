//! What a worker records of its progress.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    EventId,
    account::{AccountCommand, PasswordHash},
    events::{
        ParkedEvent, ParkedState,
        port::{LeaseEnd, Progress, UndeliveredFilter},
    },
};

use super::fixture::{EventFixture, LEASE, all_done, ids};
use crate::builders::timestamp;

pub async fn the_position_moves_and_what_was_done_ahead_of_it_is_not_repeated(
    fixture: EventFixture,
) {
    fixture.register_accounts(4).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let events = ids(&batch.next);
    let progress = Progress { position: events[0], ahead: vec![events[2]], ..all_done(&batch) };
    assert!(fixture.record("a", &progress, 1_001).await);
    let rest = fixture.lease("b", 1_002).await.unwrap();
    assert_eq!((rest.position, rest.ahead.as_slice()), (events[0], &events[2..3]));
    assert_eq!(ids(&rest.next), [events[1], events[3]]);
    assert!(fixture.record("b", &all_done(&rest), 1_003).await);
    assert_eq!(fixture.lease("a", 1_004).await, None);
}

pub async fn events_that_were_all_done_ahead_are_nothing_to_do(fixture: EventFixture) {
    fixture.register_accounts(2).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let progress =
        Progress { position: batch.position, ahead: ids(&batch.next), ..all_done(&batch) };
    assert!(fixture.record("a", &progress, 1_001).await);
    assert_eq!(fixture.lease("b", 1_002).await, None);
}

pub async fn a_worker_without_the_lease_records_nothing(fixture: EventFixture) {
    fixture.register_accounts(1).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let parked = ParkedEvent::new(batch.next[0].id, None, ParkedState::Dead, timestamp(1_000));
    let progress = Progress { parked: vec![parked], ..all_done(&batch) };
    assert!(!fixture.record("b", &progress, 1_001).await, "another worker's");
    assert!(!fixture.record("a", &progress, 1_000 + LEASE).await, "expired");
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, []);
    assert_eq!(fixture.lease("c", 1_000 + LEASE).await, Some(batch.clone()));
    assert!(!fixture.record("a", &progress, 1_001 + LEASE).await, "taken over");
    assert!(fixture.record("c", &all_done(&batch), 1_001 + LEASE).await);
    assert!(!fixture.record("c", &all_done(&batch), 1_001 + LEASE).await, "released");
}

pub async fn an_extended_lease_lasts_from_the_record_on(fixture: EventFixture) {
    fixture.register_accounts(2).await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let first = batch.next[0].id;
    let lease = LeaseEnd::Extend(timestamp(1_200));
    let progress = Progress { position: first, lease, ..all_done(&batch) };
    assert!(fixture.record("a", &progress, 1_030).await);
    assert_eq!(fixture.lease("b", 1_199).await, None);
    assert_eq!(fixture.lease("b", 1_200).await.unwrap().position, first);
}

pub async fn the_recipient_of_a_mail_is_kept_until_it_is_cleared(fixture: EventFixture) {
    let accounts = &fixture.shop.stores.accounts;
    let grace = crate::builders::account("grace@example.com");
    let grace = grace.verified().create(accounts.as_ref()).await;
    let command = AccountCommand::SetPassword { new: PasswordHash::new("new") };
    accounts.execute(grace.id, &command, grace.actor(), timestamp(600)).await.unwrap();
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let notice = batch.next.last().unwrap();
    assert_eq!(notice.event_type, "account.mail_requested");
    assert_eq!(notice.recipient.as_ref(), Some(&grace.email));
    let cleared =
        Progress { position: batch.position, cleared: vec![notice.id], ..all_done(&batch) };
    assert!(fixture.record("a", &cleared, 1_001).await);
    let again = fixture.lease("a", 1_002).await.unwrap();
    let expected: Vec<_> = ids(&batch.next);
    assert_eq!(ids(&again.next), expected);
    assert!(again.next.iter().all(|event| event.recipient.is_none()));
}

pub async fn recipients_of_long_ago_and_of_deleted_accounts_are_cleared(fixture: EventFixture) {
    let accounts = &fixture.shop.stores.accounts;
    for (name, seconds) in [("grace", 600), ("joan", 700), ("mary", 800)] {
        let account = crate::builders::account(&format!("{name}@example.com"));
        let account = account.verified().create(accounts.as_ref()).await;
        let command = AccountCommand::SetPassword { new: PasswordHash::new("new") };
        let actor = account.actor();
        accounts.execute(account.id, &command, actor, timestamp(seconds)).await.unwrap();
        if name == "mary" {
            fixture.shop.delete_account(account.id).await;
        }
    }
    assert_eq!(fixture.events.clear_recipients(timestamp(700)).await.unwrap(), 1);
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let recipients: Vec<_> =
        batch.next.iter().filter_map(|event| event.recipient.as_ref()).collect();
    let recipients: Vec<_> = recipients.iter().map(|address| address.as_str()).collect();
    assert_eq!(recipients, ["joan@example.com"]);
    assert_eq!(fixture.events.clear_recipients(timestamp(700)).await.unwrap(), 0);
}

pub async fn an_empty_journal_has_position_zero_and_nothing_ahead(fixture: EventFixture) {
    let batch = fixture.lease("a", 1_000).await;
    assert_eq!(batch, None);
    let lags = fixture.events.lags().await.unwrap();
    let lag = lags.iter().find(|lag| lag.subscription == fixture.subscription).unwrap();
    assert_eq!((lag.pending, lag.dead, lag.oldest), (0, 0, None));
    assert!(fixture.events.settled().await.unwrap() > EventId::new(0));
}
