//! The lines of an order in a JSON body.

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
    from_json::wrong,
};

/// The lines of an order, each checked in its own place.
#[derive(Debug)]
pub struct Lines(pub LineRequests);

#[derive(Default, Deserialize, Validate)]
#[serde(default)]
struct Line {
    #[validate(custom(function = "required"))]
    product_id: Field<ProductId>,
    #[validate(custom(function = "required"))]
    quantity: Field<Quantity>,
}

impl FromJson for Lines {
    fn from_json(raw: &str) -> Result<Self, Vec<InputError>> {
        let lines: Vec<&RawValue> =
            serde_json::from_str(raw).map_err(|_not_a_list| wrong("must be a list of lines"))?;
        if lines.len() > LineRequests::MAX_LINES {
            return Err(wrong(LineError::Count));
        }
        let mut requests = Vec::with_capacity(lines.len());
        let mut errors = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            match read_line(line.get()) {
                Ok(request) => requests.push(request),
                Err(found) => errors.extend(found.into_iter().map(|error| error.within(index))),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        LineRequests::new(requests).map(Self).map_err(wrong)
    }
}

fn read_line(raw: &str) -> Result<LineRequest, Vec<InputError>> {
    let not_a_line = || wrong("must be an object with product_id and quantity");
    let line: Option<Line> = serde_json::from_str(raw).ok();
    // A list would pass for a struct: serde reads one member after the other from it.
    let line = line.filter(|_| raw.starts_with('{')).ok_or_else(not_a_line)?;
    check(&line)?;
    let read = line.product_id.optional().zip(line.quantity.optional());
    let (product, quantity) = read.ok_or_else(not_a_line)?;
    Ok(LineRequest { product, quantity })
}
