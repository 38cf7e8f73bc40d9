//! What happened: the typed content of an event, and its JSON.
//!
//! The JSON has no personal data, so that erasing an account leaves none in the journal, and is
//! below 16 KB. Amounts are decimal numbers in strings, as in the REST API.

use serde::{Deserialize, Serialize};

use super::EventType;
use crate::{
    Currency,
    order::{Order, OrderStatus},
    product::Product,
};

/// What happened, or which mail is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// [`EventType::AccountRegistered`].
    AccountRegistered,
    /// [`EventType::AccountChanged`]: what was changed.
    AccountChanged(Vec<AccountField>),
    /// [`EventType::AccountAddressChanged`].
    AccountAddressChanged,
    /// [`EventType::AccountRoleChanged`]: the name of the new role.
    AccountRoleChanged(String),
    /// [`EventType::AccountClosed`].
    AccountClosed,
    /// [`EventType::AccountMailRequested`]. Its token is made when it is sent.
    AccountMailRequested(AccountMail),
    /// [`EventType::ProductCreated`]: the new product.
    ProductCreated(ProductState),
    /// [`EventType::ProductChanged`]: the product after the change.
    ProductChanged(ProductState),
    /// [`EventType::ProductDeleted`]: the product after the deletion.
    ProductDeleted(ProductState),
    /// [`EventType::ProductRestored`]: the product after it was restored.
    ProductRestored(ProductState),
    /// [`EventType::OrderPlaced`]: what was ordered.
    OrderPlaced(PlacedOrder),
    /// [`EventType::OrderStatusChanged`].
    OrderStatusChanged {
        /// The status before.
        from: OrderStatus,
        /// The status after.
        to: OrderStatus,
    },
    /// [`EventType::OrderDeleted`].
    OrderDeleted {
        /// The status before.
        from: OrderStatus,
        /// The status after.
        to: OrderStatus,
    },
}

/// What a change of an account changed, beside its address and its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountField {
    /// The name.
    Name,
    /// The password.
    Password,
}

/// A mail that accounts get about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMail {
    /// To the address that is to be confirmed: the link that confirms it.
    ConfirmAddress,
    /// To the present address: that a change to another one was requested.
    AddressChangeNotice,
    /// To the present address: the link that replaces the password.
    ResetPassword,
    /// To the present address: that the password was changed.
    PasswordChanged,
}

/// A product as an event leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductState {
    /// The price of one unit, as a decimal number.
    pub price: String,
    /// The number of units in stock.
    pub stock: i64,
    /// The version after the event.
    pub version: i64,
}

impl From<&Product> for ProductState {
    fn from(product: &Product) -> Self {
        Self {
            price: product.price.to_string(),
            stock: product.stock.get(),
            version: product.version.get(),
        }
    }
}

/// What was ordered, without the names. The members are in the order of the alphabet, in which a copy
/// of a shop writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedOrder {
    /// The code of the currency.
    pub currency: String,
    /// For each line the product, the number of units, and the price of one unit as a decimal
    /// number; empty for a free-form order.
    pub lines: Vec<(i64, i64, String)>,
    /// The number of units of all lines, or of the free-form item.
    pub quantity: i64,
    /// The sum of the lines, as a decimal number.
    pub total: String,
}

impl From<&Order> for PlacedOrder {
    fn from(order: &Order) -> Self {
        let line = |line: &crate::order::ProductLine| {
            (line.product.get(), line.quantity.get(), line.unit_price.to_string())
        };
        Self {
            currency: Currency::code(&order.currency()).to_owned(),
            quantity: order.quantity().get(),
            total: order.total().to_string(),
            lines: order.content().lines().iter().map(line).collect(),
        }
    }
}

/// The members of a transition.
#[derive(Serialize, Deserialize)]
struct Transition {
    from: OrderStatus,
    to: OrderStatus,
}

#[derive(Serialize, Deserialize)]
struct Changed {
    changed: Vec<AccountField>,
}

#[derive(Serialize, Deserialize)]
struct NewRole {
    role: String,
}

