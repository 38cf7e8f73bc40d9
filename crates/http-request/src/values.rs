//! Parsing each domain value from JSON. The domain types define the bounds.

use std::convert::Infallible;

use domain::{
    CustomerName, Description, ItemName, PersonName, Price, ProductId, ProductName, Quantity,
    QuantityError, Stock, TextError,
    account::{EmailAddress, NewPassword, PasswordPolicy, Role},
    order::OrderStatus,
};

use crate::{
    FromJson, InputError,
    from_json::{decimal, integer, invalid, string},
};

/// Any text without a NUL character.
#[derive(Debug)]
pub struct NulFreeText(pub String);

/// A new password that satisfies the policy of v1.
#[derive(Debug)]
pub struct V1Password(pub NewPassword);

/// A new password that satisfies the policy of the classic surface.
#[derive(Debug)]
pub struct ClassicPassword(pub NewPassword);

/// The quantity of a free-form order.
#[derive(Debug)]
pub struct FreeFormQuantity(pub Quantity);

/// Implements [`FromJson`] for values, each by the kind of JSON that it is read from and its
/// parser.
macro_rules! from_json {
    ($($kind:ident => $value:ty, $parse:expr;)+) => {$(
        impl FromJson for $value {
            fn from_json(raw: &str) -> Result<Self, Vec<InputError>> {
                $kind(raw).and_then(|read| $parse(read).map_err(invalid))
            }
        }
    )+};
}

from_json! {
    string => PersonName, PersonName::parse;
    string => ProductName, ProductName::parse;
    string => CustomerName, CustomerName::parse;
    string => ItemName, ItemName::parse;
    string => Description, Description::parse;
    string => EmailAddress, |text: String| EmailAddress::parse(&text);
    string => Role, |text: String| text.parse::<Role>();
    string => OrderStatus, |text: String| text.parse::<OrderStatus>();
    string => V1Password, |text: String| NewPassword::parse(text, PasswordPolicy::V1).map(V1Password);
    string => ClassicPassword, |text: String| NewPassword::parse(text, PasswordPolicy::CLASSIC).map(ClassicPassword);
    string => NulFreeText, without_nul;
    decimal => Price, |decimal: String| Price::parse(&decimal);
    integer => Stock, Stock::new;
    integer => Quantity, Quantity::new;
    integer => FreeFormQuantity, free_form;
    integer => ProductId, |id| Ok::<_, Infallible>(ProductId::new(id));
}

fn without_nul(text: String) -> Result<NulFreeText, TextError> {
    if text.contains('\0') { Err(TextError::Nul) } else { Ok(NulFreeText(text)) }
}

fn free_form(units: i64) -> Result<FreeFormQuantity, QuantityError> {
    let quantity = Quantity::new(units)?;
    if units > Quantity::MAX_FREE_FORM {
        return Err(QuantityError::TooMany { max: Quantity::MAX_FREE_FORM });
    }
    Ok(FreeFormQuantity(quantity))
}
