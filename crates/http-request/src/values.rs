//! How each value of the domain is read from JSON. The bounds are the domain's own.

use std::convert::Infallible;

use domain::{
    CustomerName, Description, ItemName, PersonName, Price, ProductId, ProductName, Quantity,
    QuantityError, Stock, TextError,
    account::{EmailAddress, NewPassword, PasswordPolicy, Role},
    order::OrderStatus,
};

use crate::{
    FromJson, InputError,
    from_json::{digits, text, whole, wrong},
};

/// Any text without a NUL.
#[derive(Debug)]
pub struct Text(pub String);

/// A password that v1 accepts.
#[derive(Debug)]
pub struct V1Password(pub NewPassword);

/// A password that the classic surface accepts.
#[derive(Debug)]
pub struct ClassicPassword(pub NewPassword);

/// How many units a free-form order asks for.
#[derive(Debug)]
pub struct FreeFormQuantity(pub Quantity);

/// Declares what kind of JSON a value is read from, and what makes the value of it.
macro_rules! from_json {
    ($($kind:ident => $value:ty, $parse:expr;)+) => {$(
        impl FromJson for $value {
            fn from_json(raw: &str) -> Result<Self, Vec<InputError>> {
                $kind(raw).and_then(|read| $parse(read).map_err(wrong))
            }
        }
    )+};
}

from_json! {
    text => PersonName, PersonName::parse;
    text => ProductName, ProductName::parse;
    text => CustomerName, CustomerName::parse;
    text => ItemName, ItemName::parse;
    text => Description, Description::parse;
    text => EmailAddress, |text: String| EmailAddress::parse(&text);
    text => Role, |text: String| text.parse::<Role>();
    text => OrderStatus, |text: String| text.parse::<OrderStatus>();
    text => V1Password, |text: String| NewPassword::parse(text, PasswordPolicy::V1).map(V1Password);
    text => ClassicPassword, |text: String| NewPassword::parse(text, PasswordPolicy::CLASSIC).map(ClassicPassword);
    text => Text, without_nul;
    digits => Price, |digits: String| Price::parse(&digits);
    whole => Stock, Stock::new;
    whole => Quantity, Quantity::new;
    whole => FreeFormQuantity, free_form;
    whole => ProductId, |id| Ok::<_, Infallible>(ProductId::new(id));
}

fn without_nul(text: String) -> Result<Text, TextError> {
    if text.contains('\0') { Err(TextError::Nul) } else { Ok(Text(text)) }
}

fn free_form(units: i64) -> Result<FreeFormQuantity, QuantityError> {
    let quantity = Quantity::new(units)?;
    if units > Quantity::MAX_FREE_FORM {
        return Err(QuantityError::TooMany { max: Quantity::MAX_FREE_FORM });
    }
    Ok(FreeFormQuantity(quantity))
}