#[derive(Serialize, Deserialize)]
struct Requested {
    mail: AccountMail,
}

/// A stored event cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the event cannot be read: {0}")]
pub struct NotAnEvent(#[from] serde_json::Error);

impl Event {
    /// The type.
    pub const fn event_type(&self) -> EventType {
        match self {
            Self::AccountRegistered => EventType::AccountRegistered,
            Self::AccountChanged(_) => EventType::AccountChanged,
            Self::AccountAddressChanged => EventType::AccountAddressChanged,
            Self::AccountRoleChanged(_) => EventType::AccountRoleChanged,
            Self::AccountClosed => EventType::AccountClosed,
            Self::AccountMailRequested(_) => EventType::AccountMailRequested,
            Self::ProductCreated(_) => EventType::ProductCreated,
            Self::ProductChanged(_) => EventType::ProductChanged,
            Self::ProductDeleted(_) => EventType::ProductDeleted,
            Self::ProductRestored(_) => EventType::ProductRestored,
            Self::OrderPlaced(_) => EventType::OrderPlaced,
            Self::OrderStatusChanged { .. } => EventType::OrderStatusChanged,
            Self::OrderDeleted { .. } => EventType::OrderDeleted,
        }
    }

    /// The JSON object that stores keep beside the type.
    pub fn data(&self) -> String {
        let data = match self {
            Self::AccountRegistered | Self::AccountAddressChanged | Self::AccountClosed => {
                return "{}".to_owned();
            }
            Self::AccountChanged(changed) => {
                serde_json::to_string(&Changed { changed: changed.clone() })
            }
            Self::AccountRoleChanged(role) => {
                serde_json::to_string(&NewRole { role: role.clone() })
            }
            Self::AccountMailRequested(mail) => serde_json::to_string(&Requested { mail: *mail }),
            Self::ProductCreated(product)
            | Self::ProductChanged(product)
            | Self::ProductDeleted(product)
            | Self::ProductRestored(product) => serde_json::to_string(product),
            Self::OrderPlaced(placed) => serde_json::to_string(placed),
            Self::OrderStatusChanged { from, to } | Self::OrderDeleted { from, to } => {
                serde_json::to_string(&Transition { from: *from, to: *to })
            }
        };
        // These types have neither maps nor failing serializers.
        data.unwrap_or_default()
    }

    /// Reads what [`Self::data`] wrote for an event of this type. Members that this program does
    /// not know are ignored.
    ///
    /// # Errors
    /// [`NotAnEvent`] if the JSON is not that of such an event.
    pub fn read(event_type: EventType, data: &str) -> Result<Self, NotAnEvent> {
        let product = || serde_json::from_str::<ProductState>(data);
        let transition = || serde_json::from_str::<Transition>(data);
        Ok(match event_type {
            EventType::AccountRegistered => Self::AccountRegistered,
            EventType::AccountChanged => {
                Self::AccountChanged(serde_json::from_str::<Changed>(data)?.changed)
            }
            EventType::AccountAddressChanged => Self::AccountAddressChanged,
            EventType::AccountRoleChanged => {
                Self::AccountRoleChanged(serde_json::from_str::<NewRole>(data)?.role)
            }
            EventType::AccountClosed => Self::AccountClosed,
            EventType::AccountMailRequested => {
                Self::AccountMailRequested(serde_json::from_str::<Requested>(data)?.mail)
            }
            EventType::ProductCreated => Self::ProductCreated(product()?),
            EventType::ProductChanged => Self::ProductChanged(product()?),
            EventType::ProductDeleted => Self::ProductDeleted(product()?),
            EventType::ProductRestored => Self::ProductRestored(product()?),
            EventType::OrderPlaced => Self::OrderPlaced(serde_json::from_str(data)?),
            EventType::OrderStatusChanged => {
                let Transition { from, to } = transition()?;
                Self::OrderStatusChanged { from, to }
            }
            EventType::OrderDeleted => {
                let Transition { from, to } = transition()?;
                Self::OrderDeleted { from, to }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn product() -> ProductState {
        ProductState { price: "4.50".to_owned(), stock: 7, version: 2 }
    }

    fn every_event_with_its_json() -> Vec<(Event, Value)> {
        let (from, to) = (OrderStatus::Pending, OrderStatus::Cancelled);
        let transition = json!({"from": "pending", "to": "cancelled"});
        let product_json = json!({"price": "4.50", "stock": 7, "version": 2});
        let placed = PlacedOrder {
            currency: "EUR".to_owned(),
            quantity: 3,
            total: "21.50".to_owned(),
            lines: vec![(1, 2, "4.50".to_owned()), (5, 1, "12.50".to_owned())],
        };
        let placed_json = json!({
            "currency": "EUR", "quantity": 3, "total": "21.50",
            "lines": [[1, 2, "4.50"], [5, 1, "12.50"]],
        });
        vec![
            (Event::AccountRegistered, json!({})),
            (
                Event::AccountChanged(vec![AccountField::Name, AccountField::Password]),
                json!({"changed": ["name", "password"]}),
            ),
            (Event::AccountAddressChanged, json!({})),
            (Event::AccountRoleChanged("admin".to_owned()), json!({"role": "admin"})),
            (Event::AccountClosed, json!({})),
            (
                Event::AccountMailRequested(AccountMail::ConfirmAddress),
                json!({"mail": "confirm_address"}),
            ),
            (
                Event::AccountMailRequested(AccountMail::AddressChangeNotice),
                json!({"mail": "address_change_notice"}),
            ),
            (
                Event::AccountMailRequested(AccountMail::ResetPassword),
                json!({"mail": "reset_password"}),
            ),
            (
                Event::AccountMailRequested(AccountMail::PasswordChanged),
                json!({"mail": "password_changed"}),
            ),
            (Event::ProductCreated(product()), product_json.clone()),
            (Event::ProductChanged(product()), product_json.clone()),
            (Event::ProductDeleted(product()), product_json.clone()),
            (Event::ProductRestored(product()), product_json),
            (Event::OrderPlaced(placed), placed_json),
            (Event::OrderStatusChanged { from, to }, transition.clone()),
            (Event::OrderDeleted { from, to }, transition),
        ]
    }

    #[test]
    fn the_json_of_every_event_is_stable_and_reads_back() {
        for (event, json) in every_event_with_its_json() {
            let data = event.data();
            assert_eq!(serde_json::from_str::<Value>(&data).unwrap(), json, "{event:?}");
            assert_eq!(Event::read(event.event_type(), &data).unwrap(), event);
        }
    }

    #[test]
    fn every_type_has_an_event() {
        let types: std::collections::HashSet<_> =
            every_event_with_its_json().iter().map(|(event, _)| event.event_type()).collect();
        assert_eq!(types.len(), EventType::ALL.len());
    }

    #[test]
    fn members_of_a_newer_program_are_ignored_and_missing_ones_are_an_error() {
        let newer = r#"{"from": "pending", "to": "shipped", "shipment": 3}"#;
        let (from, to) = (OrderStatus::Pending, OrderStatus::Shipped);
        let read = Event::read(EventType::OrderStatusChanged, newer).unwrap();
        assert_eq!(read, Event::OrderStatusChanged { from, to });
        assert!(Event::read(EventType::OrderStatusChanged, r#"{"from": "pending"}"#).is_err());
        assert!(Event::read(EventType::OrderStatusChanged, "lost").is_err());
    }

    #[test]
    fn the_greatest_order_is_below_16_kilobytes() {
        let line = (i64::MAX, 1_000_000_000_000_000, "99999999.99".to_owned());
        let placed = PlacedOrder {
            currency: "EUR".to_owned(),
            quantity: i64::MAX,
            total: "9".repeat(40),
            lines: vec![line; crate::order::LineRequests::MAX_LINES],
        };
        assert!(Event::OrderPlaced(placed).data().len() < 16 * 1024);
    }
}
