//! Which trace a message belongs to: that of whoever caused it.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use domain::{
    TraceParent,
    order::{OrderCommand, OrderStatus},
    outbox::port::LeasedEvent,
};

use super::desk::{Desk, LEASE, worker};
use crate::builders::{self, timestamp, trace};

fn traces(leased: &[LeasedEvent]) -> Vec<Option<TraceParent>> {
    leased.iter().map(|leased| leased.envelope.trace).collect()
}

pub async fn a_message_belongs_to_the_trace_of_what_it_tells_of(desk: Desk) {
    let account = builders::account("grace@example.com").with_trace(trace(1));
    account.create(desk.shop.stores.accounts.as_ref()).await;
    let order = builders::free_form(&desk.shop.customer, "Lamp").with_trace(trace(2));
    let order = desk.shop.place(order.build()).await.id();
    let step = OrderCommand::ChangeStatus { to: OrderStatus::Processing };
    for (command, number) in [(step, 3), (OrderCommand::Cancel, 4), (OrderCommand::Delete, 5)] {
        let admin = desk.shop.admin.actor().in_trace(Some(trace(number)));
        desk.shop.try_execute(order, command, admin, timestamp(600)).await.unwrap();
    }
    let told = desk.deliver_all(1_000).await;
    assert_eq!(traces(&told), [1, 2, 3, 4, 5].map(|number| Some(trace(number))));
}

pub async fn what_belongs_to_no_trace_is_told_in_none(desk: Desk) {
    desk.register(1).await;
    let order = builders::free_form(&desk.shop.customer, "Lamp").with_trace(trace(1));
    let order = desk.shop.place(order.build()).await.id();
    desk.shop.move_to(order, OrderStatus::Shipped).await;
    let told = desk.deliver_all(1_000).await;
    assert_eq!(traces(&told), [None, Some(trace(1)), None], "a step is not in its order's trace");
}

pub async fn each_order_of_a_batch_is_told_in_its_own_trace(desk: Desk) {
    let sofa = desk.shop.product("Sofa", 1).await.id;
    let lamp = || builders::free_form(&desk.shop.customer, "Lamp");
    let refused = builders::order(&desk.shop.customer).with_line(sofa, 2);
    let batch = vec![
        lamp().with_trace(trace(1)).build(),
        lamp().build(),
        refused.with_trace(trace(2)).build(),
        lamp().with_trace(trace(3)).build(),
    ];
    let placed = desk.shop.stores.orders.place(batch).await;
    assert!(placed[2].is_err(), "there is one sofa");
    let told = desk.deliver_all(1_000).await;
    assert_eq!(traces(&told), [Some(trace(1)), None, Some(trace(3))]);
    let numbers = placed.iter().flatten().map(|placement| Some(placement.order.id()));
    assert!(numbers.eq(told.iter().map(|told| told.envelope.event.order())));
}

pub async fn a_message_that_is_tried_again_is_in_the_same_trace(desk: Desk) {
    let order = builders::free_form(&desk.shop.customer, "Lamp").with_trace(trace(1));
    desk.shop.place(order.build()).await;
    for seconds in [1_000, 1_000 + LEASE] {
        assert_eq!(traces(&desk.lease(&worker("w"), 10, seconds).await), [Some(trace(1))]);
    }
}
