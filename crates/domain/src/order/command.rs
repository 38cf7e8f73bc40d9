//! Commands on an order, and the decision about them.

use super::{Order, OrderParts, OrderStatus};
use crate::{
    ExpectedVersions, ProductId, Quantity, Revision, Stock, Timestamp, UserId, Version,
    account::Actor,
    events::{Event, NewEvent},
    product::{MovementKind, StockMovement},
};

/// A command on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderCommand {
    /// Makes a transition of the lifecycle. Staff only.
    ChangeStatus {
        /// The status to change to.
        to: OrderStatus,
    },
    /// Cancels the order. For its owner and staff.
    Cancel,
    /// Deletes the order, so that no list or lookup returns it; cancels it too if it is open. Staff
    /// only.
    Delete,
}

impl OrderCommand {
    /// Whether only staff may give the command, even for their own orders.
    pub const fn is_staff_only(self) -> bool {
        match self {
            Self::ChangeStatus { .. } | Self::Delete => true,
            Self::Cancel => false,
        }
    }

    /// Whether the command may restock units when it succeeds.
    pub const fn may_restock(self) -> bool {
        matches!(
            self,
            Self::ChangeStatus { to: OrderStatus::Cancelled } | Self::Cancel | Self::Delete
        )
    }
}

/// Units of a product that go back to stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restock {
    /// The product to restock.
    pub product: ProductId,
    /// The number of units.
    pub quantity: Quantity,
}

/// The result of a command on an order: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderChange {
    /// The order in its new state.
    pub order: Order,
    /// Whether the order is deleted: stores keep it, and leave it out of every list and lookup.
    pub deleted: bool,
    /// The account that made the change.
    pub moved_by: UserId,
    /// The event to append to the journal.
    pub event: NewEvent,
    /// The units to restock: one entry for each product, by ascending id, which is the order in
    /// which a store locks them.
    pub restocks: Vec<Restock>,
}

impl OrderChange {
    /// The movement to record for an entry of [`Self::restocks`]: `balance` and `revision` are the
    /// product's stock and revision after it.
    pub fn movement(&self, restock: &Restock, balance: Stock, revision: Revision) -> StockMovement {
        StockMovement {
            product: restock.product,
            revision,
            kind: MovementKind::OrderCancelled(self.order.id()),
            delta: restock.quantity.get(),
            balance,
            moved_by: self.moved_by,
            at: self.event.at,
        }
    }
}

/// Why a command on an order is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// Only staff may give the command.
    #[error("only staff may do this to an order")]
    AdminOnly,
    /// The actor is neither the order's owner nor staff.
    #[error("the order belongs to another account")]
    NotOwner,
    /// The order is not at a version that the caller expects.
    #[error("the order is at version {current}")]
    VersionMismatch {
        /// The current version.
        current: Version,
    },
    /// The lifecycle has no such transition.
    #[error("an order cannot go from {from} to {to}")]
    IllegalTransition {
        /// The current status.
        from: OrderStatus,
        /// The status that the command asks for.
        to: OrderStatus,
    },
}

impl OrderRefusal {
    /// Whether the command asked for the status that the order already has, and that is not final:
    /// then nothing is left to do.
    pub fn repeats_status(self) -> bool {
        matches!(self, Self::IllegalTransition { from, to } if from == to && !from.is_final())
    }
}

impl Order {
    /// Checks the versions that the caller expects.
    ///
    /// # Errors
    /// [`OrderRefusal::VersionMismatch`] if the order is at another version.
    pub fn check_version(&self, expected: &ExpectedVersions) -> Result<(), OrderRefusal> {
        if expected.accepts(self.0.version) {
            Ok(())
        } else {
            Err(OrderRefusal::VersionMismatch { current: self.0.version })
        }
    }

    /// Decides a command on this order. Checks the actor's rights first, then the versions that the
    /// caller expects, then the lifecycle.
    ///
    /// # Errors
    /// [`OrderRefusal`]; the store must change and record nothing then.
    ///
    /// ```
    /// use domain::{
    ///     Currency, CustomerName, ExpectedVersions, ItemName, OrderId, Quantity, Revision, Timestamp,
    ///     UserId, Version,
    ///     account::{Actor, Role},
    ///     events::Event,
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
    /// let (any, now) = (ExpectedVersions::Any, Timestamp::UNIX_EPOCH);
    /// let change = order.decide(&OrderCommand::Cancel, &any, customer, now)?;
    /// assert_eq!(change.order.status(), OrderStatus::Cancelled);
    /// let (from, to) = (OrderStatus::Pending, OrderStatus::Cancelled);
    /// assert_eq!(change.event.event, Event::OrderStatusChanged { from, to });
    ///
    /// // A cancelled order cannot be cancelled again.
    /// let cancelled = change.order;
    /// let again = cancelled.decide(&OrderCommand::Cancel, &any, customer, now);
    /// let (from, to) = (OrderStatus::Cancelled, OrderStatus::Cancelled);
    /// assert_eq!(again, Err(OrderRefusal::IllegalTransition { from, to }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decide(
        &self,
        command: &OrderCommand,
        expected: &ExpectedVersions,
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
            OrderCommand::ChangeStatus { to } => self.transition(*to, actor, now),
            OrderCommand::Cancel => self.transition(OrderStatus::Cancelled, actor, now),
            OrderCommand::Delete => Ok(self.delete(actor, now)),
        }
    }

    fn transition(
        &self,
        to: OrderStatus,
        actor: Actor,
        now: Timestamp,
    ) -> Result<OrderChange, OrderRefusal> {
        let from = self.0.status;
        if !from.can_become(to) {
            return Err(OrderRefusal::IllegalTransition { from, to });
        }
        Ok(self.change(to, false, Event::OrderStatusChanged { from, to }, actor, now))
    }

    fn delete(&self, actor: Actor, now: Timestamp) -> OrderChange {
        let from = self.0.status;
        let to = if from.is_open() { OrderStatus::Cancelled } else { from };
        self.change(to, true, Event::OrderDeleted { from, to }, actor, now)
    }

    fn change(
        &self,
        to: OrderStatus,
        deleted: bool,
        event: Event,
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
            moved_by: actor.user,
            event: NewEvent::of_order(event, self, actor, now),
            restocks: if cancelled { self.restocks() } else { Vec::new() },
        }
    }

    /// The units of all lines, summed by product, by ascending id.
    fn restocks(&self) -> Vec<Restock> {
        let mut restocks: Vec<Restock> = Vec::new();
        let mut lines: Vec<_> = self.0.content.lines().iter().collect();
        lines.sort_by_key(|line| line.product);
        for line in lines {
            match restocks.last_mut() {
                // The sum of all quantities was checked when the order was created, so this partial
                // sum fits as well.
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
