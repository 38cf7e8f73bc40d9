//! Which distributed trace a request belongs to.

use actix_web::{HttpMessage as _, HttpRequest};
use domain::TraceParent;

/// The trace that the request belongs to, as the middleware around all handlers found it: a [`TraceParent`] among the
/// request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct TraceContext(pub Option<TraceParent>);

impl TraceContext {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(request.extensions().get::<TraceParent>().copied())
    }
}
