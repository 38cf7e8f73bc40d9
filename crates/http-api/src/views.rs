//! What both surfaces answer alike.

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

/// Writes a timestamp as every response does: RFC 3339, UTC, microseconds, such as `"2026-01-31T12:00:00.000000Z"`.
pub(crate) fn timestamp<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Presents something that has a version, with its entity tag.
pub(crate) fn with_etag(
    mut response: HttpResponseBuilder,
    version: Version,
    view: impl Serialize,
) -> HttpResponse {
    response.insert_header((header::ETAG, etag(version))).json(view)
}

/// An answer that only says that it is done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct MessageView {
    /// What was done, for people.
    #[schema(example = "Done")]
    pub(crate) message: &'static str,
}

/// The status that an order is to have.
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
