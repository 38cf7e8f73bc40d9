//! The values of a request: what each of them may be. Every bound is a constant of the domain.

use domain::{
    CustomerName, Description, ItemName, PersonName, Price, ProductName, Quantity, Stock,
    account::{EmailAddress, NewPassword, PasswordPolicy},
    order::LineRequests,
};
use utoipa::openapi::{
    Array, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type,
    schema::{Object, SchemaType},
};

fn text(description: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .examples([example])
}

/// A text that is not blank.
fn name(description: &str, example: &str, max_chars: usize) -> Object {
    text(description, example)
        .min_length(Some(1))
        .max_length(Some(max_chars))
        .pattern(Some(r"\S"))
        .build()
}

/// A whole number of 64 bits.
fn whole(description: &str, example: i64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(description))
        .examples([example])
}

pub(crate) fn person_name() -> Object {
    name("What the person is called.", "Ada Lovelace", PersonName::MAX_CHARS)
}

pub(crate) fn product_name() -> Object {
    name("What the product is called.", "Teapot, 1.2 l", ProductName::MAX_CHARS)
}

pub(crate) fn customer_name() -> Object {
    name("For whom the order is.", "Ada Lovelace", CustomerName::MAX_CHARS)
}

pub(crate) fn item_name() -> Object {
    name("What is ordered, in words.", "Tea, loose", ItemName::MAX_CHARS)
}

pub(crate) fn product_description() -> Object {
    text("More about the product; `null` for nothing.", "Stoneware, glazed by hand.")
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .max_length(Some(Description::MAX_CHARS))
        .build()
}

pub(crate) fn email() -> Object {
    text("The email address. Addresses compare without case.", "ada@example.com")
        .format(Some(SchemaFormat::Custom("email".to_owned())))
        .max_length(Some(EmailAddress::MAX_CHARS))
        .build()
}

/// A password to be chosen: its characters are bounded by the policy, its bytes by the hash.
fn new_password(policy: PasswordPolicy) -> Object {
    let bytes = NewPassword::MAX_BYTES;
    text(&format!("The password, in UTF-8 at most {bytes} bytes."), "correct horse battery")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .min_length(Some(policy.min_chars))
        .max_length(Some(policy.max_chars.min(bytes)))
        .build()
}

pub(crate) fn v1_password() -> Object {
    new_password(PasswordPolicy::V1)
}

pub(crate) fn classic_password() -> Object {
    new_password(PasswordPolicy::CLASSIC)
}

/// The address of somebody who logs in. Nothing is refused as malformed: it is simply nobody's.
pub(crate) fn login_email() -> Object {
    text("The email address of the account.", "ada@example.com").build()
}

/// The password of somebody who logs in.
pub(crate) fn login_password() -> Object {
    text("The password of the account.", "correct horse battery")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .build()
}

pub(crate) fn refresh_token() -> Object {
    let example = "4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f";
    text("The refresh token of the login, or of the last refresh if tokens are rotated.", example)
        .build()
}

/// A price: a decimal string (which keeps every digit), or a number.
pub(crate) fn price() -> Schema {
    let max = domain::Money::from_minor(Price::MAX_MINOR.into()).to_string();
    let whole_digits = max.split('.').next().unwrap_or_default().len();
    let decimal = text("A decimal number with at most two places.", "129.90")
        .pattern(Some(format!(r"^(?=.*[1-9])\d{{1,{whole_digits}}}(\.\d{{1,2}})?$")));
    let number = ObjectBuilder::new()
        .schema_type(Type::Number)
        .exclusive_minimum(Some(0))
        .maximum(max.parse::<f64>().ok());
    OneOfBuilder::new()
        .item(decimal)
        .item(number)
        .description(Some(format!(
            "What one piece costs: more than 0, at most {max}, with at most two places."
        )))
        .examples(["129.90"])
        .into()
}

pub(crate) fn stock() -> Object {
    whole("How many pieces are there.", 25)
        .minimum(Some(Stock::EMPTY.get()))
        .maximum(Some(Stock::MAX))
        .build()
}

pub(crate) fn quantity() -> Object {
    whole("How many pieces.", 2).minimum(Some(Quantity::ONE.get())).build()
}

pub(crate) fn free_form_quantity() -> Object {
    whole("How many of it.", 3)
        .minimum(Some(Quantity::ONE.get()))
        .maximum(Some(Quantity::MAX_FREE_FORM))
        .build()
}

pub(crate) fn product_id() -> Object {
    whole("Which product.", 42).build()
}

/// The lines of an order.
pub(crate) fn lines() -> Array {
    let line = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("product_id", product_id())
        .property("quantity", quantity())
        .required("product_id")
        .required("quantity");
    ArrayBuilder::new()
        .items(line.build())
        .min_items(Some(1))
        .max_items(Some(LineRequests::MAX_LINES))
        .description(Some("All of them are ordered, or none."))
        .build()
}
