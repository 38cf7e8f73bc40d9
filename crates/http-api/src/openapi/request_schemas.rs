//! Schemas of request bodies that differ from the Rust type which parses them: a body with
//! alternatives, or with enum values that only one surface uses.
//!
//! All are plain objects with a name, from which generators make usable types.
#![expect(dead_code, reason = "most of these types describe bodies and are never constructed")]

use std::borrow::Cow;

use domain::order::LineRequests;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, Ref, RefOr, Schema},
};

use super::{
    enum_schemas::{ClassicOrderStatusSchema, OrderStatusSchema, RoleSchema},
    value_schemas,
};

/// The credentials of a login.
#[derive(ToSchema)]
#[schema(as = Login)]
pub(crate) struct LoginSchema {
    #[schema(schema_with = value_schemas::login_email, required)]
    username: String,
    #[schema(schema_with = value_schemas::login_password, required)]
    password: String,
}

/// A token request (RFC 6749): a login with `username` and `password` (section 4.3.2), or a refresh
/// with `refresh_token` (section 6).
#[derive(ToSchema)]
#[schema(as = TokenRequest)]
pub(crate) struct TokenRequestSchema {
    #[schema(schema_with = value_schemas::grant_type)]
    grant_type: Option<String>,
    #[schema(schema_with = value_schemas::login_email)]
    username: Option<String>,
    #[schema(schema_with = value_schemas::login_password)]
    password: Option<String>,
    #[schema(schema_with = value_schemas::refresh_token)]
    refresh_token: Option<String>,
}

/// The price of a product to create or to change.
pub(crate) struct PriceSchema;

impl PartialSchema for PriceSchema {
    fn schema() -> RefOr<Schema> {
        value_schemas::price().into()
    }
}

impl ToSchema for PriceSchema {
    fn name() -> Cow<'static, str> {
        "PriceInput".into()
    }
}

/// A reference to the price. Of a reference by type, the attribute of a body whose members have
/// defaults would say that it is `null` by default.
pub(crate) fn price() -> Ref {
    Ref::from_schema_name(PriceSchema::name())
}

/// A reference to the role, for the same reason.
pub(crate) fn role() -> Ref {
    Ref::from_schema_name(RoleSchema::name())
}

/// A line of a new order.
#[derive(ToSchema)]
#[schema(as = NewOrderLine)]
pub(crate) struct NewOrderLineSchema {
    #[schema(schema_with = value_schemas::product_id, required)]
    product_id: i64,
    #[schema(schema_with = value_schemas::quantity, required)]
    quantity: i64,
}

/// An order to place: either `product_id` and `quantity`, or `lines`; never both.
//
// A plain object: of alternatives, generators make types that cannot be used.
#[derive(ToSchema)]
#[schema(as = NewOrder)]
pub(crate) struct NewOrderSchema {
    #[schema(schema_with = value_schemas::product_id)]
    product_id: Option<i64>,
    #[schema(schema_with = value_schemas::quantity)]
    quantity: Option<i64>,
    #[schema(schema_with = lines)]
    lines: Option<Vec<NewOrderLineSchema>>,
}

/// The requested status of an order, case-insensitive.
#[derive(ToSchema)]
#[schema(as = StatusChange, examples(json!({ "status": "processing" })))]
pub(crate) struct StatusChangeSchema {
    status: OrderStatusSchema,
}

/// The requested status of an order, case-insensitive.
#[derive(ToSchema)]
#[schema(as = ClassicStatusChange, examples(json!({ "status": "PROCESSING" })))]
pub(crate) struct ClassicStatusChangeSchema {
    status: ClassicOrderStatusSchema,
}

/// The lines of a new order, as references to the schema of one.
pub(crate) fn lines() -> ArrayBuilder {
    ArrayBuilder::new()
        .items(Ref::from_schema_name(NewOrderLineSchema::name()))
        .min_items(Some(1))
        .max_items(Some(LineRequests::MAX_LINES))
        .description(Some("The lines of the order. Either all of them are ordered or none."))
}
