//! Response bodies and headers that both surfaces share.

pub(crate) mod created;
pub(crate) mod order_event;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use chrono::SecondsFormat;
use domain::{
    Timestamp, Version,
    order::{OrderCommand, OrderStatus},
};
use http_request::{Field, RequestError, etag, required};
use serde::{Deserialize, Serialize, Serializer};
use validator::Validate;

/// Serializes a timestamp for responses: RFC 3339, UTC, microseconds, such as
/// `"2026-01-31T12:00:00.000000Z"`.
pub(crate) fn timestamp<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// A JSON response with the entity tag of a version.
pub(crate) fn with_etag(
    mut response: HttpResponseBuilder,
    version: Version,
    view: impl Serialize,
) -> HttpResponse {
    response.insert_header((header::ETAG, etag(version))).json(view)
}

/// A confirmation.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageView {
    /// The confirmation, as text for people.
    #[schema(example = "Done")]
    pub(crate) message: &'static str,
}

/// The requested status of an order.
#[derive(Default, Deserialize, Validate)]
#[serde(default)]
pub(crate) struct ChangeStatusBody {
    #[validate(custom(function = "required"))]
    status: Field<OrderStatus>,
}

impl ChangeStatusBody {
    pub(crate) fn command(self) -> Result<OrderCommand, RequestError> {
        Ok(OrderCommand::ChangeStatus { to: self.status.required("status")? })
    }
}
