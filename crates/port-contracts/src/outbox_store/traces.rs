//! An event belongs to the trace of the request that caused it.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    TraceParent,
    order::{OrderCommand, OrderStatus},
    outbox::port::LeasedEvent,
};

use super::fixture::{LEASE, OutboxFixture, worker};
use crate::builders::{self, timestamp, trace};

fn traces(leased: &[LeasedEvent]) -> Vec<Option<TraceParent>> {
    leased.iter().map(|leased| leased.envelope.trace).collect()
}

pub async fn an_event_belongs_to_the_trace_of_its_cause(fixture: OutboxFixture) {
    let account = builders::account("grace@example.com").with_trace(trace(1));
    account.create(fixture.shop.stores.accounts.as_ref()).await;
    let order = builders::free_form(&fixture.shop.customer, "Lamp").with_trace(trace(2));
    let order = fixture.shop.place(order.build()).await.id();
    let change = OrderCommand::ChangeStatus { to: OrderStatus::Processing };
    for (command, number) in [(change, 3), (OrderCommand::Cancel, 4), (OrderCommand::Delete, 5)] {
        let admin = fixture.shop.admin.actor().in_trace(Some(trace(number)));
        fixture.shop.try_execute(order, command, admin, timestamp(600)).await.unwrap();
    }
    let delivered = fixture.deliver_all(1_000).await;
    assert_eq!(traces(&delivered), [1, 2, 3, 4, 5].map(|number| Some(trace(number))));
}

pub async fn an_event_caused_outside_a_trace_has_no_trace(fixture: OutboxFixture) {
    fixture.register_accounts(1).await;
    let order = builders::free_form(&fixture.shop.customer, "Lamp").with_trace(trace(1));
    let order = fixture.shop.place(order.build()).await.id();
    fixture.shop.change_status(order, OrderStatus::Shipped).await;
    let delivered = fixture.deliver_all(1_000).await;
    assert_eq!(
        traces(&delivered),
        [None, Some(trace(1)), None],
        "a status change is not in the trace of its order"
    );
}

pub async fn each_order_of_a_batch_keeps_its_own_trace(fixture: OutboxFixture) {
    let sofa = fixture.shop.product("Sofa", 1).await.id;
    let lamp = || builders::free_form(&fixture.shop.customer, "Lamp");
    let refused = builders::order(&fixture.shop.customer).with_line(sofa, 2);
    let batch = vec![
        lamp().with_trace(trace(1)).build(),
        lamp().build(),
        refused.with_trace(trace(2)).build(),
        lamp().with_trace(trace(3)).build(),
    ];
    let placed = fixture.shop.stores.orders.place(batch).await;
    assert!(placed[2].is_err(), "there is one sofa");
    let delivered = fixture.deliver_all(1_000).await;
    assert_eq!(traces(&delivered), [Some(trace(1)), None, Some(trace(3))]);
    let numbers = placed.iter().flatten().map(|placement| Some(placement.order.id()));
    assert!(numbers.eq(delivered.iter().map(|leased| leased.envelope.event.order())));
}

pub async fn a_retried_event_stays_in_the_same_trace(fixture: OutboxFixture) {
    let order = builders::free_form(&fixture.shop.customer, "Lamp").with_trace(trace(1));
    fixture.shop.place(order.build()).await;
    for seconds in [1_000, 1_000 + LEASE] {
        assert_eq!(traces(&fixture.lease(&worker("w"), 10, seconds).await), [Some(trace(1))]);
    }
}
