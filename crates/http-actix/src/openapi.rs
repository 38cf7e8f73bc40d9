//! The description of both surfaces for machines (OpenAPI 3.1), made from the code.

use actix_web::web::Bytes;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(info(title = "OMS", description = "An order management system"))]
struct Api;

/// The document, rendered once.
pub(crate) struct ApiDocument(Bytes);

impl ApiDocument {
    /// Renders the document.
    pub(crate) fn new() -> Self {
        Self(Bytes::from(Self::text()))
    }

    /// The document as JSON text.
    pub(crate) fn text() -> String {
        Api::openapi().to_pretty_json().unwrap_or_default()
    }

    /// The document, for a response.
    pub(crate) fn json(&self) -> Bytes {
        self.0.clone()
    }
}
