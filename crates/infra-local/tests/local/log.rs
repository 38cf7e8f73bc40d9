//! The log lines of events and of mails that are not sent.

use std::{
    io,
    sync::{Arc, Mutex},
};

use domain::{
    OrderId, OutboxEventId, PersonName, Timestamp, TraceParent, UserId,
    account::EmailAddress,
    mail::{Mail, Mailer as _},
    order::OrderStatus,
    outbox::{
        Channel, OutboxEvent,
        port::{DeliveryReceipt, Envelope, EventHandler as _},
    },
};
use infra_local::{EventLog, LogMailer};
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

async fn logged(event: OutboxEvent, trace: Option<TraceParent>) -> Value {
    let (log, _guard) = Log::capture();
    let created_at = Timestamp::UNIX_EPOCH;
    let envelope = Envelope { id: OutboxEventId::new(11), event, created_at, trace };
    assert_eq!(EventLog.channel(), Channel::Log);
    assert_eq!(EventLog.deliver(&envelope).await.unwrap(), DeliveryReceipt::Done);
    log.line()
}

#[tokio::test]
async fn each_event_is_logged_with_its_ids() {
    let (order_id, user_id, changed_by) = (OrderId::new(3), UserId::new(7), UserId::new(1));
    let common = json!({
        "message_id": 11, "happened_at": "1970-01-01T00:00:00+00:00", "user_id": 7,
    });
    let (from, to) = (OrderStatus::Pending, OrderStatus::Processing);
    for (event, fields) in [
        (
            OutboxEvent::AccountRegistered { user_id },
            json!({"event": "account_registered", "message": "account 7 registered"}),
        ),
        (
            OutboxEvent::OrderPlaced { order_id, user_id },
            json!({
                "event": "order_placed", "message": "order 3 placed by account 7", "order_id": 3,
            }),
        ),
        (
            OutboxEvent::OrderStatusChanged { order_id, user_id, changed_by, from, to },
            json!({
                "event": "order_status_changed",
                "message": "order 3 changed from pending to processing by account 1",
                "order_id": 3, "changed_by": 1, "from": "pending", "to": "processing",
            }),
        ),
        (
            OutboxEvent::OrderDeleted { order_id, user_id, changed_by },
            json!({
                "event": "order_deleted", "message": "order 3 deleted by account 1",
                "order_id": 3, "changed_by": 1,
            }),
        ),
    ] {
        let mut expected = common.clone();
        expected.as_object_mut().unwrap().append(&mut fields.as_object().unwrap().clone());
        assert_eq!(logged(event.clone(), None).await, expected);
        expected["trace_id"] = json!("0000000000000000000000000000000b");
        assert_eq!(logged(event, Some(trace(11))).await, expected);
    }
}

#[tokio::test]
async fn a_mail_that_is_not_sent_is_logged_without_its_recipient() {
    let (log, _guard) = Log::capture();
    let mail = Mail {
        event: OutboxEventId::new(11),
        to: EmailAddress::parse("ada@example.com").unwrap(),
        name: PersonName::parse("Ada Lovelace").ok(),
        subject: "Your order 3 was placed".to_owned(),
        text: "Dear Ada Lovelace,\n".to_owned(),
    };
    LogMailer.send(&mail).await.unwrap();
    let message = "the mail \"Your order 3 was placed\" was not sent: no mail server is configured";
    assert_eq!(
        log.line(),
        json!({"message": message, "message_id": 11, "subject": "Your order 3 was placed"})
    );
}
