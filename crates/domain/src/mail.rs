//! The mails that customers get when an order is placed, shipped, delivered or cancelled, and those
//! that accounts get about themselves.
//!
//! [`compose`] makes the mail for an event of an order, if it has one. A [`MailNotifier`] reads the
//! order and its owner, or the account, and sends the mail with a [`Mailer`]. [`subject_of`] tells
//! without any reads which mail that is.
//!
//! A mail reports what happened, even if more happened since: the event says what it is about, the
//! order only what was ordered, which never changes. So the mails about an order that has been
//! deleted are sent as well.
//!
//! What customers typed is mailed to them without links. Where addresses have to be confirmed, an
//! address that was not gets no other mails than those that confirm it or reset a password.

mod account;
mod defuse;
mod mailer;

pub use account::MailSettings;
pub use mailer::{Mail, MailError, Mailer};

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use async_trait::async_trait;

use self::defuse::defuse_links;
use crate::{
    OrderId,
    account::{Account, port::AccountReads},
    events::{
        DeliveryFailure, Event, JournalEvent, Subscription,
        port::{DeliveryMode, EventSubscriber, TroubleRule},
    },
    order::{Order, OrderStatus, port::OrderReads},
};

/// The changes of an order that make a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MailKind {
    Placed,
    Shipped,
    Delivered,
    Cancelled,
}

impl MailKind {
    /// The kind of mail that is sent for an event, if any.
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::OrderPlaced(_) => Some(Self::Placed),
            Event::OrderStatusChanged { to, .. } => match to {
                OrderStatus::Shipped => Some(Self::Shipped),
                OrderStatus::Delivered => Some(Self::Delivered),
                OrderStatus::Cancelled => Some(Self::Cancelled),
                OrderStatus::Pending | OrderStatus::Processing => None,
            },
            // The deletion of an open order cancelled it.
            Event::OrderDeleted { from, to: OrderStatus::Cancelled } if from.is_open() => {
                Some(Self::Cancelled)
            }
            _ => None,
        }
    }

    /// The mail's subject, on one line.
    fn subject(self, order: OrderId) -> String {
        format!("Your order {order} was {}", self.verb())
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Placed => "Thank you for your order. We have received it:",
            Self::Shipped => "Your order is on its way to you:",
            Self::Delivered => "Your order has been delivered:",
            Self::Cancelled => "Your order has been cancelled:",
        }
    }
}

/// Whether an event makes a mail.
pub fn makes_mail(event: &JournalEvent) -> bool {
    matches!(event.event, Event::AccountMailRequested(_)) || MailKind::of(&event.event).is_some()
}

/// The subject of the mail that an event makes, `None` if it makes none. The mail is not sent if it
/// has no recipient any more.
pub fn subject_of(event: &JournalEvent) -> Option<Cow<'static, str>> {
    if let Event::AccountMailRequested(mail) = event.event {
        return Some(account::subject(mail).into());
    }
    let (kind, order) = (MailKind::of(&event.event)?, event.record.order?);
    Some(kind.subject(order).into())
}

/// Composes the mail to the order's owner for an event; `None` if no mail is sent for it.
pub fn compose(event: &JournalEvent, order: &Order, owner: &Account) -> Option<Mail> {
    let kind = MailKind::of(&event.event)?;
    Some(Mail {
        event: event.id(),
        to: owner.email.clone(),
        // Mail programs show this name too, and a name is of no use there if it is a link.
        name: Some(&owner.name)
            .filter(|name| defuse_links(name.as_str()) == name.as_str())
            .cloned(),
        subject: kind.subject(order.id()),
        text: text(kind, order, owner),
    })
}

fn text(kind: MailKind, order: &Order, owner: &Account) -> String {
    let mut text = format!(
        "Dear {},\n\n{}\n\nOrder {}, for {}\n",
        typed(owner.name.as_str()),
        kind.sentence(),
        order.id(),
        typed(order.customer().as_str()),
    );
    // Writing to a string cannot fail.
    if let Some(item) = order.content().free_form_item() {
        let _ = writeln!(text, "  {} x {}", item.quantity.get(), typed(item.name.as_str()));
    }
    let currency = order.currency();
    for line in order.content().lines() {
        let name = one_line(line.name.as_str());
        let _ = writeln!(
            text,
            "  {} x {name}, {} {currency} each, {} {currency}",
            line.quantity.get(),
            line.unit_price,
            line.total(),
        );
    }
    if !order.content().lines().is_empty() {
        let _ = writeln!(text, "Total: {} {}", order.total(), currency);
    }
    text
}

/// A text that a customer typed, on one line and without links.
fn typed(text: &str) -> String {
    defuse_links(&one_line(text))
}

/// The name with control characters replaced by spaces, so that it stays on one line.
fn one_line(name: &str) -> String {
    name.split(char::is_control).collect::<Vec<_>>().join(" ")
}

