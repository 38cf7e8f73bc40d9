//! Which distributed trace a request belongs to.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};
use domain::TraceParent;

/// The trace that the request belongs to, as [`trace`](crate::trace) found it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceContext(pub(crate) Option<TraceParent>);

impl TraceContext {
    /// What was found.
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(request.extensions().get::<TraceParent>().copied())
    }
}

impl FromRequest for TraceContext {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
