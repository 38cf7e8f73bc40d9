//! Bodies that are described otherwise than they are read: since they can be written in more than one way, or in the
//! words of one surface.
#![expect(dead_code, reason = "most of these types describe bodies and are never made")]

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{OneOfBuilder, Ref, RefOr, Schema, schema::AnyOfBuilder},
};

use super::{
    enum_schemas::{ClassicOrderStatusSchema, OrderStatusSchema},
    value_schemas,
};

// The form of an OAuth2 password login (RFC 6749, section 4.3.2), as far as it is read.
#[derive(ToSchema)]
#[schema(title = "OAuth2 password form")]
pub(crate) struct LoginForm {
    #[schema(schema_with = value_schemas::login_email, required)]
    username: String,
    #[schema(schema_with = value_schemas::login_password, required)]
    password: String,
}

// The same as JSON, where the address may be called `email`.
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
            .description(Some("Who logs in, and with which password."))
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

/// An order to be placed in v1.
pub(crate) struct NewOrderSchema;

impl PartialSchema for NewOrderSchema {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(SingleProductOrder::schema())
            .item(MultiLineOrder::schema())
            .description(Some(
                "One product and how many pieces of it, or several lines; never both.",
            ))
            .into()
    }
}

impl ToSchema for NewOrderSchema {
    fn name() -> Cow<'static, str> {
        "NewOrder".into()
    }
}

/// Where an order is to go. The word is read in any case.
#[derive(ToSchema)]
#[schema(as = StatusChange, examples(json!({ "status": "processing" })))]
pub(crate) struct StatusChangeSchema {
    status: OrderStatusSchema,
}

/// Where an order is to go. The word is read in any case.
#[derive(ToSchema)]
#[schema(as = ClassicStatusChange, examples(json!({ "status": "PROCESSING" })))]
pub(crate) struct ClassicStatusChangeSchema {
    status: ClassicOrderStatusSchema,
}