/// Sends customers mails about their orders, deleted ones included, and about their accounts. Sends
/// none to deleted accounts.
pub struct MailNotifier {
    orders: Arc<dyn OrderReads>,
    accounts: Arc<dyn AccountReads>,
    mailer: Arc<dyn Mailer>,
    settings: MailSettings,
}

impl MailNotifier {
    /// Makes a handler that reads these orders and accounts and sends with this mailer.
    pub fn new(
        orders: Arc<dyn OrderReads>,
        accounts: Arc<dyn AccountReads>,
        mailer: Arc<dyn Mailer>,
        settings: MailSettings,
    ) -> Self {
        Self { orders, accounts, mailer, settings }
    }

    /// The mail for an event; `None` if there is nothing to send any more.
    async fn mail(&self, event: &JournalEvent) -> Result<Option<Mail>, DeliveryFailure> {
        // The database is in trouble for every mail.
        let failed = |error| DeliveryFailure::Receiver(Arc::new(error));
        if let (Event::AccountMailRequested(mail), Some(account)) =
            (&event.event, event.record.account)
        {
            let recipient = self.accounts.credentials_of(account).await.map_err(failed)?;
            return Ok(recipient
                .and_then(|recipient| account::compose(event, *mail, &recipient, &self.settings)));
        }
        let Some(order) = event.record.order else { return Ok(None) };
        let order = self.orders.find_with_deleted(order).await.map_err(failed)?;
        let Some(order) = order else { return Ok(None) };
        let owner = self.accounts.find(order.placed_by()).await.map_err(failed)?;
        let owner = owner.filter(|owner| self.settings.policy.may_mail(owner));
        Ok(owner.and_then(|owner| compose(event, &order, &owner)))
    }

    async fn send(&self, event: &JournalEvent) -> Result<(), DeliveryFailure> {
        let Some(mail) = self.mail(event).await? else { return Ok(()) };
        self.mailer.send(&mail).await.map_err(|error| match error {
            MailError::ServerUnavailable(cause) => DeliveryFailure::Receiver(cause),
            MailError::Deferred(cause) => DeliveryFailure::Event(cause),
            MailError::Refused(cause) => DeliveryFailure::Refused(cause),
            MailError::Unanswered(cause) => DeliveryFailure::Unanswered(cause),
        })
    }
}

/// How many mails are sent at the same time.
const CONCURRENCY: usize = 16;

/// After how many recipients in a row whose mails were refused for now the mail server counts as in
/// trouble: it may allow so many mails a minute.
const REFUSED_IN_A_ROW: usize = 3;

#[async_trait]
impl EventSubscriber for MailNotifier {
    fn subscription(&self) -> Subscription {
        Subscription::MAIL
    }

    fn mode(&self) -> DeliveryMode {
        DeliveryMode::Single { concurrency: CONCURRENCY }
    }

    fn trouble_rule(&self) -> TroubleRule {
        TroubleRule::Accounts(REFUSED_IN_A_ROW)
    }

