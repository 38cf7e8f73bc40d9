//! The migration that makes the journal of the outbox and the histories, and the trigger by which a
//! server of the previous release goes on writing into it.

use domain::{
    events::{
        AccountMail, Event, EventType, ParkedState, PlacedOrder,
        port::{SubscriptionStore as _, UndeliveredFilter},
    },
    order::OrderStatus,
};
use infra_postgres::migrate;
use tokio_postgres::Client;

use crate::fixture::Database;

const REVERT: &str =
    include_str!("../../../../migrations/postgres/2026-12-01-000012_events/down.sql");
const UNAPPLY: &str = "DELETE FROM __diesel_schema_migrations WHERE version = '20261201000012'";

/// Order 1 is free-form, and order 2 is small. The totals of the others, in the minor unit, have
/// more than 64 bits; order 5 is the greatest that a shop accepts. The history names the statuses
/// of the deletion of order 2, which its message does not.
const SHOP: &str = "
    INSERT INTO users (id, name, email, password_hash, role, created_at)
        VALUES (1, 'Ada', 'ada@example.com', 'x', 'user', 'epoch');
    INSERT INTO products (id, name, name_folded, price, stock, version, revision, created_at, updated_at) VALUES
        (1, 'Chair', 'chair', 1250, 0, 1, 1, 'epoch', 'epoch'),
        (2, 'Table', 'table', 5, 0, 1, 1, 'epoch', 'epoch');
    INSERT INTO orders (id, user_id, customer_name, item_name, search_text, quantity, currency,
                        status, version, revision, created_at, updated_at)
        SELECT id, 1, 'Ada', CASE WHEN id = 1 THEN 'Lamp' END, 'ada', quantity, 'EUR',
            'pending', 1, 1, 'epoch', 'epoch'
        FROM (VALUES (1, 2), (2, 5), (3, 1999999999999999), (4, 1800000001), (5, 100000000000000000))
            AS ordered (id, quantity);
    INSERT INTO order_lines (order_id, position, product_id, name, unit_price, quantity) VALUES
        (2, 0, 2, 'Table', 5, 3), (2, 1, 1, 'Chair', 1250, 2),
        (3, 0, 1, 'Chair', 9999999999, 1000000000000000), (3, 1, 2, 'Table', 9999999999, 999999999999999),
        (4, 0, 1, 'Chair', 9999999999, 900000000), (4, 1, 2, 'Table', 9999999999, 900000001);
    INSERT INTO order_lines (order_id, position, product_id, name, unit_price, quantity)
        SELECT 5, position, 1, 'Chair', 9999999999, 1000000000000000
        FROM generate_series(0, 99) AS lines (position);
    INSERT INTO order_events (order_id, changed_by, old_status, new_status, note, created_at) VALUES
        (2, 1, 'pending', 'processing', '', 'epoch'), (2, 1, 'processing', 'cancelled', '', 'epoch');
";

/// A message of each kind, as a server of the previous release writes it.
const MESSAGES: &str = r#"
    INSERT INTO outbox (message, order_id, created_at, next_attempt_at) VALUES
        ('{"event": "account_registered", "user_id": 1}', NULL, 'epoch', 'epoch'),
        ('{"event": "account_mail_requested", "user_id": 1, "mail": "reset_password"}', NULL, 'epoch', 'epoch'),
        ('{"event": "order_placed", "order_id": 1, "user_id": 1}', 1, 'epoch', 'epoch'),
        ('{"event": "order_placed", "order_id": 2, "user_id": 1}', 2, 'epoch', 'epoch'),
        ('{"event": "order_placed", "order_id": 3, "user_id": 1}', 3, 'epoch', 'epoch'),
        ('{"event": "order_placed", "order_id": 4, "user_id": 1}', 4, 'epoch', 'epoch'),
        ('{"event": "order_placed", "order_id": 5, "user_id": 1}', 5, 'epoch', 'epoch'),
        ('{"event": "order_status_changed", "order_id": 2, "user_id": 1, "changed_by": 1,
           "from": "pending", "to": "processing"}', 2, 'epoch', 'epoch'),
        ('{"event": "order_deleted", "order_id": 2, "user_id": 1, "changed_by": 1}', 2, 'epoch', 'epoch'),
        ('{"event": "order_deleted", "order_id": 3, "user_id": 1, "changed_by": 1,
           "from": "pending", "to": "cancelled"}', 3, 'epoch', 'epoch');
"#;

/// Workers have delivered most of the messages, tried to mail the second, and given up the fourth.
/// The last two about order 2 are still to come.
const DELIVERIES: &str = "
    UPDATE outbox SET attempts = 1, delivered_at = 'epoch', delivered_to = 'log mail stream'
        WHERE id NOT IN (2, 4, 8, 9);
    UPDATE outbox SET attempts = 3, last_error = 'away', delivered_to = 'log stream' WHERE id = 2;
    UPDATE outbox SET attempts = 9, last_error = 'gone', delivered_to = 'log', dead_at = 'epoch' WHERE id = 4;
";

