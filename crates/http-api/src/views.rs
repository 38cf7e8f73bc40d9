//! What both surfaces answer alike.

pub(crate) mod created;
pub(crate) mod order_event;
pub(crate) mod status_change;
mod timestamp;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use domain::Version;
use http_request::etag;
use serde::Serialize;

pub(crate) use self::timestamp::timestamp;

/// Presents something that has a version, with its entity tag.
pub(crate) fn tagged(
    mut response: HttpResponseBuilder,
    version: Version,
    view: impl Serialize,
) -> HttpResponse {
    response.insert_header((header::ETAG, etag(version))).json(view)
}

/// An answer that only says that it is done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Message {
    /// What was done, for people.
    #[schema(example = "Done")]
    pub(crate) message: &'static str,
}
