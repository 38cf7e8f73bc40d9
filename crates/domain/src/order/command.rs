//! What may be done to an order, and what comes of it.

use super::{NewOrderEvent, Order, OrderParts, OrderStatus};
use crate::{
    ProductId, Quantity, Revision, Stock, Timestamp, Version,
    account::Actor,
    outbox::OutboxEvent,
    product::{MovementKind, StockMovement},
};

/// Something to be done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderCommand {
    /// Move it along its lifecycle. Staff only.
    ChangeStatus {
        /// To where.
        to: OrderStatus,
    },
    /// Call it off. For its owner and staff.
    Cancel,
    /// Take it off the books' lists; one whose goods have not left is cancelled with it. Staff only.
    Delete,
}

impl OrderCommand {
    /// Whether only staff may do this, whoever owns the order.
    pub const fn is_staff_only(self) -> bool {
        match self {
            Self::ChangeStatus { .. } | Self::Delete => true,
            Self::Cancel => false,
        }
    }

    /// Whether stock may go back on the shelf when this succeeds.
    pub const fn may_restock(self) -> bool {
        matches!(
            self,
            Self::ChangeStatus { to: OrderStatus::Cancelled } | Self::Cancel | Self::Delete
        )
    }
}

/// Pieces that go back on a product's shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restock {
    /// Which product.
    pub product: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// What a command makes of an order: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderChange {
    /// The order as it is to be from now on.
    pub order: Order,
    /// Whether it is gone from every list and lookup.
    pub deleted: bool,
    /// The entry for its history.
    pub event: NewOrderEvent,
    /// What goes back on the shelves: one entry a product, by ascending id, which is the order in which
    /// a store locks them.
    pub restocks: Vec<Restock>,
    /// What others want to know.
    pub outbox_event: OutboxEvent,
}

impl OrderChange {
    /// The change of stock to be recorded for an entry of [`Self::returns`]: `balance` and `revision` are the
    /// product's stock and revision after it.
    pub fn movement(&self, back: &Restock, balance: Stock, revision: Revision) -> StockMovement {
        StockMovement {
            product: back.product,
            revision,
            kind: MovementKind::OrderCancelled(self.order.id()),
            delta: back.quantity.get(),
            balance,
            moved_by: self.event.changed_by,
            at: self.event.created_at,
        }
    }
}

/// Why an order stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// Only staff may do this.
    #[error("only staff may do this to an order")]
    AdminOnly,
    /// Neither the order's owner nor staff.
    #[error("the order is somebody else's")]
    NotOwner,
    /// It is not the version that the caller had seen.
    #[error("the order is at version {current}")]
    VersionMismatch {
        /// The version it is at.
        current: Version,
    },
    /// The lifecycle has no such step.
    #[error("an order cannot go from {from} to {to}")]
    IllegalTransition {
        /// Where the order is.
        from: OrderStatus,
        /// Where it was to go.
        to: OrderStatus,
    },
}

impl Order {
    /// Whether it is still what the caller had seen. Without an expectation it is.
    ///
    /// # Errors
    /// [`OrderRefusal::VersionMismatch`] if it has changed since.
    pub fn check_version(&self, expected: Option<Version>) -> Result<(), OrderRefusal> {
        match expected {
            Some(version) if version != self.0.version => {
                Err(OrderRefusal::VersionMismatch { current: self.0.version })
            }
            _ => Ok(()),
        }
    }

