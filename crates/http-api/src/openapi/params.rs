//! Path, query and header parameters. The domain defines the bounds.
//!
//! An optional parameter has its example in its description. The Swagger UI would fill in an
//! `example`, and a request as the page opens would find nothing.
#![expect(dead_code, reason = "these types describe parameters and are never constructed")]

use domain::{PageLimit, PageNumber, order::IdempotencyKey};
use utoipa::{
    IntoParams,
    openapi::{
        KnownFormat, ObjectBuilder, Required, SchemaFormat, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::enum_schemas::{OpenOrdersSchema, OrderListSortSchema, OrderStatusSchema, RoleSchema};

/// The `{id}` of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct IdParam {
    /// The id of the resource.
    #[param(example = 42)]
    id: i64,
}

/// The parameters that select a page of a list.
pub(crate) struct PageParams;

impl IntoParams for PageParams {
    fn into_params(_location: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let first = PageNumber::FIRST.get();
        let page = integer().minimum(Some(first)).default(Some(first.into()));
        let limit = integer()
            .minimum(Some(1))
            .maximum(Some(PageLimit::MAX))
            .default(Some(PageLimit::DEFAULT.get().into()));
        let cursor = ObjectBuilder::new().schema_type(Type::String);
        [
            ("page", "The page number, from 1.", page),
            ("limit", "The maximum number of entries per page.", limit),
            (
                "cursor",
                "The `next_cursor` of the previous page: the fast way through a long list. The \
                 filters, and `sort`, must be the same as for that page; `limit` may differ, and \
                 `page` is ignored. An empty value means the first page.",
                cursor,
            ),
        ]
        .map(|(name, description, schema)| optional(ParameterIn::Query, name, description, schema))
        .into()
    }
}

/// An optional parameter.
fn optional(
    location: ParameterIn,
    name: &str,
    description: &str,
    schema: ObjectBuilder,
) -> Parameter {
    ParameterBuilder::new()
        .parameter_in(location)
        .name(name)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// A 64-bit integer.
fn integer() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

/// The parameters that select events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedParams {
    /// Only events of these types, such as `order.placed`; `order.*` stands for all types of a
    /// subject. Several are repeated, or separated by commas.
    r#type: Option<String>,
    /// Only the events of this order.
    order_id: Option<i64>,
}

/// The parameters of a part of the feed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedPageParams {
    /// The `next_after` of the previous page. Without it the feed begins with the first event.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// The maximum number of events.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<i64>,
    /// How long to wait for an event if there is none, in seconds.
    #[param(minimum = 0, maximum = 30, default = 0)]
    wait: Option<i64>,
}

/// Where a stream of events begins.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedStartParams {
    /// The number of the last event that the client has.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// The same, as clients of server-sent events send it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct LastEventIdParam {
    /// The id of the last event that the client has. It is preferred to `after`.
    #[param(rename = "Last-Event-ID")]
    last_event_id: Option<String>,
}

/// The search of the product list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductSearchParam {
    /// A part of the name, such as `teapot`. Case, accents and the width of white space make no
    /// difference, `ß` is `ss`. `%` and `_` are plain characters; blank means no search.
    #[param(max_length = 255)]
    search: Option<String>,
}

/// The filters of the account list. An account has to match all of them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountFilterParams {
    /// Only the account with this email address, in any spelling, such as `ada@example.com`.
    email: Option<String>,
    /// Only accounts whose name or email address contains this, such as `ada`, case-insensitive.
    /// `%` and `_` are plain characters; blank means no search.
    #[param(max_length = 255)]
    search: Option<String>,
    /// Only accounts with this role.
    #[param(value_type = Option<RoleSchema>)]
    role: Option<String>,
}

/// What happens to the open orders of a deleted account.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OpenOrdersParam {
    /// What happens to the account's open orders with product lines: they are cancelled with it, or
    /// the deletion is refused with 409 as long as there are any, or they stay open.
    #[param(value_type = Option<OpenOrdersSchema>)]
    open_orders: Option<String>,
}

/// The filters of the order list. An order has to match all of them. An empty one filters nothing.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderFilterParams {
    /// Only orders in one of these statuses, case-insensitive. They may also be separated by commas
    /// in one value.
    #[param(value_type = Option<Vec<OrderStatusSchema>>, style = Form, explode)]
    status: Option<Vec<String>>,
    /// Only orders of the account with this id.
    user_id: Option<i64>,
    /// Only orders with a line for the product with this id.
    product_id: Option<i64>,
    /// Only orders placed at this time or later: a timestamp (RFC 3339), or a date such as
    /// `2026-01-01`, which is its beginning in UTC.
    created_from: Option<String>,
    /// Only orders placed at this time or earlier. A date such as `2026-01-31` is that whole day in
    /// UTC, and a timestamp (RFC 3339) that whole second; with a fraction it is that microsecond.
    created_to: Option<String>,
    /// Only the order with this number (`1001` or `#1001`), and orders where the customer's name,
    /// the name of any line or item, or the email address of the account contains this, such as
    /// `ada@example.com`, case-insensitive. `%` and `_` are plain characters; blank means no search.
    #[param(max_length = 255)]
    search: Option<String>,
}

/// The period of the last change and the sort key of the order lists.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderUpdateParams {
    /// Only orders last changed at this time or later; placing an order is its first change. A
    /// timestamp (RFC 3339) such as `2026-01-31T12:00:00Z`, or a date such as `2026-01-31`, which is
    /// its beginning in UTC.
    updated_from: Option<String>,
    /// Only orders last changed at this time or earlier. A date such as `2026-01-31` is that whole
    /// day in UTC, and a timestamp (RFC 3339) that whole second; with a fraction it is that
    /// microsecond.
    updated_to: Option<String>,
    /// The order of the list, case-insensitive: by `id`, newest first; or by `updated_at`, oldest
    /// change first, so that an order that is changed meanwhile moves to the end of the list.
    #[param(value_type = Option<OrderListSortSchema>)]
    sort: Option<String>,
}

/// The precondition of a change.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfMatchParam {
    /// The `ETag` of the version that the client has seen, such as `"1-1"`; of several, any may
    /// match. If the current version is another one, the response is 412 and nothing is changed.
    /// Sales and restocks do not change the version of a product, but they refuse a change that
    /// names the stock.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// The precondition of a read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfNoneMatchParam {
    /// The `ETag` of the response that the client has, such as `"1-1"`; of several, any may match.
    /// If the resource has not changed since, the response is 304 and has no body.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// The key that makes it safe to retry placing an order.
pub(crate) struct IdempotencyKeyParam;

impl IntoParams for IdempotencyKeyParam {
    fn into_params(_location: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let key = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(IdempotencyKey::MAX_CHARS))
            .pattern(Some("^[ -~]+$"));
        vec![optional(
            ParameterIn::Header,
            "Idempotency-Key",
            "Chosen by the client, unique among its orders: a UUID, for instance. A second request \
             with the same key and the same order returns the first order.",
            key,
        )]
    }
}
