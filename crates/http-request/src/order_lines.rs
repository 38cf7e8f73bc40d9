//! The lines of an order, parsed from a JSON body.

use domain::{
    ProductId, Quantity,
    order::{LineError, LineRequest, LineRequests},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use validator::Validate;

use crate::{
    FromJson, InputError,
    field::{Field, check, required},
    from_json::invalid,
};

/// The lines of an order. Each line reports its errors under its own index.
#[derive(Debug)]
pub struct OrderLines(pub LineRequests);

#[derive(Default, Deserialize, Validate)]
#[serde(default)]
struct LineBody {
    #[validate(custom(function = "required"))]
    product_id: Field<ProductId>,
    #[validate(custom(function = "required"))]
    quantity: Field<Quantity>,
}

impl FromJson for OrderLines {
    fn from_json(raw: &str) -> Result<Self, Vec<InputError>> {
        let lines: Vec<&RawValue> =
            serde_json::from_str(raw).map_err(|_not_a_list| invalid("must be a list of lines"))?;
        if lines.len() > LineRequests::MAX_LINES {
            return Err(invalid(LineError::Count));
        }
        let mut requests = Vec::with_capacity(lines.len());
        let mut errors = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            match parse_line(line.get()) {
                Ok(request) => requests.push(request),
                Err(found) => errors.extend(found.into_iter().map(|error| error.within(index))),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        LineRequests::new(requests).map(Self).map_err(invalid)
    }
}

fn parse_line(raw: &str) -> Result<LineRequest, Vec<InputError>> {
    let not_a_line = || invalid("must be an object with product_id and quantity");
    let line: Option<LineBody> = serde_json::from_str(raw).ok();
    // serde would deserialize a JSON array into a struct, element by element.
    let line = line.filter(|_| raw.starts_with('{')).ok_or_else(not_a_line)?;
    check(&line)?;
    let members = line.product_id.optional().zip(line.quantity.optional());
    let (product, quantity) = members.ok_or_else(not_a_line)?;
    Ok(LineRequest { product, quantity })
}
