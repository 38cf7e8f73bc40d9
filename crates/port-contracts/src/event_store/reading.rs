//! The feed: reading the journal without gaps.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::collections::BTreeSet;

use domain::{
    EventId,
    account::AccountCommand,
    events::port::{EventFilter, EventPage},
};

use super::fixture::{EventFixture, ids};
use crate::{builders::timestamp, race::race};

const START: EventId = EventId::new(0);

async fn page(
    fixture: &EventFixture,
    filter: &EventFilter,
    after: EventId,
    limit: u32,
) -> EventPage {
    fixture.settle().await;
    let settled = fixture.events.settled().await.unwrap();
    fixture.events.events(filter, after, settled, limit).await.unwrap()
}

async fn all(fixture: &EventFixture, types: &[&str]) -> Vec<String> {
    let types = types.iter().map(|name| (*name).to_owned()).collect();
    let filter = EventFilter { types, order: None };
    let page = page(fixture, &filter, START, 100).await;
    page.events.into_iter().map(|event| event.event_type).collect()
}

pub async fn pages_follow_each_other_without_gap_and_repetition(fixture: EventFixture) {
    fixture.shipped_order().await;
    fixture.register_accounts(4).await;
    let whole = page(&fixture, &EventFilter::default(), START, 100).await;
    assert_eq!(whole.events.len(), 2 + 3 + 4);
    assert_eq!(Some(whole.next_after), whole.events.last().map(|event| event.id));
    let (mut after, mut read) = (START, Vec::new());
    loop {
        let next = page(&fixture, &EventFilter::default(), after, 2).await;
        if next.events.is_empty() {
            assert_eq!(next.next_after, after, "the end stays where it is");
            break;
        }
        after = next.next_after;
        read.extend(next.events);
    }
    assert_eq!(read, whole.events);
}

pub async fn events_are_filtered_by_type_by_subject_and_by_order(fixture: EventFixture) {
    fixture.shop.product("Sofa", 1).await;
    let order = fixture.shipped_order().await;
    fixture.place_order().await;
    assert_eq!(all(&fixture, &["product.created"]).await, ["product.created"]);
    let orders = ["order.placed", "order.status_changed", "order.status_changed", "order.placed"];
    assert_eq!(all(&fixture, &["order.*"]).await, orders);
    assert_eq!(all(&fixture, &["order.placed", "product.*"]).await.len(), 3);
    assert_eq!(all(&fixture, &["order"]).await, [""; 0], "a subject is not a type");
    let of_order = EventFilter { order: Some(order), ..EventFilter::default() };
    let of_order = page(&fixture, &of_order, START, 100).await;
    assert_eq!(of_order.events.len(), 3);
    assert!(of_order.events.iter().all(|event| event.order == Some(order)));
}

pub async fn a_filter_that_nothing_matches_leads_to_the_end_of_the_journal(fixture: EventFixture) {
    fixture.register_accounts(3).await;
    let filter = EventFilter { types: vec!["product.*".to_owned()], order: None };
    let page = page(&fixture, &filter, START, 10).await;
    assert_eq!(page.events, []);
    assert_eq!(page.next_after, fixture.events.settled().await.unwrap());
}

pub async fn requests_for_mails_are_not_in_the_feed(fixture: EventFixture) {
    let account = &fixture.shop.customer;
    let command = AccountCommand::RequestPasswordReset;
    let accounts = &fixture.shop.stores.accounts;
    accounts.execute(account.id, &command, account.actor(), timestamp(600)).await.unwrap();
    let registrations = ["account.registered", "account.registered"];
    assert_eq!(all(&fixture, &[]).await, registrations);
    assert_eq!(all(&fixture, &["account.mail_requested"]).await, [""; 0]);
    let batch = fixture.lease("mails", 1_000).await.expect("the mails are told");
    assert_eq!(batch.next[0].event_type, "account.mail_requested");
}

pub async fn the_end_of_the_page_is_never_behind_its_start(fixture: EventFixture) {
    let settled = fixture.events.settled().await.unwrap();
    let beyond = EventId::new(settled.get() + 1_000);
    let page = fixture.events.events(&EventFilter::default(), beyond, settled, 10).await.unwrap();
    assert_eq!((page.events, page.next_after), (vec![], beyond));
}

pub async fn a_reader_beside_racing_writers_misses_nothing(fixture: EventFixture) {
    let writer = |_number| {
        let fixture = fixture.clone();
        async move {
            for _ in 0..5 {
                fixture.place_order().await;
            }
        }
    };
    let reader = {
        let fixture = fixture.clone();
        async move {
            let (mut after, mut read) = (START, Vec::new());
            // The registrations of the fixture, and the orders.
            while read.len() < 2 + 40 {
                let settled = fixture.events.settled().await.unwrap();
                let filter = EventFilter::default();
                let next = fixture.events.events(&filter, after, settled, 3).await.unwrap();
                assert!(next.next_after >= after);
                after = next.next_after;
                read.extend(ids(&next.events));
            }
            read
        }
    };
    let (read, _written) = tokio::join!(reader, race(8, writer));
    assert!(read.is_sorted(), "oldest first");
    assert_eq!(read.iter().collect::<BTreeSet<_>>().len(), 42, "none twice");
}
