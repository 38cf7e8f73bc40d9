//! How each value of the domain is read from JSON. The bounds are the domain's own.

use domain::{
    CustomerName, Description, ItemName, PersonName, Price, ProductId, ProductName, Quantity,
    QuantityError, Stock,
    account::{EmailAddress, NewPassword, PasswordPolicy, Role},
    order::{LineRequest, LineRequests, OrderStatus},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::{Field, Violation};

/// A value that JSON text may hold. The text is one whole JSON value, and not `null`.
pub(crate) trait FromJson: Sized {
    /// Reads the value, or says what is wrong with it.
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>>;
}

fn wrong(detail: impl ToString) -> Vec<Violation> {
    vec![Violation::here(detail)]
}

fn text(raw: &str) -> Result<String, Vec<Violation>> {
    serde_json::from_str(raw).map_err(|_not_text| wrong("must be a string"))
}

/// A whole number, or a string of digits. The text of the number is read, never its value as floating
/// point, so that no digit is lost.
fn whole(raw: &str) -> Result<i64, Vec<Violation>> {
    let digits = if raw.starts_with('"') { text(raw)? } else { raw.to_owned() };
    let digits = digits.trim();
    // A number such as 3.0 is whole as well (JSON has one kind of number only).
    let integer = match digits.split_once('.') {
        Some((integer, zeros)) if !zeros.is_empty() && zeros.bytes().all(|zero| zero == b'0') => {
            integer
        }
        _ => digits,
    };
    parse_whole(integer).map_err(wrong)
}

/// Reads a whole number of 64 bits from its decimal digits.
pub(super) fn parse_whole(digits: &str) -> Result<i64, &'static str> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("must be a whole number");
    }
    digits.parse().map_err(|_too_big| "must be a whole number of at most 64 bits")
}

/// Any text without a NUL.
#[derive(Debug)]
pub(crate) struct Text(pub(crate) String);

impl FromJson for Text {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::checked(text(raw)?)
    }
}

impl Text {
    fn checked(text: String) -> Result<Self, Vec<Violation>> {
        if text.contains('\0') { Err(wrong(domain::TextError::Nul)) } else { Ok(Self(text)) }
    }

    /// The member of a form, which is text already.
    pub(crate) fn of_form(text: String) -> Field<Self> {
        Self::checked(text).map_or_else(Field::Invalid, Field::Valid)
    }
}

/// A password that v1 accepts.
#[derive(Debug)]
pub(crate) struct V1Password(pub(crate) NewPassword);

impl FromJson for V1Password {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        NewPassword::parse(text(raw)?, PasswordPolicy::V1).map(Self).map_err(wrong)
    }
}

/// A password that the classic surface accepts.
#[derive(Debug)]
pub(crate) struct ClassicPassword(pub(crate) NewPassword);

impl FromJson for ClassicPassword {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        NewPassword::parse(text(raw)?, PasswordPolicy::CLASSIC).map(Self).map_err(wrong)
    }
}

impl FromJson for PersonName {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::parse(text(raw)?).map_err(wrong)
    }
}

impl FromJson for ProductName {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::parse(text(raw)?).map_err(wrong)
    }
}

impl FromJson for CustomerName {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::parse(text(raw)?).map_err(wrong)
    }
}

impl FromJson for ItemName {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::parse(text(raw)?).map_err(wrong)
    }
}

impl FromJson for Description {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::parse(text(raw)?).map_err(wrong)
    }
}

impl FromJson for EmailAddress {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::parse(&text(raw)?).map_err(wrong)
    }
}

impl FromJson for Role {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        text(raw)?.parse().map_err(wrong)
    }
}

impl FromJson for OrderStatus {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        text(raw)?.parse().map_err(wrong)
    }
}

impl FromJson for Price {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        let decimal = if raw.starts_with('"') { text(raw)? } else { raw.to_owned() };
        Self::parse(decimal.trim()).map_err(wrong)
    }
}

impl FromJson for Stock {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::new(whole(raw)?).map_err(wrong)
    }
}

impl FromJson for Quantity {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        Self::new(whole(raw)?).map_err(wrong)
    }
}

impl FromJson for ProductId {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        whole(raw).map(Self::new)
    }
}

/// How many pieces a free-form order asks for.
#[derive(Debug)]
pub(crate) struct FreeFormQuantity(pub(crate) Quantity);

impl FromJson for FreeFormQuantity {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        let quantity = Quantity::from_json(raw)?;
        if quantity.get() > Quantity::MAX_FREE_FORM {
            return Err(wrong(QuantityError::TooMany { max: Quantity::MAX_FREE_FORM }));
        }
        Ok(Self(quantity))
    }
}

/// The lines of an order, each checked in its own place.
#[derive(Debug)]
pub(crate) struct Lines(pub(crate) LineRequests);

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    product_id: Field<ProductId>,
    #[serde(default)]
    quantity: Field<Quantity>,
}

impl FromJson for Lines {
    fn from_json(raw: &str) -> Result<Self, Vec<Violation>> {
        let lines: Vec<&RawValue> =
            serde_json::from_str(raw).map_err(|_not_a_list| wrong("must be a list of lines"))?;
        if lines.len() > LineRequests::MAX_LINES {
            return Err(wrong(domain::order::LineError::Count));
        }
        let mut requests = Vec::with_capacity(lines.len());
        let mut violations = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            match read_line(line.get()) {
                Ok(request) => requests.push(request),
                Err(wrong) => violations.extend(wrong.into_iter().map(|violation| Violation {
                    pointer: format!("/{index}{}", violation.pointer),
                    ..violation
                })),
            }
        }
        if !violations.is_empty() {
            return Err(violations);
        }
        LineRequests::new(requests).map(Self).map_err(wrong)
    }
}

fn read_line(raw: &str) -> Result<LineRequest, Vec<Violation>> {
    let is_object = raw.starts_with('{');
    let line: Line = serde_json::from_str(raw)
        .ok()
        .filter(|_| is_object)
        .ok_or_else(|| wrong("must be an object with product_id and quantity"))?;
    match (line.product_id, line.quantity) {
        (Field::Valid(product), Field::Valid(quantity)) => Ok(LineRequest { product, quantity }),
        (product, quantity) => {
            let mut violations = missing_or_wrong("product_id", product);
            violations.extend(missing_or_wrong("quantity", quantity));
            Err(violations)
        }
    }
}

fn missing_or_wrong<T>(name: &str, field: Field<T>) -> Vec<Violation> {
    let violations = match field {
        Field::Valid(_) => Vec::new(),
        Field::Absent | Field::Null => wrong("is required"),
        Field::Invalid(violations) => violations,
    };
    violations
        .into_iter()
        .map(|violation| Violation {
            pointer: format!("/{name}{}", violation.pointer),
            ..violation
        })
        .collect()
}
