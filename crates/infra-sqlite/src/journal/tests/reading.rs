//! Appending, reading, and what leaves the file unchanged.

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query,
    sql_types::BigInt,
};
use domain::{
    EventId,
    account::EmailAddress,
    events::{
        NewEvent,
        port::{EventFilter, EventReads as _, Progress, SubscriptionStore as _},
    },
};

use super::{Journal, ids, progress, seconds, step};
use crate::schema::ROWS_PER_STATEMENT;

#[tokio::test]
async fn events_of_more_than_one_statement_have_numbers_in_their_order() {
    let journal = Journal::with(&[]).await;
    assert_eq!(journal.store.settled().await.unwrap(), EventId::new(0));
    let count = i64::try_from(2 * ROWS_PER_STATEMENT + 1).unwrap();
    let events = (0..count).map(|number| NewEvent { at: seconds(number), ..step(None) });
    journal.append(events.collect()).await;
    assert_eq!(journal.store.settled().await.unwrap(), EventId::new(count));
    let (filter, start) = (EventFilter::default(), EventId::new(0));
    let page = journal.store.events(&filter, start, EventId::new(count), 10_000).await.unwrap();
    assert_eq!(page.events.len(), 2 * ROWS_PER_STATEMENT + 1);
    for (event, number) in page.events.iter().zip(1..) {
        assert_eq!((event.id, event.at), (EventId::new(number), seconds(number - 1)));
    }
}

#[tokio::test]
async fn a_page_of_no_events_skips_none() {
    let journal = Journal::with(&[None, Some(1)]).await;
    let (filter, start) = (EventFilter::default(), EventId::new(0));
    let page = journal.store.events(&filter, start, EventId::new(2), 0).await.unwrap();
    assert_eq!((page.events, page.next_after), (vec![], start));
}

#[tokio::test]
async fn a_subject_stands_for_its_types_and_not_for_a_pattern() {
    let journal = Journal::with(&[None, Some(1), None]).await;
    let matching = async |wanted: &str| {
        let filter = EventFilter { types: vec![wanted.to_owned()], order: None };
        let (start, end) = (EventId::new(0), EventId::new(3));
        journal.store.events(&filter, start, end, 10).await.unwrap().events.len()
    };
    assert_eq!(matching("account.*").await, 2);
    assert_eq!(matching("order.status_changed").await, 1);
    for nothing in ["acc*", "accoun_.*", "%.*", "order.status", "order", ".*", "*", "Order.*"] {
        assert_eq!(matching(nothing).await, 0, "{nothing}");
    }
}

#[tokio::test]
async fn an_event_is_neither_changed_nor_removed_but_its_recipient_is() {
    let journal = Journal::with(&[None]).await;
    for statement in [
        "DELETE FROM events",
        "UPDATE events SET data = '{}'",
        "UPDATE events SET type = 'account.changed'",
        "UPDATE events SET at = 0",
        "UPDATE events SET id = 7",
    ] {
        assert!(journal.change(statement).await.is_err(), "{statement}");
    }
    let address = EmailAddress::parse("old@example.com").ok();
    let mail = |at| NewEvent { recipient: address.clone(), at: seconds(at), ..step(None) };
    journal.append(vec![mail(200), mail(300), mail(400)]).await;
    let batch = journal.lease("a", 1_000).await.unwrap();
    assert_eq!(batch.next[3].recipient, address);
    let cleared = Progress { cleared: vec![EventId::new(4)], ..progress(0) };
    assert!(journal.record("a", 1_000, &cleared).await);
    assert_eq!(journal.store.clear_recipients(seconds(300)).await.unwrap(), 1);
    let batch = journal.lease("a", 1_000).await.unwrap();
    let left = batch.next.iter().filter(|event| event.recipient.is_some());
    assert_eq!(left.map(|event| event.id.get()).collect::<Vec<_>>(), [3]);
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

#[tokio::test]
async fn looking_for_work_writes_nothing() {
    let journal = Journal::with(&[None]).await;
    let path = journal.path();
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    // It changes when another connection has changed the database.
    let mut version = || {
        let version = sql_query("PRAGMA data_version").get_result::<Version>(&mut other);
        version.unwrap().data_version
    };
    let before = version();
    let batch = journal.lease("a", 1_000).await.unwrap();
    let leased = version();
    assert_ne!(leased, before, "the lease is written");
    assert_eq!(journal.lease("a", 1_001).await, Some(batch), "its own");
    assert_eq!(journal.lease("b", 1_001).await, None, "another worker's");
    assert_eq!(version(), leased);
    assert!(journal.record("a", 1_001, &progress(1)).await);
    let recorded = version();
    assert_eq!(journal.lease("a", 1_002).await, None, "nothing is left");
    assert_eq!(journal.lease("b", 20_000).await, None);
    assert_eq!(version(), recorded);
}

#[tokio::test]
async fn what_is_done_ahead_of_the_position_is_left_out() {
    let journal = Journal::with(&[None, Some(1), Some(2), None]).await;
    journal.lease("a", 1_000).await.unwrap();
    let ahead = vec![EventId::new(2), EventId::new(4)];
    assert!(journal.record("a", 1_000, &Progress { ahead: ahead.clone(), ..progress(1) }).await);
    let batch = journal.lease("a", 1_000).await.unwrap();
    assert_eq!((ids(&batch), batch.ahead), (vec![3], ahead.clone()));
    let lags = journal.store.lags().await.unwrap();
    let lag = lags.iter().find(|lag| lag.subscription == super::LOG).unwrap();
    assert_eq!((lag.pending, lag.oldest), (1, Some(seconds(100))));
    let ahead = [vec![EventId::new(3)], ahead].concat();
    assert!(journal.record("a", 1_000, &Progress { ahead, ..progress(1) }).await);
    assert_eq!(journal.lease("a", 1_000).await, None);
    let lags = journal.store.lags().await.unwrap();
    let lag = lags.iter().find(|lag| lag.subscription == super::LOG).unwrap();
    assert_eq!((lag.pending, lag.oldest), (0, None));
}
