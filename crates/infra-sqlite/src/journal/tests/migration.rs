//! The migration that makes the journal of the outbox and the histories.

use domain::{
    EventId, OrderId,
    events::{
        AccountMail, Event, EventRecord, EventType, ParkedState, PlacedOrder, Subscription,
        port::{SubscriptionStore as _, UndeliveredFilter},
    },
    order::{OrderStatus, port::OrderReads as _},
};

use super::{Journal, seconds};

const DOWN: &str =
    include_str!("../../../../../migrations/sqlite/2026-12-01-000012_events/down.sql");
const UP: &str = include_str!("../../../../../migrations/sqlite/2026-12-01-000012_events/up.sql");

/// Everything that an outbox can have. The history names the statuses of the deletion, which its
/// message does not.
const BEFORE: &str = r#"
    INSERT INTO products (id, name, name_folded, price, stock, version, revision, created_at, updated_at)
        VALUES (1, 'Chair', 'chair', 1250, 0, 1, 1, 0, 0), (2, 'Table', 'table', 5, 0, 1, 1, 0, 0);
    INSERT INTO orders (id, user_id, customer_name, search_text, quantity, currency,
                        status, version, revision, created_at, updated_at)
        VALUES (7, 1, 'Ada', 'ada', 5, 'EUR', 'pending', 1, 1, 0, 0);
    INSERT INTO order_lines VALUES (7, 0, 2, 'Table', 5, 3), (7, 1, 1, 'Chair', 1250, 2);
    INSERT INTO outbox (id, message, order_id, created_at, attempts, next_attempt_at, delivered_at,
                        dead_at, last_error, delivered_to) VALUES
        (1, '{"event": "account_registered", "user_id": 1}', NULL, 1000000, 1, 0, 5, NULL, NULL, 'log mail stream'),
        (2, '{"event": "account_mail_requested", "user_id": 1, "mail": "reset_password"}',
            NULL, 2000000, 3, 9000000, NULL, NULL, 'away', 'log stream'),
        (3, '{"event": "order_placed", "order_id": 7, "user_id": 1}', 7, 3000000, 9, 0, NULL, 8, 'gone', 'log'),
        (4, '{"event": "order_status_changed", "order_id": 7, "user_id": 1, "changed_by": 1,
              "from": "pending", "to": "processing"}', 7, 4000000, 0, 4000000, NULL, NULL, NULL, ''),
        (6, '{"event": "order_deleted", "order_id": 7, "user_id": 1, "changed_by": 1}',
            7, 6000000, 0, 6000000, NULL, NULL, NULL, '');
    INSERT INTO order_events (order_id, changed_by, old_status, new_status, note, created_at) VALUES
        (7, 1, 'pending', 'processing', '', 4000000), (7, 1, 'processing', 'cancelled', '', 6000000);
"#;

async fn migrated(before: &str) -> Journal {
    let journal = Journal::with(&[]).await;
    journal.change(&format!("{DOWN}; {before}; {UP}")).await.unwrap();
    journal
}

async fn all(journal: &Journal) -> Vec<EventRecord> {
    journal.change("UPDATE subscriptions SET position = 0").await.unwrap();
    journal.lease("a", 1_000).await.unwrap().next
}

#[tokio::test]
async fn the_events_of_before_are_in_the_journal_under_their_numbers() {
    let journal = migrated(BEFORE).await;
    let history = journal.store.events(OrderId::new(7)).await;
    let steps: Vec<_> =
        history.unwrap().iter().map(|step| (step.id.get(), step.new_status)).collect();
    let (pending, processing) = (OrderStatus::Pending, OrderStatus::Processing);
    assert_eq!(steps, [(6, OrderStatus::Cancelled), (4, processing)]);
    let placed = PlacedOrder {
        currency: "EUR".to_owned(),
        quantity: 5,
        total: "25.15".to_owned(),
        lines: vec![(2, 3, "0.05".to_owned()), (1, 2, "12.50".to_owned())],
    };
    let expected = [
        (1, Event::AccountRegistered),
        (2, Event::AccountMailRequested(AccountMail::ResetPassword)),
        (3, Event::OrderPlaced(placed)),
        (4, Event::OrderStatusChanged { from: pending, to: processing }),
        (6, Event::OrderDeleted { from: processing, to: OrderStatus::Cancelled }),
    ];
    let events = all(&journal).await;
    assert_eq!(events.len(), expected.len());
    for (record, (number, event)) in events.iter().zip(expected) {
        let event_type: EventType = record.event_type.parse().unwrap();
        assert_eq!(Event::read(event_type, &record.data).unwrap(), event);
        assert_eq!((record.id, record.at), (EventId::new(number), seconds(number)));
        assert_eq!(record.order, (number > 2).then_some(OrderId::new(7)));
        assert!(record.account.is_some() && record.actor == record.account, "{record:?}");
    }
    journal.append(vec![super::step(None)]).await;
    let next = all(&journal).await.pop().unwrap();
    assert_eq!(next.id, EventId::new(7), "numbers go on");
}

