//! Outbox events that are damaged, or that another program has written.

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use domain::{
    order::{Order, OrderStatus},
    outbox::port::{
        DeadLetterSelection, OutboxStore as _, UndeliveredEvent, UndeliveredFilter, WorkerId,
    },
};
use port_contracts::{ShopFixture, StoreFixture as _, builders, builders::timestamp};

use crate::fixture::Database;

/// A shop with two orders, the first with the status processing. All other events are delivered.
async fn shop(database: &Database) -> (ShopFixture, Order) {
    let shop = ShopFixture::open(database.stores()).await;
    damage(database, "UPDATE outbox SET delivered_at = 0");
    let first = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
    shop.place(builders::free_form(&shop.customer, "Desk").build()).await;
    shop.change_status(first.id(), OrderStatus::Processing).await;
    (shop, first)
}

fn damage(database: &Database, statement: &str) {
    let path = database.path();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    conn.batch_execute(statement).unwrap();
}

async fn lease(database: &Database, seconds: i64) -> usize {
    let (worker, until) = (WorkerId::new("w"), timestamp(seconds + 60));
    database.store().lease(&worker, 100, timestamp(seconds), until).await.unwrap().len()
}

async fn dead(database: &Database) -> UndeliveredEvent {
    let mut dead = database.store().undelivered(UndeliveredFilter::Dead, None, 100).await.unwrap();
    assert_eq!(dead.len(), 1, "{dead:?}");
    dead.remove(0)
}

#[tokio::test]
async fn an_unreadable_event_is_dead_at_once_and_blocks_only_its_order() {
    for (statement, reason) in [
        ("message = '{\"event\": \"order_vanished\"}'", "the event cannot be read"),
        ("message = '[1, 2]'", "the event cannot be read"),
        ("delivered_to = 'log pigeon'", "on a channel that this program does not know"),
        ("created_at = 9223372036854775807", "beyond the calendar"),
    ] {
        let database = Database::migrated();
        let (_shop, order) = shop(&database).await;
        let first = format!("id = (SELECT min(id) FROM outbox WHERE order_id = {})", order.id());
        damage(&database, &format!("UPDATE outbox SET {statement} WHERE {first}"));
        assert_eq!(lease(&database, 1_000).await, 1, "the other order's event");
        assert_eq!(lease(&database, 2_000).await, 1, "only that");
        if !statement.starts_with("created_at") {
            let dead = dead(&database).await;
            assert!(dead.last_error.clone().unwrap().contains(reason), "{dead:?}");
            assert_eq!((dead.dead_at, dead.attempts), (Some(timestamp(1_000)), 0));
            assert_eq!(dead.event.is_none(), statement.starts_with("message"));
        }
        let all = DeadLetterSelection::All;
        assert_eq!(database.store().discard(&all, timestamp(3_000)).await.unwrap(), 1);
        assert_eq!(lease(&database, 3_000).await, 2, "the later events of its order");
    }
}

#[tokio::test]
async fn a_discarded_event_has_a_note_in_the_database() {
    let database = Database::migrated();
    let (_shop, order) = shop(&database).await;
    let of_order = format!("order_id = {}", order.id());
    let given_up = "dead_at = 1, last_error = 'no connection'";
    damage(&database, &format!("UPDATE outbox SET {given_up} WHERE {of_order}"));
    let all = DeadLetterSelection::All;
    assert_eq!(database.store().discard(&all, timestamp(1_000)).await.unwrap(), 2);
    // A constraint makes this statement fail if an event has another note.
    let check = "UPDATE outbox SET message = iif(
        last_error = 'discarded: no connection' AND delivered_at IS NOT NULL, message, NULL)";
    damage(&database, &format!("{check} WHERE {of_order}"));
    assert_eq!(database.findings().await, []);
}

#[tokio::test]
async fn an_event_with_an_unreadable_trace_is_delivered_without_a_trace() {
    let database = Database::migrated();
    shop(&database).await;
    damage(&database, "UPDATE outbox SET traceparent = 'not a traceparent'");
    let (worker, until) = (WorkerId::new("w"), timestamp(1_060));
    let leased = database.store().lease(&worker, 100, timestamp(1_000), until).await.unwrap();
    let traces: Vec<_> = leased.iter().map(|leased| leased.envelope.trace).collect();
    assert_eq!(traces, [None, None]);
}
