//! The log lines of events and of mails that are not sent.

use std::{
    io,
    sync::{Arc, Mutex},
};

use domain::{
    EventId, OrderId, ProductId, Timestamp, UserId,
    account::{Actor, EmailAddress, Role},
    events::{
        AccountMail, Event, EventRecord, JournalEvent, NewEvent, PlacedOrder, ProductState,
        Subscription, port::EventSubscriber as _,
    },
    order::OrderStatus,
};
use infra_local::{EventLog, UnsentMails};
use port_contracts::builders::trace;
use serde_json::{Value, json};

/// The captured log of a test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Captures this thread's log until the guard is dropped.
    fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn line(&self) -> Value {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line.pointer("/level"), Some(&json!("INFO")));
        line.pointer("/fields").unwrap().clone()
    }
}

const CUSTOMER: Actor = Actor::new(UserId::new(7), Role::User);
const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);

async fn logged(new: NewEvent) -> Value {
    let (log, _guard) = Log::capture();
    let event =
        JournalEvent { event: new.event.clone(), record: EventRecord::of(EventId::new(11), &new) };
    assert_eq!(EventLog.subscription(), Subscription::LOG);
    assert!(EventLog.wants(&event));
    assert!(matches!(EventLog.deliver(&[event]).await.as_slice(), [Ok(())]));
    log.line()
}

fn of_account(event: Event, actor: Actor) -> NewEvent {
    NewEvent::of_account(event, CUSTOMER.user, actor, Timestamp::UNIX_EPOCH)
}

fn of_order(event: Event, actor: Actor) -> NewEvent {
    NewEvent { order: Some(OrderId::new(3)), ..of_account(event, actor) }
}

#[tokio::test]
async fn each_event_is_logged_with_its_ids() {
    let common = json!({"message_id": 11, "happened_at": "1970-01-01T00:00:00+00:00"});
    let (from, to) = (OrderStatus::Pending, OrderStatus::Processing);
    let cancelled = OrderStatus::Cancelled;
    let placed = PlacedOrder {
        currency: "EUR".to_owned(),
        quantity: 1,
        total: "0".to_owned(),
        lines: vec![],
    };
    let state = ProductState { price: "4.50".to_owned(), stock: 3, version: 1 };
    let created = Event::ProductCreated(state);
    let automatic = NewEvent {
        actor: None,
        ..of_order(Event::OrderStatusChanged { from, to: cancelled }, STAFF)
    };
    for (event, fields) in [
        (
            of_account(Event::AccountRegistered, CUSTOMER),
            json!({"event": "account_registered", "message": "account 7 registered", "user_id": 7}),
        ),
        (
            of_account(Event::AccountClosed, STAFF),
            json!({
                "event": "account_closed", "message": "account 7 closed by account 1", "user_id": 7,
                "changed_by": 1,
            }),
        ),
        (
            NewEvent::of_product(created, ProductId::new(5), STAFF, Timestamp::UNIX_EPOCH),
            json!({
                "event": "product_created", "message": "product 5 created by account 1",
                "product_id": 5, "changed_by": 1,
            }),
        ),
        (
            of_order(Event::OrderPlaced(placed), CUSTOMER),
            json!({
                "event": "order_placed", "message": "order 3 placed by account 7", "order_id": 3,
                "user_id": 7,
            }),
        ),
        (
            of_order(Event::OrderStatusChanged { from, to }, STAFF),
            json!({
                "event": "order_status_changed",
                "message": "order 3 changed from pending to processing by account 1",
                "order_id": 3, "user_id": 7, "changed_by": 1, "from": "pending", "to": "processing",
            }),
        ),
        (
            automatic,
            json!({
                "event": "order_status_changed",
                "message": "order 3 changed from pending to cancelled by the program",
                "order_id": 3, "user_id": 7, "from": "pending", "to": "cancelled",
            }),
        ),
        (
            of_order(Event::OrderDeleted { from, to: cancelled }, STAFF),
            json!({
                "event": "order_deleted", "message": "order 3 deleted by account 1",
                "order_id": 3, "user_id": 7, "changed_by": 1, "from": "pending", "to": "cancelled",
            }),
        ),
    ] {
        let mut expected = common.clone();
        expected.as_object_mut().unwrap().append(&mut fields.as_object().unwrap().clone());
        assert_eq!(logged(event.clone()).await, expected);
        expected["trace_id"] = json!("0000000000000000000000000000000b");
        assert_eq!(logged(NewEvent { trace: Some(trace(11)), ..event }).await, expected);
    }
}

#[tokio::test]
async fn a_request_for_a_mail_is_not_logged() {
    let event = Event::AccountMailRequested(AccountMail::ResetPassword);
    let new = of_account(event.clone(), CUSTOMER);
    let record = EventRecord::of(EventId::new(11), &new);
    assert!(!EventLog.wants(&JournalEvent { event, record }));
}

#[tokio::test]
async fn mails_that_are_not_sent_are_logged_once_for_a_batch_without_their_recipients() {
    let requested = of_account(Event::AccountMailRequested(AccountMail::PasswordChanged), CUSTOMER);
    let recipient = EmailAddress::parse("ada@example.com").ok();
    let (from, to) = (OrderStatus::Pending, OrderStatus::Shipped);
    let shipped = of_order(Event::OrderStatusChanged { from, to }, STAFF);
    let events = [(10, NewEvent { recipient, ..requested }), (11, shipped)].map(|(id, new)| {
        JournalEvent { record: EventRecord::of(EventId::new(id), &new), event: new.event }
    });
    for event in &events {
        assert!(UnsentMails.wants(event));
    }
    let (log, _guard) = Log::capture();
    assert_eq!(UnsentMails.deliver(&events).await.len(), 2);
    let subject = "Your order 3 was shipped";
    let message =
        format!("mails not sent: 2, as no mail server is configured (last: \"{subject}\")");
    assert_eq!(
        log.line(),
        json!({"message": message, "mails": 2, "message_id": 11, "subject": subject})
    );
}