/// Orders of which the totals have more than 64 bits, one of them the greatest that a shop accepts,
/// and one of a free-form item.
const GREAT_ORDERS: &str = r#"
    INSERT INTO products (id, name, name_folded, price, stock, version, revision, created_at, updated_at)
        VALUES (1, 'Chair', 'chair', 1250, 0, 1, 1, 0, 0), (2, 'Table', 'table', 5, 0, 1, 1, 0, 0);
    INSERT INTO orders (id, user_id, customer_name, search_text, quantity, currency,
                        status, version, revision, created_at, updated_at)
        VALUES (7, 1, 'Ada', 'ada', 1, 'EUR', 'pending', 1, 1, 0, 0),
               (8, 1, 'Ada', 'ada', 1, 'EUR', 'pending', 1, 1, 0, 0),
               (9, 1, 'Ada', 'ada', 1, 'EUR', 'pending', 1, 1, 0, 0);
    WITH RECURSIVE lines (position) AS (SELECT 0 UNION ALL SELECT position + 1 FROM lines WHERE position < 99)
    INSERT INTO order_lines SELECT 9, position, 1, 'Chair', 9999999999, 1000000000000000 FROM lines;
    INSERT INTO order_lines VALUES
        (7, 0, 1, 'Chair', 9999999999, 1000000000000000), (7, 1, 2, 'Table', 9999999999, 999999999999999),
        (8, 0, 1, 'Chair', 9999999999, 900000000), (8, 1, 2, 'Table', 9999999999, 900000001);
    INSERT INTO outbox (id, message, order_id, created_at, next_attempt_at) VALUES
        (1, '{"event": "order_placed", "order_id": 7, "user_id": 1}', 7, 0, 0),
        (2, '{"event": "order_placed", "order_id": 8, "user_id": 1}', 8, 0, 0),
        (3, '{"event": "order_placed", "order_id": 1, "user_id": 1}', 1, 0, 0),
        (4, '{"event": "order_placed", "order_id": 9, "user_id": 1}', 9, 0, 0);
"#;

#[tokio::test]
async fn the_totals_of_the_greatest_orders_are_exact() {
    let journal = migrated(GREAT_ORDERS).await;
    let totals: Vec<_> = all(&journal)
        .await
        .iter()
        .map(|record| match Event::read(EventType::OrderPlaced, &record.data).unwrap() {
            Event::OrderPlaced(placed) => placed.total,
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        "199999999979999900000000.01",
        "180000000081999999.99",
        "0.00",
        "9999999999000000000000000.00",
    ];
    assert_eq!(totals, expected);
}

#[tokio::test]
async fn what_was_not_delivered_on_a_channel_is_parked_by_its_subscription() {
    let journal = migrated(BEFORE).await;
    let parked = journal.store.undelivered(UndeliveredFilter::All, None, 100).await.unwrap();
    let parked: Vec<_> = parked
        .iter()
        .map(|event| (event.parked.id.get(), event.subscription.as_str(), event.parked.state))
        .collect();
    let (waiting, dead) = (ParkedState::Waiting, ParkedState::Dead);
    let expected = [
        (2, "mail", ParkedState::Retrying),
        (3, "mail", dead),
        (3, "stream", dead),
        (4, "log", waiting),
        (4, "mail", waiting),
        (4, "stream", waiting),
        (6, "log", waiting),
        (6, "mail", waiting),
        (6, "stream", waiting),
    ];
    assert_eq!(parked, expected);
    let batch = journal.lease("a", 1_000).await.unwrap();
    assert_eq!((batch.position, batch.next), (EventId::new(6), vec![]));
    let due: Vec<_> = batch.parked.iter().map(|(parked, _)| parked.id.get()).collect();
    assert_eq!(due, [4], "the first of its order");
}

#[tokio::test]
async fn an_empty_shop_has_no_subscriptions_yet() {
    let journal = migrated("").await;
    assert_eq!(journal.store.lags().await.unwrap(), []);
    journal.store.subscribe(&Subscription::LOG).await.unwrap();
    assert_eq!(journal.store.lags().await.unwrap()[0].subscription, Subscription::LOG);
}
