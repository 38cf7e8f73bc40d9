//! What happens to the open orders of an account that is deleted.

use std::{fmt, str::FromStr};

use super::{AccountRefusal, Actor};
use crate::{
    ExpectedVersions, Timestamp,
    order::{Order, OrderChange, OrderCommand},
};

/// What happens to an account's open orders with product lines when it is deleted. Its free-form
/// orders stay as they are: the names in them are other people's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenOrders {
    /// They are cancelled with it, and their units are restocked.
    #[default]
    Cancel,
    /// The account is not deleted as long as there are any.
    Refuse,
    /// They stay open.
    Keep,
}

impl OpenOrders {
    /// The greatest number of orders that a refusal lists.
    pub const MAX_LISTED: usize = 20;

    /// All choices.
    pub const ALL: [Self; 3] = [Self::Cancel, Self::Refuse, Self::Keep];

    /// The name of the choice.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Refuse => "refuse",
            Self::Keep => "keep",
        }
    }

    /// Whether [`Self::decide`] needs the orders, so that a store has to lock and read them.
    pub const fn needs_orders(self) -> bool {
        match self {
            Self::Cancel | Self::Refuse => true,
            Self::Keep => false,
        }
    }

    /// Decides about the orders of an account that `actor`, who may delete it, deletes. Returns the
    /// changes to commit with the deletion, in the order of `orders`; only open orders with product
    /// lines change.
    ///
    /// # Errors
    /// [`AccountRefusal::OpenOrders`] if some are open and the choice is [`Self::Refuse`];
    /// [`AccountRefusal::Forbidden`] if the actor may not cancel them.
    pub fn decide(
        self,
        orders: &[Order],
        actor: Actor,
        now: Timestamp,
    ) -> Result<Vec<OrderChange>, AccountRefusal> {
        let open = || {
            orders.iter().filter(|order| {
                order.status().is_open() && order.content().free_form_item().is_none()
            })
        };
        match self {
            Self::Keep => Ok(Vec::new()),
            Self::Refuse if open().next().is_none() => Ok(Vec::new()),
            Self::Refuse => Err(AccountRefusal::OpenOrders {
                orders: open().map(Order::id).take(Self::MAX_LISTED).collect(),
                total: u64::try_from(open().count()).unwrap_or(u64::MAX),
            }),
            Self::Cancel => open()
                .map(|order| {
                    order.decide(&OrderCommand::Cancel, &ExpectedVersions::default(), actor, now)
                })
                .collect::<Result<_, _>>()
                // The lifecycle allows every open order to be cancelled.
                .map_err(|_not_allowed| AccountRefusal::Forbidden),
        }
    }
}

impl fmt::Display for OpenOrders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be cancel, refuse or keep")]
pub struct UnknownOpenOrders;

impl FromStr for OpenOrders {
    type Err = UnknownOpenOrders;

    /// Parses the name of a choice, in any case.
    fn from_str(raw: &str) -> Result<Self, UnknownOpenOrders> {
        Self::ALL
            .into_iter()
            .find(|choice| raw.eq_ignore_ascii_case(choice.as_str()))
            .ok_or(UnknownOpenOrders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency, CustomerName, ItemName, OrderId, Price, ProductId, ProductName, Quantity,
        Revision, UserId, Version,
        account::Role,
        order::{FreeFormItem, OrderContent, OrderParts, OrderStatus, ProductLine},
    };

    const ADA: UserId = UserId::new(7);
    const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);
    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn order(id: i64, status: OrderStatus, content: OrderContent) -> Order {
        Order::restore(OrderParts {
            id: OrderId::new(id),
            placed_by: ADA,
            customer: CustomerName::parse("Ada").unwrap(),
            content,
            currency: Currency::EUR,
            status,
            version: Version::FIRST,
            revision: Revision::FIRST,
            created_at: NOW,
            updated_at: NOW,
        })
    }

    fn for_product(id: i64, status: OrderStatus) -> Order {
        let line = ProductLine {
            product: ProductId::new(3),
            name: ProductName::parse("Tea").unwrap(),
            unit_price: Price::parse("4.50").unwrap(),
            quantity: Quantity::ONE,
        };
        order(id, status, OrderContent::products(vec![line]).unwrap())
    }

    fn free_form(id: i64) -> Order {
        let name = ItemName::parse("A cake").unwrap();
        let item = FreeFormItem { name, quantity: Quantity::ONE };
        order(id, OrderStatus::Pending, OrderContent::free_form(item))
    }

    /// An order for a product in each status, numbered from 1, and a pending free-form one.
    fn orders() -> Vec<Order> {
        (1..)
            .zip(OrderStatus::ALL)
            .map(|(id, status)| for_product(id, status))
            .chain([free_form(6)])
            .collect()
    }

    #[test]
    fn open_orders_with_product_lines_are_cancelled_and_restocked_by_the_actor() {
        let changes = OpenOrders::Cancel.decide(&orders(), STAFF, NOW).unwrap();
        let cancelled: Vec<_> = changes.iter().map(|change| change.order.id().get()).collect();
        assert_eq!(cancelled, [1, 2]);
        for change in changes {
            assert_eq!(change.order.status(), OrderStatus::Cancelled);
            assert_eq!(change.restocks.len(), 1);
            assert_eq!(change.event.actor, Some(STAFF.user));
            assert!(!change.deleted);
        }
    }

    #[test]
    fn a_refusal_lists_the_first_open_orders_and_counts_all() {
        let refused = OpenOrders::Refuse.decide(&orders(), STAFF, NOW);
        let listed = vec![OrderId::new(1), OrderId::new(2)];
        assert_eq!(refused, Err(AccountRefusal::OpenOrders { orders: listed, total: 2 }));
        let many: Vec<_> = (1..=25).map(|id| for_product(id, OrderStatus::Pending)).collect();
        let listed = (1..=20).map(OrderId::new).collect();
        let refused = OpenOrders::Refuse.decide(&many, STAFF, NOW);
        assert_eq!(refused, Err(AccountRefusal::OpenOrders { orders: listed, total: 25 }));
    }

    #[test]
    fn an_account_without_open_orders_with_product_lines_is_not_refused() {
        let closed = [for_product(1, OrderStatus::Shipped), free_form(2)];
        assert_eq!(OpenOrders::Refuse.decide(&closed, STAFF, NOW), Ok(Vec::new()));
    }

    #[test]
    fn kept_orders_do_not_change() {
        assert_eq!(OpenOrders::Keep.decide(&orders(), STAFF, NOW), Ok(Vec::new()));
        assert!(!OpenOrders::Keep.needs_orders());
    }

    #[test]
    fn an_actor_without_the_right_cancels_nothing() {
        let stranger = Actor::new(UserId::new(8), Role::User);
        let refused = OpenOrders::Cancel.decide(&orders(), stranger, NOW);
        assert_eq!(refused, Err(AccountRefusal::Forbidden));
    }

    #[test]
    fn a_choice_is_read_in_any_case() {
        for choice in OpenOrders::ALL {
            assert_eq!(choice.as_str().parse(), Ok(choice));
            assert_eq!(choice.as_str().to_uppercase().parse(), Ok(choice));
        }
        for word in ["", "delete", " keep"] {
            assert_eq!(word.parse::<OpenOrders>(), Err(UnknownOpenOrders), "{word}");
        }
        assert_eq!(OpenOrders::default(), OpenOrders::Cancel);
    }
}
