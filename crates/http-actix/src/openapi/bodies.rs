//! Bodies that can be written in more than one way, and views that the two surfaces word differently.

use std::borrow::Cow;

use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type, schema::AnyOfBuilder},
};

use super::{
    input,
    words::{ClassicStatusWord, StatusWord},
};
use crate::v1::orders::EventView;

/// An object with these members, all of them required.
fn object<const N: usize>(title: &str, members: [(&str, Schema); N]) -> ObjectBuilder {
    members.into_iter().fold(
        ObjectBuilder::new().schema_type(Type::Object).title(Some(title)),
        |object, (name, schema)| object.property(name, schema).required(name),
    )
}

/// The form of an OAuth2 password login (RFC 6749, section 4.3.2), as far as it is read.
pub(crate) struct LoginForm;

impl PartialSchema for LoginForm {
    fn schema() -> RefOr<Schema> {
        object(
            "OAuth2 password form",
            [
                ("username", input::login_email().into()),
                ("password", input::login_password().into()),
            ],
        )
        .into()
    }
}

impl ToSchema for LoginForm {}

/// The same as JSON, where the address may be called `email`.
pub(crate) struct LoginJson;

impl PartialSchema for LoginJson {
    fn schema() -> RefOr<Schema> {
        let by_email = object(
            "By email",
            [("email", input::login_email().into()), ("password", input::login_password().into())],
        );
        AnyOfBuilder::new()
            .item(by_email)
            .item(Ref::from_schema_name(LoginForm::name()))
            .description(Some("Who logs in, and with which password."))
            .into()
    }
}

impl ToSchema for LoginJson {
    fn name() -> Cow<'static, str> {
        "Login".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((LoginForm::name().into(), LoginForm::schema()));
    }
}

/// An order to be placed in v1.
pub(crate) struct OrderJson;

impl PartialSchema for OrderJson {
    fn schema() -> RefOr<Schema> {
        let one = object(
            "One product",
            [("product_id", input::product_id().into()), ("quantity", input::quantity().into())],
        );
        let several = object("Several lines", [("lines", input::lines().into())]);
        OneOfBuilder::new()
            .item(one)
            .item(several)
            .description(Some(
                "One product and how many pieces of it, or several lines; never both.",
            ))
            .into()
    }
}

impl ToSchema for OrderJson {
    fn name() -> Cow<'static, str> {
        "NewOrder".into()
    }
}

/// Where an order is to go, in the words of v1.
pub(crate) struct StatusJson;

impl PartialSchema for StatusJson {
    fn schema() -> RefOr<Schema> {
        status_change(&StatusWord::name(), "processing")
    }
}

impl ToSchema for StatusJson {
    fn name() -> Cow<'static, str> {
        "StatusChange".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((StatusWord::name().into(), StatusWord::schema()));
    }
}

/// Where an order is to go, in the words of the classic surface.
pub(crate) struct ClassicStatusJson;

impl PartialSchema for ClassicStatusJson {
    fn schema() -> RefOr<Schema> {
        status_change(&ClassicStatusWord::name(), "PROCESSING")
    }
}

impl ToSchema for ClassicStatusJson {
    fn name() -> Cow<'static, str> {
        "ClassicStatusChange".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ClassicStatusWord::name().into(), ClassicStatusWord::schema()));
    }
}

fn status_change(word: &str, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("Where an order is to go. The word is read in any case."))
        .property("status", Ref::from_schema_name(word))
        .required("status")
        .examples([serde_json::json!({ "status": example })])
        .into()
}

/// An entry of an order's history, in the words of the classic surface.
pub(crate) struct ClassicEvent;

impl PartialSchema for ClassicEvent {
    fn schema() -> RefOr<Schema> {
        let mut schema = EventView::schema();
        if let RefOr::T(Schema::Object(event)) = &mut schema {
            for member in ["old_status", "new_status"] {
                if let Some(RefOr::Ref(word)) = event.properties.get_mut(member) {
                    word.ref_location =
                        Ref::from_schema_name(ClassicStatusWord::name()).ref_location;
                }
            }
            event.example = event.example.take().map(in_upper_case);
        }
        schema
    }
}

/// The example of an event, with the statuses as the classic surface writes them.
fn in_upper_case(mut example: Value) -> Value {
    for member in ["old_status", "new_status"] {
        if let Some(Value::String(word)) = example.get_mut(member) {
            word.make_ascii_uppercase();
        }
    }
    example
}

impl ToSchema for ClassicEvent {
    fn name() -> Cow<'static, str> {
        "ClassicEvent".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ClassicStatusWord::name().into(), ClassicStatusWord::schema()));
    }
}
