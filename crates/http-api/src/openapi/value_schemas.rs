//! Schemas of request values. Every bound is a constant of the domain.

use domain::{
    CustomerName, Description, ItemName, PersonName, Price, ProductName, Quantity, Stock,
    account::{EmailAddress, NewPassword, PasswordPolicy},
};
use utoipa::openapi::{
    KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type, schema::SchemaType,
};

fn text(description: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .examples([example])
}

/// One line of text.
fn name(description: &str, example: &str, max_chars: usize) -> ObjectBuilder {
    text(description, example).min_length(Some(1)).max_length(Some(max_chars)).pattern(Some(r"\S"))
}

fn password(description: &str) -> ObjectBuilder {
    text(description, "correct horse battery")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
}

/// A new password. The policy bounds its length in characters, bcrypt its length in bytes.
fn new_password(policy: PasswordPolicy) -> ObjectBuilder {
    let bytes = NewPassword::MAX_BYTES;
    password(&format!("The password, in UTF-8 at most {bytes} bytes."))
        .min_length(Some(policy.min_chars))
        .max_length(Some(policy.max_chars.min(bytes)))
}

/// A 64-bit integer.
fn integer(description: &str, example: i64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(description))
        .examples([example])
}

/// Declares one function per value, which returns its schema.
macro_rules! value_schemas {
    ($($value:ident: $schema:expr;)+) => {$(
        pub(crate) fn $value() -> ObjectBuilder {
            $schema
        }
    )+};
}

value_schemas! {
    person_name: name("The person's name.", "Ada Lovelace", PersonName::MAX_CHARS);
    product_name: name("The name of the product.", "Teapot, 1.2 l", ProductName::MAX_CHARS);
    customer_name: name("The name of the customer.", "Ada Lovelace", CustomerName::MAX_CHARS);
    item_name: name("The ordered item, as free text.", "Tea, loose", ItemName::MAX_CHARS);
    product_description: text("A description; `null` for none.", "Stoneware, glazed by hand.")
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .max_length(Some(Description::MAX_CHARS));
    email: text("The email address. Case and the spelling of its domain (Unicode or Punycode) make no difference.", "ada@example.com")
        .format(Some(SchemaFormat::Custom("email".to_owned())))
        .max_length(Some(EmailAddress::MAX_BYTES));
    v1_password: new_password(PasswordPolicy::V1);
    classic_password: new_password(PasswordPolicy::CLASSIC);
    // A login does not reject malformed addresses: they belong to no account.
    login_email: text("The email address of the account.", "ada@example.com");
    login_password: password("The password of the account.");
    current_password: password(
        "The present password. Required to change one's own confirmed address.",
    );
    refresh_token: text(
        "The refresh token of the login or, if tokens are rotated, of the last refresh.",
        "4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f",
    );
    grant_type: text(
        "`password`, also if it is absent or empty, or `refresh_token`.",
        "password",
    );
    account_token: text(
        "The token of the mail, as it is or as the parameter `token` of its link.",
        "AAAAAAAAAAcABlHsq2UAAIm3YyZ8sVb0b1C2mH4T9wKx7nQe5dRzLpVoJgUaXi8s",
    );
    stock: integer("The number of units in stock.", 25)
        .minimum(Some(Stock::EMPTY.get()))
        .maximum(Some(Stock::MAX));
    product_id: integer("The id of the product.", 42);
    quantity: integer("The number of units.", 2).minimum(Some(Quantity::ONE.get()));
    free_form_quantity: integer("The number of units.", 3)
        .minimum(Some(Quantity::ONE.get()))
        .maximum(Some(Quantity::MAX_FREE_FORM));
}

/// A price: a decimal string, which keeps every digit, or a number.
pub(crate) fn price() -> Schema {
    let max = domain::Money::from_minor(Price::MAX_MINOR.into()).to_string();
    let whole_digits = max.split('.').next().unwrap_or_default().len();
    let decimal = text("A decimal number with at most two decimal places.", "129.90")
        .pattern(Some(format!(r"^(?=.*[1-9])\d{{1,{whole_digits}}}(\.\d{{1,2}}0*)?$")));
    let number = ObjectBuilder::new()
        .schema_type(Type::Number)
        .exclusive_minimum(Some(0))
        .maximum(max.parse::<f64>().ok());
    OneOfBuilder::new()
        .item(decimal)
        .item(number)
        .description(Some(format!(
            "The price per unit: more than 0, at most {max}, with at most two decimal places."
        )))
        .examples(["129.90"])
        .into()
}