/// The events that these messages become, with the orders that they are about.
fn events_of_messages() -> Vec<(Option<i64>, Event)> {
    let placed = |quantity, total: &str, lines: &[(i64, i64, &str)]| {
        Event::OrderPlaced(PlacedOrder {
            currency: "EUR".to_owned(),
            lines: lines.iter().map(|line| (line.0, line.1, line.2.to_owned())).collect(),
            quantity,
            total: total.to_owned(),
        })
    };
    let greatest_price = "99999999.99";
    let great =
        [(1, 1_000_000_000_000_000, greatest_price), (2, 999_999_999_999_999, greatest_price)];
    let middle = [(1, 900_000_000, greatest_price), (2, 900_000_001, greatest_price)];
    let greatest = [(1, 1_000_000_000_000_000, greatest_price); 100];
    let [pending, processing, cancelled] =
        [OrderStatus::Pending, OrderStatus::Processing, OrderStatus::Cancelled];
    vec![
        (None, Event::AccountRegistered),
        (None, Event::AccountMailRequested(AccountMail::ResetPassword)),
        (Some(1), placed(2, "0.00", &[])),
        (Some(2), placed(5, "25.15", &[(2, 3, "0.05"), (1, 2, "12.50")])),
        (Some(3), placed(1_999_999_999_999_999, "199999999979999900000000.01", &great)),
        (Some(4), placed(1_800_000_001, "180000000081999999.99", &middle)),
        (Some(5), placed(100_000_000_000_000_000, "9999999999000000000000000.00", &greatest)),
        (Some(2), Event::OrderStatusChanged { from: pending, to: processing }),
        (Some(2), Event::OrderDeleted { from: processing, to: cancelled }),
        (Some(3), Event::OrderDeleted { from: pending, to: cancelled }),
    ]
}

/// A database with the schema of the previous release and with these rows, after the migration.
async fn migrated(before: &str) -> (Database, Client) {
    let database = Database::migrated().await;
    let operator = database.operator().await;
    operator.batch_execute(&format!("{REVERT} {UNAPPLY}; {before}")).await.unwrap();
    assert_eq!(migrate(&database.url()).await.unwrap(), ["2026-12-01-000012_events"]);
    (database, operator)
}

/// The events of the journal: their numbers, their orders, and what happened.
async fn journal(operator: &Client) -> Vec<(i64, Option<i64>, Event)> {
    let events = "SELECT id, order_id, type, data::text FROM events
        WHERE at = 'epoch' AND account_id = 1 AND actor = 1 ORDER BY id";
    let events = operator.query(events, &[]).await.unwrap();
    let event = |row: &tokio_postgres::Row| {
        let event_type: EventType = row.get::<_, &str>(2).parse().unwrap();
        (row.get(0), row.get(1), Event::read(event_type, row.get(3)).unwrap())
    };
    events.iter().map(event).collect()
}

/// Asserts that the journal has the events of the messages, numbered from this number on.
#[track_caller]
fn assert_events_of_messages(journal: &[(i64, Option<i64>, Event)], first: i64) {
    let expected = events_of_messages();
    assert_eq!(journal.len(), expected.len(), "{journal:?}");
    for (appended, (number, (order, event))) in journal.iter().zip((first..).zip(expected)) {
        assert_eq!(*appended, (number, order, event));
    }
}

/// The number of messages that a worker of the previous release would deliver.
async fn undelivered_messages(operator: &Client) -> i64 {
    let open = "SELECT count(*) FROM outbox WHERE delivered_at IS NULL";
    operator.query_one(open, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_messages_of_before_are_events_under_their_numbers_with_exact_totals() {
    let earlier = "SELECT setval('outbox_id_seq', 40);";
    let (_database, operator) = migrated(&format!("{SHOP} {earlier} {MESSAGES}")).await;
    assert_events_of_messages(&journal(&operator).await, 41);
    let append = "INSERT INTO events (type, data, at, account_id)
        VALUES ('account.registered', '{}', now(), 1) RETURNING id";
    let next: i64 = operator.query_one(append, &[]).await.unwrap().get(0);
    assert_eq!(next, 51, "numbers go on");
}

#[tokio::test]
async fn a_server_of_the_previous_release_writes_its_messages_into_the_journal() {
    let (_database, operator) = migrated(SHOP).await;
    operator.batch_execute(MESSAGES).await.unwrap();
    assert_events_of_messages(&journal(&operator).await, 1);
    assert_eq!(undelivered_messages(&operator).await, 0, "its workers do not deliver them");
}

#[tokio::test]
async fn what_a_channel_did_not_get_is_parked_by_its_subscription() {
    let (database, operator) = migrated(&format!("{SHOP} {MESSAGES} {DELIVERIES}")).await;
    let store = database.store().await;
    let parked = store.undelivered(UndeliveredFilter::All, None, 100).await.unwrap();
    let parked: Vec<_> = parked
        .iter()
        .map(|event| (event.parked.id.get(), event.subscription.as_str(), event.parked.state))
        .collect();
    let (waiting, dead) = (ParkedState::Waiting, ParkedState::Dead);
    let expected = [
        (2, "mail", ParkedState::Retrying),
        (4, "mail", dead),
        (4, "stream", dead),
        (8, "log", waiting),
        (8, "mail", waiting),
        (8, "stream", waiting),
        (9, "log", waiting),
        (9, "mail", waiting),
        (9, "stream", waiting),
    ];
    assert_eq!(parked, expected);
    let positions = "SELECT array_agg(DISTINCT position) FROM subscriptions";
    let positions: Vec<i64> = operator.query_one(positions, &[]).await.unwrap().get(0);
    assert_eq!(positions, [10]);
    assert_eq!(undelivered_messages(&operator).await, 0, "old workers do not deliver them as well");
}
