//! Messages that somebody damaged, or that another program has written.

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use domain::{
    order::{Order, OrderStatus},
    outbox::port::{
        DeadLetterSelection, OutboxStore as _, UndeliveredEvent, UndeliveredFilter, WorkerId,
    },
};
use port_contracts::{Shop, StoreFixture as _, builders, builders::timestamp};

use crate::fixture::Database;

/// A shop with two orders, the first of which is being processed. Their messages are the only ones.
async fn shop(database: &Database) -> (Shop, Order) {
    let shop = Shop::open(database.stores()).await;
    damage(database, "UPDATE outbox SET delivered_at = 0");
    let first = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
    shop.place(builders::free_form(&shop.customer, "Desk").build()).await;
    shop.move_to(first.id(), OrderStatus::Processing).await;
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
async fn a_message_that_cannot_be_read_is_dead_at_once_and_holds_back_only_its_order() {
    for (statement, reason) in [
        ("message = '{\"event\": \"order_vanished\"}'", "the message cannot be read"),
        ("message = '[1, 2]'", "the message cannot be read"),
        ("delivered_to = 'log pigeon'", "on a channel that this program does not know"),
        ("created_at = 9223372036854775807", "beyond the calendar"),
    ] {
        let database = Database::migrated();
        let (_shop, order) = shop(&database).await;
        let first = format!("id = (SELECT min(id) FROM outbox WHERE order_id = {})", order.id());
        damage(&database, &format!("UPDATE outbox SET {statement} WHERE {first}"));
        assert_eq!(lease(&database, 1_000).await, 1, "the other order goes out");
        assert_eq!(lease(&database, 2_000).await, 1, "it alone");
        if !statement.starts_with("created_at") {
            let letter = dead(&database).await;
            assert!(letter.last_error.clone().unwrap().contains(reason), "{letter:?}");
            assert_eq!((letter.dead_at, letter.attempts), (Some(timestamp(1_000)), 0));
            assert_eq!(letter.message.is_none(), statement.starts_with("message"));
        }
        let all = DeadLetterSelection::All;
        assert_eq!(database.store().discard(&all, timestamp(3_000)).await.unwrap(), 1);
        assert_eq!(lease(&database, 3_000).await, 2, "those behind it go on");
    }
}

#[tokio::test]
async fn what_was_discarded_says_so_in_the_database() {
    let database = Database::migrated();
    let (_shop, order) = shop(&database).await;
    let of_order = format!("order_id = {}", order.id());
    let given_up = "dead_at = 1, last_error = 'the line is dead'";
    damage(&database, &format!("UPDATE outbox SET {given_up} WHERE {of_order}"));
    let all = DeadLetterSelection::All;
    assert_eq!(database.store().discard(&all, timestamp(1_000)).await.unwrap(), 2);
    // A rule of the table stops this statement if one of them says something else.
    let check = "UPDATE outbox SET message = iif(
        last_error = 'discarded: the line is dead' AND delivered_at IS NOT NULL, message, NULL)";
    damage(&database, &format!("{check} WHERE {of_order}"));
    assert_eq!(database.findings().await, []);
}

#[tokio::test]
async fn a_message_whose_trace_cannot_be_read_goes_out_in_none() {
    let database = Database::migrated();
    shop(&database).await;
    damage(&database, "UPDATE outbox SET traceparent = 'what the cat brought in'");
    let (worker, until) = (WorkerId::new("w"), timestamp(1_060));
    let leased = database.store().lease(&worker, 100, timestamp(1_000), until).await.unwrap();
    let traces: Vec<_> = leased.iter().map(|leased| leased.envelope.trace).collect();
    assert_eq!(traces, [None, None]);
}
