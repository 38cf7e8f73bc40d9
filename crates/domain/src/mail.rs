//! What customers are written to about their orders: when one is placed, shipped, delivered or cancelled.
//!
//! [`compose`] says which message makes a mail, and what stands in it. A [`MailNotifier`] looks up whom it
//! concerns and hands it to a [`Mailer`].

use std::{fmt::Write as _, sync::Arc};

use async_trait::async_trait;

use crate::{
    Cause, OutboxEventId, PersonName,
    account::{Account, EmailAddress, port::AccountReads},
    order::{Order, OrderStatus, port::OrderReads},
    outbox::{
        Channel, OutboxEvent,
        port::{DeliveryError, DeliveryReceipt, Envelope, EventHandler},
    },
};

/// A mail to be sent. Holds personal data: never to be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The message that it comes from. A mail that is sent twice has the same both times.
    pub event: OutboxEventId,
    /// Where it goes.
    pub to: EmailAddress,
    /// To whom.
    pub name: PersonName,
    /// What it is about, on one line.
    pub subject: String,
    /// What it says: plain text, lines end with a line feed.
    pub text: String,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MailError {
    /// The address does not exist, or takes no mail: trying again will not help.
    #[error("the address takes no mail")]
    Undeliverable(#[source] Cause),
    /// The mail server is away or refused it for another reason; it may go out later.
    #[error("the mail was not sent")]
    Failed(#[source] Cause),
}

/// Sends mails.
///
/// An implementation MUST return within seconds. It returns once the next server has taken the mail over.
/// Errors MUST NOT name the address or the person.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// What an order's owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    Placed,
    Shipped,
    Delivered,
    Cancelled,
}

impl News {
    /// The news in a message, if it has any that customers are written about.
    fn of(message: &OutboxEvent) -> Option<Self> {
        match message {
            OutboxEvent::OrderPlaced { .. } => Some(Self::Placed),
            OutboxEvent::OrderStatusChanged { to, .. } => match to {
                OrderStatus::Shipped => Some(Self::Shipped),
                OrderStatus::Delivered => Some(Self::Delivered),
                OrderStatus::Cancelled => Some(Self::Cancelled),
                OrderStatus::Pending | OrderStatus::Processing => None,
            },
            OutboxEvent::AccountRegistered { .. } | OutboxEvent::OrderDeleted { .. } => None,
        }
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

/// The mail that a message makes, to the order's owner; `None` if it makes none.
pub fn compose(envelope: &Envelope, order: &Order, owner: &Account) -> Option<Mail> {
    let news = News::of(&envelope.event)?;
    Some(Mail {
        event: envelope.id,
        to: owner.email.clone(),
        name: owner.name.clone(),
        subject: format!("Your order {} was {}", order.id(), news.verb()),
        text: text(news, order, owner),
    })
}

fn text(news: News, order: &Order, owner: &Account) -> String {
    let mut text = format!(
        "Dear {},\n\n{}\n\nOrder {}, for {}\n",
        one_line(owner.name.as_str()),
        news.sentence(),
        order.id(),
        one_line(order.customer().as_str()),
    );
    // Writing to a string cannot fail.
    if let Some(item) = order.content().free_form_item() {
        let _ = writeln!(text, "  {} x {}", item.quantity.get(), one_line(item.name.as_str()));
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

/// A name as it stands on one line.
fn one_line(name: &str) -> String {
    name.split(char::is_control).collect::<Vec<_>>().join(" ")
}

/// Writes customers mails about their orders. Says nothing of orders and accounts that are deleted.
pub struct MailNotifier {
    orders: Arc<dyn OrderReads>,
    accounts: Arc<dyn AccountReads>,
    mailer: Arc<dyn Mailer>,
}

impl MailNotifier {
    /// Looks orders and accounts up there, and sends by that.
    pub fn new(
        orders: Arc<dyn OrderReads>,
        accounts: Arc<dyn AccountReads>,
        mailer: Arc<dyn Mailer>,
    ) -> Self {
        Self { orders, accounts, mailer }
    }

    async fn mail(&self, envelope: &Envelope) -> Result<Option<Mail>, DeliveryError> {
        let Some(id) = envelope.event.order().filter(|_| News::of(&envelope.event).is_some())
        else {
            return Ok(None);
        };
        let failed = |error| DeliveryError(Arc::new(error));
        let Some(order) = self.orders.find(id).await.map_err(failed)? else { return Ok(None) };
        let owner = self.accounts.find(order.placed_by()).await.map_err(failed)?;
        Ok(owner.and_then(|owner| compose(envelope, &order, &owner)))
    }
}

#[async_trait]
impl EventHandler for MailNotifier {
    fn channel(&self) -> Channel {
        Channel::Mail
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        let Some(mail) = self.mail(envelope).await? else { return Ok(DeliveryReceipt::Done) };
        match self.mailer.send(&mail).await {
            Ok(()) => Ok(DeliveryReceipt::Done),
            Err(MailError::Undeliverable(cause)) => {
                Ok(DeliveryReceipt::Undeliverable(cause.to_string()))
            }
            Err(MailError::Failed(cause)) => Err(DeliveryError(cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency, CustomerName, ItemName, OrderId, Price, ProductId, ProductName, Quantity,
        Revision, Timestamp, UserId, Version,
        account::Role,
        order::{FreeFormItem, OrderContent, OrderParts, ProductLine},
    };

    fn owner() -> Account {
        Account {
            id: UserId::new(7),
            name: PersonName::parse("Ada\r\nBcc: all@example.com").unwrap(),
            email: EmailAddress::parse("ada@example.com").unwrap(),
            role: Role::User,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn order(content: OrderContent) -> Order {
        Order::restore(OrderParts {
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
        })
    }

    fn tea() -> Order {
        let line = |name: &str, minor, pieces| ProductLine {
            product: ProductId::new(1),
            name: ProductName::parse(name).unwrap(),
            unit_price: Price::from_minor(minor).unwrap(),
            quantity: Quantity::new(pieces).unwrap(),
        };
        let lines = vec![line("Tea", 450, 2), line("Cup", 1_250, 1)];
        order(OrderContent::products(lines).unwrap())
    }

    fn envelope(event: OutboxEvent) -> Envelope {
        Envelope {
            id: OutboxEventId::new(11),
            event,
            created_at: Timestamp::UNIX_EPOCH,
            trace: None,
        }
    }

    fn step(to: OrderStatus) -> Envelope {
        envelope(OutboxEvent::OrderStatusChanged {
            order_id: OrderId::new(3),
            user_id: UserId::new(7),
            changed_by: UserId::new(1),
            from: OrderStatus::Pending,
            to,
        })
    }

    fn placed() -> Envelope {
        envelope(OutboxEvent::OrderPlaced { order_id: OrderId::new(3), user_id: UserId::new(7) })
    }

    #[test]
    fn customers_hear_of_orders_placed_shipped_delivered_and_cancelled() {
        let subject =
            |envelope: &Envelope| compose(envelope, &tea(), &owner()).map(|mail| mail.subject);
        let news = |verb: &str| Some(format!("Your order 3 was {verb}"));
        assert_eq!(subject(&placed()), news("placed"));
        assert_eq!(subject(&step(OrderStatus::Shipped)), news("shipped"));
        assert_eq!(subject(&step(OrderStatus::Delivered)), news("delivered"));
        assert_eq!(subject(&step(OrderStatus::Cancelled)), news("cancelled"));
        assert_eq!(subject(&step(OrderStatus::Processing)), None);
        let registered = OutboxEvent::AccountRegistered { user_id: UserId::new(7) };
        assert_eq!(subject(&envelope(registered)), None);
        let (order_id, user_id, changed_by) = (OrderId::new(3), UserId::new(7), UserId::new(1));
        let deleted = OutboxEvent::OrderDeleted { order_id, user_id, changed_by };
        assert_eq!(subject(&envelope(deleted)), None);
    }

    #[test]
    fn a_mail_says_what_was_ordered_and_what_it_costs() {
        let mail = compose(&placed(), &tea(), &owner()).unwrap();
        assert_eq!((mail.to.as_str(), mail.event), ("ada@example.com", OutboxEventId::new(11)));
        let says = "Order 3, for Countess of Lovelace\n  2 x Tea, 4.50 EUR each, 9.00 EUR\n  \
                    1 x Cup, 12.50 EUR each, 12.50 EUR\nTotal: 21.50 EUR\n";
        assert!(mail.text.ends_with(says), "{}", mail.text);
    }

    #[test]
    fn a_free_form_order_has_no_prices() {
        let name = ItemName::parse("a birthday cake").unwrap();
        let item = FreeFormItem::new(name, Quantity::new(2).unwrap()).unwrap();
        let mail = compose(&placed(), &order(OrderContent::free_form(item)), &owner()).unwrap();
        assert!(mail.text.ends_with("\n  2 x a birthday cake\n"), "{}", mail.text);
    }

    #[test]
    fn a_name_cannot_start_a_line_of_its_own() {
        let mail = compose(&placed(), &tea(), &owner()).unwrap();
        assert!(mail.text.starts_with("Dear Ada  Bcc: all@example.com,\n"), "{}", mail.text);
    }
}
