//! Couriers side by side, while the shop goes on.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

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
    desk::Desk,
    handlers::{SetClock, Teller},
};
use crate::{FromStores as _, Stores, builders, race};

const ORDERS: usize = 200;
const STEPS: [OrderStatus; 3] =
    [OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered];

async fn place(desk: &Desk) -> Vec<OrderId> {
    let order = |number| builders::free_form(&desk.shop.customer, &format!("Lamp {number}"));
    let orders = (0..ORDERS).map(|number| order(number).build()).collect();
    let placed = desk.shop.stores.orders.place(orders).await;
    placed.into_iter().map(|placed| placed.expect("an order is placed").order.id()).collect()
}

/// Has four clerks move orders along all their steps.
async fn move_along(desk: &Desk, orders: &[OrderId]) {
    let parts: Vec<Vec<OrderId>> = orders.chunks(ORDERS / 4).map(<[OrderId]>::to_vec).collect();
    race(parts.len(), |clerk| {
        let (desk, part) = (desk.clone(), parts[clerk].clone());
        async move {
            for to in STEPS {
                for order in &part {
                    desk.shop.move_to(*order, to).await;
                }
            }
        }
    })
    .await;
}

/// Has two relays work until the shop is closed and nothing waits.
async fn deliver_meanwhile(desk: &Desk, handler: &Arc<Teller>, business: impl Future<Output = ()>) {
    let closed = Arc::new(AtomicBool::new(false));
    let clock = SetClock::at(1_000);
    let working: Vec<_> = ["first", "second"]
        .into_iter()
        .map(|name| {
            let handlers: Vec<Arc<dyn EventHandler>> = vec![handler.clone()];
            let relay = desk.relay(name, &clock, handlers);
            let (desk, closed, clock) = (desk.clone(), Arc::clone(&closed), Arc::clone(&clock));
            tokio::spawn(async move { work(&desk, &relay, &closed, &clock).await })
        })
        .collect();
    business.await;
    closed.store(true, Ordering::SeqCst);
    for relay in working {
        relay.await.expect("a relay does not panic");
    }
}

async fn work(desk: &Desk, relay: &EventRelay, closed: &AtomicBool, clock: &SetClock) {
    loop {
        let was_closed = closed.load(Ordering::SeqCst);
        let round = relay.run_once(&|| false).await.expect("a round works");
        if round.retried > 0 {
            clock.tick();
        }
        if round.leased == 0 {
            if was_closed && desk.depth().await.waiting == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// What was told of each order, by number: each message where it was told for the first time.
fn by_order(told: &[Envelope]) -> BTreeMap<OrderId, Vec<OutboxEvent>> {
    let mut seen = BTreeSet::new();
    let mut orders: BTreeMap<OrderId, Vec<OutboxEvent>> = BTreeMap::new();
    for envelope in told {
        if let Some(order) = envelope.event.order()
            && seen.insert(envelope.id)
        {
            orders.entry(order).or_default().push(envelope.event.clone());
        }
    }
    orders
}

fn everything_about(desk: &Desk, order: OrderId) -> Vec<OutboxEvent> {
    let (user_id, changed_by) = (desk.shop.customer.id, desk.shop.admin.id);
    let mut all = vec![OutboxEvent::OrderPlaced { order_id: order, user_id }];
    let mut from = OrderStatus::Pending;
    for to in STEPS {
        let order_id = order;
        all.push(OutboxEvent::OrderStatusChanged { order_id, user_id, changed_by, from, to });
        from = to;
    }
    all
}

async fn all_is_told_in_order(stores: Stores, handler: Arc<Teller>) {
    let desk = Desk::from_stores(stores).await;
    let orders = place(&desk).await;
    deliver_meanwhile(&desk, &handler, move_along(&desk, &orders)).await;
    let told = by_order(&handler.told());
    assert_eq!(told.len(), ORDERS);
    for order in orders {
        assert_eq!(told[&order], everything_about(&desk, order), "order {order}");
    }
    let depth = desk.depth().await;
    assert_eq!((depth.waiting, depth.dead), (0, 0));
}

pub async fn couriers_side_by_side_tell_everything_of_each_order_in_its_order(stores: Stores) {
    all_is_told_in_order(stores, Teller::on(Channel::Log)).await;
}

pub async fn failures_change_neither_that_everything_is_told_nor_its_order(stores: Stores) {
    all_is_told_in_order(stores, Teller::shaky(Channel::Log, 3)).await;
}
