//! A relay that delivers what happens, while all goes well.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::sync::Arc;

use domain::account::{AccountCommand, PasswordHash};
use domain::events::{
    EventRelay, RelaySettings, RunSummary,
    port::{UndeliveredFilter, WorkerId},
};

use super::{
    fixture::{EventFixture, LEASE, all_events},
    recorder::Recorder,
    simulated::{ImmediateTimer, ManualClock},
};
use crate::builders::timestamp;

/// Runs the relay until there is nothing left to do at once. Returns how many events it delivered.
async fn run(fixture: &EventFixture, relay: &EventRelay) -> usize {
    fixture.settle().await;
    let mut delivered = 0;
    loop {
        let summary = relay.run_once(&|| false).await.expect("the store works");
        delivered += summary.delivered;
        if !summary.more {
            return delivered;
        }
    }
}

pub async fn every_event_is_delivered_once(fixture: EventFixture) {
    for mode in ["batch", "single"] {
        let recorder = Recorder::new(&fixture.subscription);
        let recorder =
            if mode == "batch" { recorder.in_batches().shared() } else { recorder.shared() };
        let relay = fixture.relay("relay", &ManualClock::at(1_000), recorder.clone());
        fixture.shipped_order().await;
        fixture.place_order().await;
        assert_eq!(run(&fixture, &relay).await, 4, "{mode}");
        assert_eq!(recorder.delivered_ids().len(), 4);
        assert_eq!(relay.run_once(&|| false).await.unwrap(), RunSummary::default());
        assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, []);
    }
}

pub async fn the_events_of_an_order_are_delivered_in_their_order(fixture: EventFixture) {
    let recorder = Recorder::new(&fixture.subscription).shared();
    let relay = fixture.relay("relay", &ManualClock::at(1_000), recorder.clone());
    for _ in 0..5 {
        fixture.shipped_order().await;
    }
    assert_eq!(run(&fixture, &relay).await, 15);
    for (order, events) in recorder.delivered_by_order() {
        assert!(events.len() == 3 && events.is_sorted(), "{order}: {events:?}");
    }
}

pub async fn small_batches_lead_to_the_end_as_well(fixture: EventFixture) {
    fixture.register_accounts(7).await;
    fixture.shipped_order().await;
    let settings = RelaySettings { batch: 2, ..RelaySettings::default() };
    let recorder = Recorder::new(&fixture.subscription).shared();
    let timer = Arc::new(ImmediateTimer);
    let clock = ManualClock::at(1_000);
    let relay = fixture.relay_with("relay", &clock, recorder.clone(), timer, settings);
    assert_eq!(run(&fixture, &relay).await, 10);
    assert!(recorder.delivered_ids().len() == 10);
}

pub async fn events_without_anything_to_deliver_are_passed(fixture: EventFixture) {
    let account = &fixture.shop.customer;
    let new = PasswordHash::new("new");
    for command in [
        AccountCommand::ConfirmAddress {
            address: account.email.clone(),
            current: account.email.clone(),
            session: None,
        },
        AccountCommand::SetPassword { new },
    ] {
        let accounts = &fixture.shop.stores.accounts;
        accounts.execute(account.id, &command, account.actor(), timestamp(600)).await.unwrap();
    }
    let recorder = Recorder::new(&fixture.subscription).shared();
    let relay = fixture.relay("relay", &ManualClock::at(1_000), recorder.clone());
    assert_eq!(run(&fixture, &relay).await, 2, "the request for a mail counts as delivered");
    assert_eq!(recorder.delivered_ids().len(), 1);
    assert_eq!(fixture.lease("reader", 1_000).await, None, "the position has passed it");
    let requested = all_events(&fixture.shop.stores).await.pop().unwrap();
    assert_eq!(requested.event_type, "account.mail_requested");
    assert_eq!(requested.recipient.as_ref(), Some(&account.email), "the mails still need it");
}

pub async fn a_slow_delivery_holds_up_only_its_own_order(fixture: EventFixture) {
    let slow = fixture.shipped_order().await;
    fixture.shipped_order().await;
    let recorder = Recorder::new(&fixture.subscription).holding(slow).shared();
    let relay = Arc::new(fixture.relay("relay", &ManualClock::at(1_000), recorder.clone()));
    fixture.settle().await;
    let running = {
        let relay = Arc::clone(&relay);
        tokio::spawn(async move { relay.run_once(&|| false).await })
    };
    recorder.held().await;
    while recorder.delivered_ids().len() < 3 {
        tokio::task::yield_now().await;
    }
    assert!(!recorder.delivered_by_order().contains_key(&slow));
    recorder.release();
    running.await.unwrap().unwrap();
    assert_eq!(recorder.delivered_ids().len(), 6);
}

pub async fn a_lease_is_extended_while_a_delivery_takes_longer(fixture: EventFixture) {
    let order = fixture.place_order().await.id();
    let recorder = Recorder::new(&fixture.subscription).holding(order).shared();
    let clock = ManualClock::at(1_000);
    let (timer, settings) = (Arc::new(ImmediateTimer), RelaySettings::default());
    let relay = Arc::new(fixture.relay_with("a", &clock, recorder.clone(), timer, settings));
    fixture.settle().await;
    let running = tokio::spawn({
        let relay = Arc::clone(&relay);
        async move { relay.run_once(&|| false).await }
    });
    recorder.held().await;
    clock.advance(LEASE - 1);
    // From now on the relay's extensions reach beyond the first end of the lease. A worker that
    // asked before the next of them would get it, so it asks for a time at which the lease is held
    // either way, and the clock goes on only after the extension.
    let (subscription, worker) = (&fixture.subscription, WorkerId::new("a"));
    let beyond = 1_000 + LEASE + 1;
    while !fixture
        .events
        .extend(subscription, &worker, timestamp(beyond), timestamp(beyond + LEASE))
        .await
        .unwrap()
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.lease("b", beyond).await, None);
    recorder.release();
    assert_eq!(running.await.unwrap().unwrap().delivered, 1);
    assert_eq!(recorder.attempted_ids().len(), 1);
}

pub async fn a_stopped_relay_starts_no_delivery_and_releases_its_lease(fixture: EventFixture) {
    let first = fixture.place_order().await.id();
    let recorder = Recorder::new(&fixture.subscription).holding(first).shared();
    let clock = ManualClock::at(1_000);
    let relay = Arc::new(fixture.relay("a", &clock, recorder.clone()));
    fixture.shop.change_status(first, domain::order::OrderStatus::Processing).await;
    let stopped = Arc::new(std::sync::atomic::AtomicBool::new(false));
    fixture.settle().await;
    let running = tokio::spawn({
        let (relay, stopped) = (Arc::clone(&relay), Arc::clone(&stopped));
        async move { relay.run_once(&|| stopped.load(std::sync::atomic::Ordering::SeqCst)).await }
    });
    recorder.held().await;
    stopped.store(true, std::sync::atomic::Ordering::SeqCst);
    recorder.release();
    let summary = running.await.unwrap().unwrap();
    assert_eq!((summary.delivered, summary.more), (1, false));
    let rest = fixture.lease("b", 1_000).await.expect("the lease is free");
    assert_eq!(rest.next.len(), 1, "the one in progress was recorded");
    assert_eq!(relay.run_once(&|| true).await.unwrap(), RunSummary::default());
}
