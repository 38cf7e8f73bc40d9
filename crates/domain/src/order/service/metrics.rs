//! Counts placements and changes of orders, through the `metrics` facade.

use metrics::{Counter, counter};

use super::super::{
    OrderCommand, OrderStatus, PlaceRefusal,
    port::{PlaceError, Placement},
};
use crate::StoreError;

/// Why an order was not placed: the error code that the client gets.
const REASONS: [&str; 9] = [
    "product_not_found",
    "insufficient_stock",
    "idempotency_key_reused",
    "order_not_found",
    "invalid_token",
    "email_not_verified",
    "rate_limited",
    "unavailable",
    "internal",
];

/// The label of a deletion.
const DELETED: &str = "deleted";

/// Registers every counter as zero: a series that is absent cannot be distinguished from one
/// without events.
pub(super) fn register() {
    let _zero = placed();
    for reason in REASONS {
        let _zero = refused(reason);
    }
    // Pending is the first status, to which no transition leads.
    for status in OrderStatus::ALL {
        if status != OrderStatus::Pending {
            let _zero = changed(status.as_str());
        }
    }
    let _zero = changed(DELETED);
}

/// Counts a placement. A replayed one was counted when it was placed.
pub(super) fn count_placement(result: &Result<Placement, PlaceError>) {
    match result {
        Ok(placement) if placement.replayed => {}
        Ok(_placed) => placed().increment(1),
        Err(error) => refused(reason(error)).increment(1),
    }
}

/// Counts a command that was executed.
pub(super) fn count_change(command: OrderCommand) {
    let to = match command {
        OrderCommand::ChangeStatus { to } => to.as_str(),
        OrderCommand::Cancel => OrderStatus::Cancelled.as_str(),
        OrderCommand::Delete => DELETED,
    };
    changed(to).increment(1);
}

/// Counts orders that were cancelled together with the account that placed them.
pub(crate) fn count_cancelled(orders: usize) {
    changed(OrderStatus::Cancelled.as_str()).increment(u64::try_from(orders).unwrap_or(u64::MAX));
}

fn placed() -> Counter {
    counter!("oms_orders_placed_total")
}

fn refused(reason: &'static str) -> Counter {
    counter!("oms_orders_refused_total", "reason" => reason)
}

fn changed(to: &'static str) -> Counter {
    counter!("oms_order_status_changes_total", "to" => to)
}

fn reason(error: &PlaceError) -> &'static str {
    match error {
        PlaceError::Refused(PlaceRefusal::ProductNotFound { .. }) => "product_not_found",
        PlaceError::Refused(PlaceRefusal::InsufficientStock { .. }) => "insufficient_stock",
        PlaceError::Refused(PlaceRefusal::KeyReused) => "idempotency_key_reused",
        PlaceError::Refused(PlaceRefusal::AccountGone) => "invalid_token",
        PlaceError::PlacedAndDeleted => "order_not_found",
        PlaceError::EmailNotVerified => "email_not_verified",
        PlaceError::RateLimited(_) => "rate_limited",
        PlaceError::Store(StoreError::Unavailable(_) | StoreError::CommitUnknown(_)) => {
            "unavailable"
        }
        PlaceError::Store(StoreError::Broken(_)) => "internal",
    }
}
