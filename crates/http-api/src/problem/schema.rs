//! The schema of a problem.

use http_request::InputError;
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, Type},
};

use super::ProblemCode;

/// An error (RFC 9457). `title` and `detail` are for people, `code` and the members after it for
/// programs. Each of those is present for the problems that its description names; new ones may be
/// added.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "it describes a response and is never constructed")]
pub(crate) struct ProblemSchema {
    /// The problem type: the URI of a page that describes it, relative unless the shop has set
    /// `PUBLIC_URL`.
    #[schema(format = "uri-reference", example = "/problems/insufficient_stock")]
    r#type: String,
    /// A summary of the problem type, for people.
    #[schema(example = "Not enough stock")]
    title: String,
    /// The HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// An explanation of this occurrence, for people.
    #[schema(example = "Not enough stock")]
    detail: String,
    #[schema(schema_with = code, required)]
    code: String,
    /// `invalid_input`: the invalid members and parameters of the request.
    #[schema(nullable = false)]
    errors: Option<Vec<InputError>>,
    /// `insufficient_stock`, `product_not_found`: the id of the product.
    #[schema(nullable = false)]
    product_id: Option<i64>,
    /// `insufficient_stock`: the number of units that the order asks for.
    #[schema(nullable = false)]
    requested: Option<i64>,
    /// `insufficient_stock`: the number of units that can be ordered.
    #[schema(nullable = false)]
    available: Option<i64>,
    /// `illegal_status_step`, `order_cancelled`, `order_delivered`, `order_not_cancellable`: the
    /// statuses that the order can be set to; empty if its status is final.
    #[schema(nullable = false)]
    open_steps: Option<Vec<String>>,
    /// `version_mismatch`: the current version of the resource.
    #[schema(nullable = false)]
    current_version: Option<i64>,
    /// `version_mismatch` of a product: the current revision.
    #[schema(nullable = false)]
    current_revision: Option<i64>,
    /// `open_orders`: the ids of the first open orders.
    #[schema(nullable = false)]
    orders: Option<Vec<i64>>,
    /// `open_orders`: the number of open orders.
    #[schema(nullable = false)]
    total: Option<u64>,
    /// Of a token request: the error code of RFC 6749, section 5.2, such as `invalid_grant`.
    #[schema(nullable = false)]
    error: Option<String>,
    /// Of a token request: the detail, for people who develop the client (RFC 6749, section 5.2).
    #[schema(nullable = false)]
    error_description: Option<String>,
}

/// A text and no enum, so that a generated client takes a code that is newer than itself.
fn code() -> ObjectBuilder {
    let codes: Vec<_> =
        ProblemCode::ALL.iter().map(|code| format!("`{}`", code.as_str())).collect();
    let description = format!(
        "The problem type, for programs. A code never changes its meaning; new ones may be added. \
         Treat an unknown one as its `status`. Known codes: {}.",
        codes.join(", ")
    );
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .examples(["insufficient_stock"])
}
