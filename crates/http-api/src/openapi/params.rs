//! The parameters of paths, queries and headers. The bounds are the domain's.
#![expect(dead_code, reason = "these types describe parameters and are never made")]

use domain::{PageLimit, PageNumber, order::IdempotencyKey};
use utoipa::{
    IntoParams,
    openapi::{
        KnownFormat, ObjectBuilder, Required, SchemaFormat, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::enum_schemas::OrderStatusSchema;

/// The `{id}` of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Id {
    /// The number of what is meant.
    #[param(example = 42)]
    id: i64,
}

/// The `{code}` of a problem's page.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Code {
    /// The code of a problem.
    #[param(example = "insufficient_stock")]
    code: String,
}

/// Which page of a list.
pub(crate) struct PageParams;

impl IntoParams for PageParams {
    fn into_params(_place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let first = PageNumber::FIRST.get();
        let page = whole().minimum(Some(first)).default(Some(first.into()));
        let limit = whole()
            .minimum(Some(1))
            .maximum(Some(PageLimit::MAX))
            .default(Some(PageLimit::DEFAULT.get().into()));
        let cursor = ObjectBuilder::new().schema_type(Type::String).examples(["AAAAAAAAACo"]);
        [
            ("page", "Which page, counted from 1.", page),
            ("limit", "How many entries a page has at the most.", limit),
            (
                "cursor",
                "The `next_cursor` of the page before: the fast way through a long list. `page` does not \
                 count then. Empty means the list's start.",
                cursor,
            ),
        ]
        .map(|(name, description, schema)| optional(ParameterIn::Query, name, description, schema))
        .into()
    }
}

/// A parameter that need not be there.
fn optional(place: ParameterIn, name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .parameter_in(place)
        .name(name)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// A whole number of 64 bits.
fn whole() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

/// What to search products for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductSearchParam {
    /// A part of the name, without case. `%` and `_` are plain characters; blank means no search.
    #[param(example = "teapot")]
    search: Option<String>,
}

/// Which orders a list shows: those that match all that is given.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderFilterParams {
    /// Only those in this status.
    #[param(value_type = Option<OrderStatusSchema>)]
    status: Option<String>,
    /// Only those of this account.
    #[param(example = 7)]
    user_id: Option<i64>,
    /// Only those with a line for this product.
    #[param(example = 42)]
    product_id: Option<i64>,
    /// Only those placed at this moment or later (RFC 3339).
    #[param(format = DateTime, example = "2026-01-01T00:00:00Z")]
    created_from: Option<String>,
    /// Only those placed at this moment or earlier (RFC 3339).
    #[param(format = DateTime, example = "2026-01-31T23:59:59Z")]
    created_to: Option<String>,
}

/// The version that the caller has seen.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfMatch {
    /// The `ETag` of the version that the caller has seen. If it is another one by now, nothing happens and
    /// the answer is 412.
    #[param(rename = "If-Match", example = "\"1\"")]
    if_match: Option<String>,
}

/// The name under which an order can be sent again.
pub(crate) struct IdempotencyKeyParam;

impl IntoParams for IdempotencyKeyParam {
    fn into_params(_place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let key = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(IdempotencyKey::MAX_CHARS))
            .pattern(Some("^[ -~]+$"))
            .examples(["6f1f7a8e-3c0b-4f58-9d5e-2b8f8f0a5c11"]);
        vec![optional(
            ParameterIn::Header,
            "Idempotency-Key",
            "Chosen by the client, unique among its orders (a UUID, for instance). A second request with \
             the same key and the same order is answered with the first one's.",
            key,
        )]
    }
}
