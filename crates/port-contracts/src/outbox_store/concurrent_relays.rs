//! Concurrent relays, while orders keep changing.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{
    OrderId,
    order::OrderStatus,
    outbox::{
        Channel, EventRelay, OutboxEvent,
        port::{Envelope, EventHandler},
    },
};

use super::{
    fixture::OutboxFixture,
    handlers::{ManualClock, RecordingHandler},
};
use crate::{FromStores as _, Stores, builders, race};

const ORDERS: usize = 200;
const TRANSITIONS: [OrderStatus; 3] =
    [OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered];

async fn place(fixture: &OutboxFixture) -> Vec<OrderId> {
    let order = |number| builders::free_form(&fixture.shop.customer, &format!("Lamp {number}"));
    let orders = (0..ORDERS).map(|number| order(number).build()).collect();
    let placed = fixture.shop.stores.orders.place(orders).await;
    placed.into_iter().map(|placed| placed.expect("an order is placed").order.id()).collect()
}

/// Changes the status of all orders through all transitions, in four concurrent tasks.
async fn change_statuses(fixture: &OutboxFixture, orders: &[OrderId]) {
    let parts: Vec<Vec<OrderId>> = orders.chunks(ORDERS / 4).map(<[OrderId]>::to_vec).collect();
    race(parts.len(), |task| {
        let (fixture, part) = (fixture.clone(), parts[task].clone());
        async move {
            for to in TRANSITIONS {
                for order in &part {
                    fixture.shop.change_status(*order, to).await;
                }
            }
        }
    })
    .await;
}

/// Runs two relays until `changes` is done and no event is pending.
async fn deliver_while(
    fixture: &OutboxFixture,
    handler: &Arc<RecordingHandler>,
    changes: impl Future<Output = ()>,
) {
    let done = Arc::new(AtomicBool::new(false));
    let clock = ManualClock::at(1_000);
    let relays: Vec<_> = ["first", "second"]
        .into_iter()
        .map(|name| {
            let handlers: Vec<Arc<dyn EventHandler>> = vec![handler.clone()];
            let relay = fixture.relay(name, &clock, handlers);
            let (fixture, done, clock) = (fixture.clone(), Arc::clone(&done), Arc::clone(&clock));
            tokio::spawn(async move { run_until_drained(&fixture, &relay, &done, &clock).await })
        })
        .collect();
    changes.await;
    done.store(true, Ordering::SeqCst);
    for relay in relays {
        relay.await.expect("a relay does not panic");
    }
}

async fn run_until_drained(
    fixture: &OutboxFixture,
    relay: &EventRelay,
    done: &AtomicBool,
    clock: &ManualClock,
) {
    loop {
        let was_done = done.load(Ordering::SeqCst);
        let run = relay.run_once(&|| false).await.expect("the run succeeds");
        if run.retried > 0 {
            clock.tick();
        }
        if run.leased == 0 {
            if was_done && fixture.depth().await.waiting == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The delivered events of each order, each event at its first delivery.
fn events_by_order(delivered: &[Envelope]) -> BTreeMap<OrderId, Vec<OutboxEvent>> {
    let mut seen = BTreeSet::new();
    let mut orders: BTreeMap<OrderId, Vec<OutboxEvent>> = BTreeMap::new();
    for envelope in delivered {
        if let Some(order) = envelope.event.order()
            && seen.insert(envelope.id)
        {
            orders.entry(order).or_default().push(envelope.event.clone());
        }
    }
    orders
}

fn expected_events(fixture: &OutboxFixture, order: OrderId) -> Vec<OutboxEvent> {
    let (user_id, changed_by) = (fixture.shop.customer.id, fixture.shop.admin.id);
    let mut all = vec![OutboxEvent::OrderPlaced { order_id: order, user_id }];
    let mut from = OrderStatus::Pending;
    for to in TRANSITIONS {
        let order_id = order;
        all.push(OutboxEvent::OrderStatusChanged { order_id, user_id, changed_by, from, to });
        from = to;
    }
    all
}

async fn assert_all_delivered_in_order(stores: Stores, handler: Arc<RecordingHandler>) {
    let fixture = OutboxFixture::from_stores(stores).await;
    let orders = place(&fixture).await;
    deliver_while(&fixture, &handler, change_statuses(&fixture, &orders)).await;
    let delivered = events_by_order(&handler.delivered());
    assert_eq!(delivered.len(), ORDERS);
    for order in orders {
        assert_eq!(delivered[&order], expected_events(&fixture, order), "order {order}");
    }
    let depth = fixture.depth().await;
    assert_eq!((depth.waiting, depth.dead), (0, 0));
}

pub async fn concurrent_relays_deliver_all_events_of_each_order_in_sequence(stores: Stores) {
    assert_all_delivered_in_order(stores, RecordingHandler::on(Channel::Log)).await;
}

pub async fn concurrent_relays_deliver_all_events_in_sequence_despite_failures(stores: Stores) {
    assert_all_delivered_in_order(stores, RecordingHandler::flaky(Channel::Log, 3)).await;
}