    fn wants(&self, event: &JournalEvent) -> bool {
        makes_mail(event)
    }

    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>> {
        let mut results = Vec::new();
        for event in events {
            let sent = self.send(event).await;
            let failed = sent.is_err();
            results.push(sent);
            if failed {
                break;
            }
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency, CustomerName, EventId, ItemName, OrderId, PersonName, Price, ProductId,
        ProductName, Quantity, Revision, Timestamp, UserId, Version,
        account::{EmailAddress, Role},
        events::{EventRecord, NewEvent, PlacedOrder},
        order::{FreeFormItem, OrderContent, OrderParts, ProductLine},
    };

    fn owner() -> Account {
        Account {
            id: UserId::new(7),
            name: PersonName::restore("Ada\r\nBcc: all@example.com").unwrap(),
            email: EmailAddress::parse("ada@example.com").unwrap(),
            email_verified_at: None,
            pending_email: None,
            role: Role::User,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn order(content: OrderContent) -> Order {
        Order::restore(parts(content))
    }

    fn parts(content: OrderContent) -> OrderParts {
        OrderParts {
            id: OrderId::new(3),
            placed_by: UserId::new(7),
            customer: CustomerName::parse("Countess of Lovelace").unwrap(),
            content,
            currency: Currency::EUR,
            status: OrderStatus::Pending,
            version: Version::FIRST,
            revision: Revision::FIRST,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn tea() -> Order {
        let line = |name: &str, minor, units| ProductLine {
            product: ProductId::new(1),
            name: ProductName::parse(name).unwrap(),
            unit_price: Price::from_minor(minor).unwrap(),
            quantity: Quantity::new(units).unwrap(),
        };
        let lines = vec![line("Tea", 450, 2), line("Cup", 1_250, 1)];
        order(OrderContent::products(lines).unwrap())
    }

    fn happened(event: Event) -> JournalEvent {
        let actor = owner().actor();
        let new = NewEvent::of_order(event.clone(), &tea(), actor, Timestamp::UNIX_EPOCH);
        JournalEvent { event, record: EventRecord::of(EventId::new(11), &new) }
    }

    fn transition(to: OrderStatus) -> JournalEvent {
        happened(Event::OrderStatusChanged { from: OrderStatus::Pending, to })
    }

    fn placed() -> JournalEvent {
        happened(Event::OrderPlaced(PlacedOrder::from(&tea())))
    }

    #[test]
    fn placed_shipped_delivered_and_cancelled_orders_make_a_mail() {
        let subject =
            |event: &JournalEvent| compose(event, &tea(), &owner()).map(|mail| mail.subject);
        let expected = |verb: &str| Some(format!("Your order 3 was {verb}"));
        assert_eq!(subject(&placed()), expected("placed"));
        assert_eq!(subject(&transition(OrderStatus::Shipped)), expected("shipped"));
        assert_eq!(subject(&transition(OrderStatus::Delivered)), expected("delivered"));
        assert_eq!(subject(&transition(OrderStatus::Cancelled)), expected("cancelled"));
        assert_eq!(subject(&transition(OrderStatus::Processing)), None);
        assert_eq!(subject(&happened(Event::AccountRegistered)), None);
    }

    #[test]
    fn the_subject_is_known_without_the_order() {
        for event in [placed(), transition(OrderStatus::Shipped)] {
            let mail = compose(&event, &tea(), &owner()).unwrap();
            assert_eq!(subject_of(&event).as_deref(), Some(mail.subject.as_str()));
        }
        assert_eq!(subject_of(&transition(OrderStatus::Processing)), None);
    }

    #[test]
    fn the_deletion_of_an_open_order_makes_the_mail_of_a_cancelled_one() {
        let subject = |from, to| {
            let deleted = happened(Event::OrderDeleted { from, to });
            compose(&deleted, &tea(), &owner()).map(|mail| mail.subject)
        };
        let cancelled = Some("Your order 3 was cancelled".to_owned());
        for from in [OrderStatus::Pending, OrderStatus::Processing] {
            assert_eq!(subject(from, OrderStatus::Cancelled), cancelled);
        }
        // The goods had left, or the customer has the mail already.
        for unchanged in [OrderStatus::Shipped, OrderStatus::Delivered, OrderStatus::Cancelled] {
            assert_eq!(subject(unchanged, unchanged), None);
        }
    }

    #[test]
    fn a_mail_does_not_depend_on_what_happened_to_the_order_since() {
        let mail = |event: &JournalEvent, status| {
            let order = Order::restore(OrderParts { status, ..parts(tea().content().clone()) });
            compose(event, &order, &owner()).unwrap()
        };
        for event in [placed(), transition(OrderStatus::Shipped)] {
            let expected = mail(&event, OrderStatus::Pending);
            for status in OrderStatus::ALL {
                assert!(mail(&event, status) == expected, "{:?} in {status}", event.event);
            }
        }
    }

    #[test]
    fn a_mail_lists_the_lines_and_their_prices() {
        let mail = compose(&placed(), &tea(), &owner()).unwrap();
        assert_eq!((mail.to.as_str(), mail.event), ("ada@example.com", EventId::new(11)));
        let lines = "Order 3, for Countess of Lovelace\n  2 x Tea, 4.50 EUR each, 9.00 EUR\n  \
                    1 x Cup, 12.50 EUR each, 12.50 EUR\nTotal: 21.50 EUR\n";
        assert!(mail.text.ends_with(lines), "{}", mail.text);
    }

    #[test]
    fn the_mail_of_a_free_form_order_has_no_prices() {
        let name = ItemName::parse("a birthday cake").unwrap();
        let item = FreeFormItem::new(name, Quantity::new(2).unwrap()).unwrap();
        let mail = compose(&placed(), &order(OrderContent::free_form(item)), &owner()).unwrap();
        assert!(mail.text.ends_with("\n  2 x a birthday cake\n"), "{}", mail.text);
    }

    #[test]
    fn a_name_cannot_start_a_new_line() {
        let mail = compose(&placed(), &tea(), &owner()).unwrap();
        assert!(mail.text.starts_with("Dear Ada  Bcc: all@example[.]com,\n"), "{}", mail.text);
    }

    #[test]
    fn what_a_customer_typed_is_mailed_without_links() {
        let name = ItemName::parse("see https://evil.example/x").unwrap();
        let item = FreeFormItem::new(name, Quantity::new(1).unwrap()).unwrap();
        let name = PersonName::parse("Win at www.evil.example").unwrap();
        let owner = Account { name, ..owner() };
        let mail = compose(&placed(), &order(OrderContent::free_form(item)), &owner).unwrap();
        assert!(mail.text.starts_with("Dear Win at www[.]evil[.]example,\n"), "{}", mail.text);
        assert!(mail.text.contains(" see https[:]//evil[.]example/x\n"), "{}", mail.text);
        assert!(mail.name.is_none(), "no mail program shows the link as a name");
    }
}
