//! Response bodies and headers that both surfaces share.

pub(crate) mod created;
pub(crate) mod order_event;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use chrono::SecondsFormat;
use domain::{Revision, Timestamp, Version, order::OrderStatus};
use http_request::{Field, RequestError, etag, required};
use serde::{Deserialize, Serialize, Serializer};
use validator::Validate;

/// Serializes a timestamp for responses: RFC 3339, UTC, microseconds, such as
/// `"2026-01-31T12:00:00.000000Z"`.
pub(crate) fn timestamp<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// The `Cache-Control` of a response with an entity tag. A client may keep it, but must ask again
/// before each use. A proxy must not change it: one that compresses it would change the tag.
pub(crate) const TAGGED_CACHE_CONTROL: &str = "private, no-cache, no-transform";

/// A JSON response with the entity tag of a version and a revision.
pub(crate) fn with_etag(
    mut response: HttpResponseBuilder,
    version: Version,
    revision: Revision,
    view: impl Serialize,
) -> HttpResponse {
    response
        .insert_header((header::ETAG, etag(version, revision)))
        .insert_header((header::CACHE_CONTROL, TAGGED_CACHE_CONTROL))
        .json(view)
}

/// A response without a body to a read that names this entity tag: the client has the
/// representation already (RFC 9110, section 15.4.5).
pub(crate) fn not_modified(version: Version, revision: Revision) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::ETAG, etag(version, revision)))
        .insert_header((header::CACHE_CONTROL, TAGGED_CACHE_CONTROL))
        .finish()
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
    pub(crate) fn status(self) -> Result<OrderStatus, RequestError> {
        self.status.required("status")
    }
}
