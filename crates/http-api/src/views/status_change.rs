//! A body that asks for another status of an order, on either surface.

use domain::order::{OrderCommand, OrderStatus};
use http_request::{Field, RequestError, required};
use serde::Deserialize;
use validator::Validate;

/// The status that an order is to have.
#[derive(Default, Deserialize, Validate)]
#[serde(default)]
pub(crate) struct ChangeStatusBody {
    #[validate(custom(function = "required"))]
    status: Field<OrderStatus>,
}

impl ChangeStatusBody {
    /// The transition that is asked for.
    pub(crate) fn command(self) -> Result<OrderCommand, RequestError> {
        Ok(OrderCommand::ChangeStatus { to: self.status.required("status")? })
    }
}
