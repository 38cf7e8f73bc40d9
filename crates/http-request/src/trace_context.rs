//! The distributed trace that a request belongs to.

use actix_web::{HttpMessage as _, HttpRequest};
use domain::TraceParent;

/// The trace that the request belongs to: the [`TraceParent`] that the tracing middleware stored in
/// the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct TraceContext(pub Option<TraceParent>);

impl TraceContext {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(request.extensions().get::<TraceParent>().copied())
    }
}
