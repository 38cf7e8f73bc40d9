//! Schemas of request bodies that differ from the Rust type which parses them: a body with
//! alternatives, or with enum values that only one surface uses.
#![expect(dead_code, reason = "most of these types describe bodies and are never constructed")]

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{OneOfBuilder, Ref, RefOr, Schema, schema::AnyOfBuilder},
};

use super::{
    enum_schemas::{ClassicOrderStatusSchema, OrderStatusSchema},
    value_schemas,
};

// The form of an OAuth2 password login (RFC 6749, section 4.3.2); only the members that the server
// reads.
#[derive(ToSchema)]
#[schema(title = "OAuth2 password form")]
pub(crate) struct LoginForm {
    #[schema(schema_with = value_schemas::login_email, required)]
    username: String,
    #[schema(schema_with = value_schemas::login_password, required)]
    password: String,
}

// The same as JSON, with the address as `email`.
#[derive(ToSchema)]
#[schema(title = "By email")]
struct LoginByEmail {
    #[schema(schema_with = value_schemas::login_email, required)]
    email: String,
    #[schema(schema_with = value_schemas::login_password, required)]
    password: String,
}

pub(crate) struct LoginSchema;

impl PartialSchema for LoginSchema {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(LoginByEmail::schema())
            .item(Ref::from_schema_name(LoginForm::name()))
            .description(Some("The credentials of a login."))
            .into()
    }
}

impl ToSchema for LoginSchema {
    fn name() -> Cow<'static, str> {
        "Login".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((LoginForm::name().into(), LoginForm::schema()));
    }
}

#[derive(ToSchema)]
#[schema(title = "One product")]
struct SingleProductOrder {
    #[schema(schema_with = value_schemas::product_id, required)]
    product_id: i64,
    #[schema(schema_with = value_schemas::quantity, required)]
    quantity: i64,
}

#[derive(ToSchema)]
#[schema(title = "Several lines")]
struct MultiLineOrder {
    #[schema(schema_with = value_schemas::lines, required)]
    lines: Vec<SingleProductOrder>,
}

/// An order to place on v1.
pub(crate) struct NewOrderSchema;

impl PartialSchema for NewOrderSchema {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(SingleProductOrder::schema())
            .item(MultiLineOrder::schema())
            .description(Some("Either one product and its quantity, or several lines; never both."))
            .into()
    }
}

impl ToSchema for NewOrderSchema {
    fn name() -> Cow<'static, str> {
        "NewOrder".into()
    }
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