    /// Decides what a command makes of this order. Rights come first, then the version that the caller
    /// expects, then the lifecycle.
    ///
    /// # Errors
    /// [`OrderRefusal`]; the order stays as it is then, and nothing is recorded.
    ///
    /// ```
    /// use domain::{
    ///     Currency, CustomerName, ItemName, OrderId, Quantity, Revision, Timestamp, UserId, Version,
    ///     account::{Actor, Role},
    ///     order::{
    ///         FreeFormItem, Order, OrderCommand, OrderContent, OrderParts, OrderRefusal, OrderStatus,
    ///     },
    /// };
    ///
    /// let customer = Actor::new(UserId::new(7), Role::User);
    /// let order = Order::restore(OrderParts {
    ///     id: OrderId::new(1),
    ///     placed_by: customer.user,
    ///     customer: CustomerName::parse("Ada")?,
    ///     content: OrderContent::free_form(FreeFormItem {
    ///         name: ItemName::parse("a birthday cake")?,
    ///         quantity: Quantity::ONE,
    ///     }),
    ///     currency: Currency::EUR,
    ///     status: OrderStatus::Pending,
    ///     version: Version::FIRST,
    ///     revision: Revision::FIRST,
    ///     created_at: Timestamp::UNIX_EPOCH,
    ///     updated_at: Timestamp::UNIX_EPOCH,
    /// });
    ///
    /// let change = order.decide(&OrderCommand::Cancel, None, customer, Timestamp::UNIX_EPOCH)?;
    /// assert_eq!(change.order.status(), OrderStatus::Cancelled);
    /// assert_eq!(change.event.note, "Order status changed from PENDING to CANCELLED");
    ///
    /// // The step is taken; it is not open a second time.
    /// let again = change.order.decide(&OrderCommand::Cancel, None, customer, Timestamp::UNIX_EPOCH);
    /// let (from, to) = (OrderStatus::Cancelled, OrderStatus::Cancelled);
    /// assert_eq!(again, Err(OrderRefusal::IllegalTransition { from, to }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decide(
        &self,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<OrderChange, OrderRefusal> {
        if command.is_staff_only() && !actor.is_admin() {
            return Err(OrderRefusal::AdminOnly);
        }
        if !actor.may_access(self.0.placed_by) {
            return Err(OrderRefusal::NotOwner);
        }
        self.check_version(expected)?;
        match command {
            OrderCommand::ChangeStatus { to } => self.step(*to, actor, now),
            OrderCommand::Cancel => self.step(OrderStatus::Cancelled, actor, now),
            OrderCommand::Delete => Ok(self.delete(actor, now)),
        }
    }

    fn step(
        &self,
        to: OrderStatus,
        actor: Actor,
        now: Timestamp,
    ) -> Result<OrderChange, OrderRefusal> {
        let from = self.0.status;
        if !from.can_become(to) {
            return Err(OrderRefusal::IllegalTransition { from, to });
        }
        let note =
            format!("Order status changed from {} to {}", from.as_upper_str(), to.as_upper_str());
        let outbox_event = OutboxEvent::OrderStatusChanged {
            order_id: self.0.id,
            user_id: self.0.placed_by,
            changed_by: actor.user,
            from,
            to,
        };
        Ok(self.change(to, false, note, outbox_event, actor, now))
    }

    fn delete(&self, actor: Actor, now: Timestamp) -> OrderChange {
        let to = if self.0.status.is_open() { OrderStatus::Cancelled } else { self.0.status };
        let outbox_event = OutboxEvent::OrderDeleted {
            order_id: self.0.id,
            user_id: self.0.placed_by,
            changed_by: actor.user,
        };
        self.change(to, true, "Order deleted".to_owned(), outbox_event, actor, now)
    }

    fn change(
        &self,
        to: OrderStatus,
        deleted: bool,
        note: String,
        outbox_event: OutboxEvent,
        actor: Actor,
        now: Timestamp,
    ) -> OrderChange {
        let cancelled = to == OrderStatus::Cancelled && self.0.status != OrderStatus::Cancelled;
        OrderChange {
            order: Self(OrderParts {
                status: to,
                version: self.0.version.next(),
                revision: self.0.revision.next(),
                updated_at: now,
                ..self.0.clone()
            }),
            deleted,
            event: NewOrderEvent {
                order: self.0.id,
                changed_by: actor.user,
                old_status: self.0.status,
                new_status: to,
                note,
                created_at: now,
            },
            restocks: if cancelled { self.everything_back() } else { Vec::new() },
            outbox_event,
        }
    }

    /// All its pieces, summed by product, by ascending id.
    fn everything_back(&self) -> Vec<Restock> {
        let mut restocks: Vec<Restock> = Vec::new();
        let mut lines: Vec<_> = self.0.content.lines().iter().collect();
        lines.sort_by_key(|line| line.product);
        for line in lines {
            match restocks.last_mut() {
                // The order's quantities were summed when it was made, so this sum fits as well.
                Some(last) if last.product == line.product => {
                    if let Some(sum) = last.quantity.checked_add(line.quantity) {
                        last.quantity = sum;
                    }
                }
                _ => restocks.push(Restock { product: line.product, quantity: line.quantity }),
            }
        }
        restocks
    }
}

#[cfg(test)]
mod tests;
