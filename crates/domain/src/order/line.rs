//! The content of orders: lines of products, or a free-form item.

use crate::{ItemName, Money, Price, ProductId, ProductName, Quantity, QuantityError};

/// A requested line of a new order: a product and a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRequest {
    /// The product to order.
    pub product: ProductId,
    /// The number of units.
    pub quantity: Quantity,
}

/// Why a list of lines was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// There are no lines, or too many.
    #[error("must have from 1 to {max} lines", max = LineRequests::MAX_LINES)]
    Count,
    /// The total number of units is beyond 64 bits.
    #[error("must not ask for more pieces than 64 bits can count")]
    TooManyUnits,
}

/// The lines of a new order: one or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRequests {
    lines: Vec<LineRequest>,
    quantity: Quantity,
}

impl LineRequests {
    /// The greatest number of lines.
    pub const MAX_LINES: usize = 100;

    /// The lines of one order. Several may name the same product.
    ///
    /// # Errors
    /// [`LineError`] if there are no lines, too many, or too many units to count.
    pub fn new(lines: Vec<LineRequest>) -> Result<Self, LineError> {
        let quantity = total_quantity(&lines, |line| line.quantity)?;
        Ok(Self { lines, quantity })
    }

    /// A single line.
    pub fn one(product: ProductId, quantity: Quantity) -> Self {
        Self { lines: vec![LineRequest { product, quantity }], quantity }
    }

    /// The lines.
    pub fn as_slice(&self) -> &[LineRequest] {
        &self.lines
    }
}

/// Checks the number of lines and sums their quantities.
fn total_quantity<T>(
    lines: &[T],
    quantity: impl Fn(&T) -> Quantity,
) -> Result<Quantity, LineError> {
    let [first, rest @ ..] = lines else {
        return Err(LineError::Count);
    };
    if lines.len() > LineRequests::MAX_LINES {
        return Err(LineError::Count);
    }
    rest.iter()
        .try_fold(quantity(first), |sum, line| sum.checked_add(quantity(line)))
        .ok_or(LineError::TooManyUnits)
}

/// One line of an order: a product with the name and the price that it had when the order was
/// placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductLine {
    /// The ordered product.
    pub product: ProductId,
    /// The product's name when the order was placed.
    pub name: ProductName,
    /// The price of one unit when the order was placed.
    pub unit_price: Price,
    /// The number of units.
    pub quantity: Quantity,
}

impl ProductLine {
    /// The unit price times the quantity.
    pub fn total(&self) -> Money {
        self.unit_price.times(self.quantity)
    }
}

/// The item of a free-form order: it has no product, no price and no stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeFormItem {
    /// The name of the item, as the customer wrote it.
    pub name: ItemName,
    /// The number of units.
    pub quantity: Quantity,
}

impl FreeFormItem {
    /// A free-form item: a name and a quantity.
    ///
    /// # Errors
    /// [`QuantityError::TooMany`] beyond [`Quantity::MAX_FREE_FORM`].
    pub fn new(name: ItemName, quantity: Quantity) -> Result<Self, QuantityError> {
        if quantity.get() > Quantity::MAX_FREE_FORM {
            return Err(QuantityError::TooMany { max: Quantity::MAX_FREE_FORM });
        }
        Ok(Self { name, quantity })
    }
}

/// The requested content of a new order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedContent {
    /// Lines of products.
    Products(LineRequests),
    /// A free-form item.
    FreeForm(FreeFormItem),
}

/// The content of an order: one or more lines, or a free-form item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderContent(Content);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Products { lines: Vec<ProductLine>, quantity: Quantity },
    FreeForm(FreeFormItem),
}

impl OrderContent {
    /// Makes the content from lines.
    ///
    /// # Errors
    /// [`LineError`] if there are no lines, too many, or too many units to count.
    pub fn products(lines: Vec<ProductLine>) -> Result<Self, LineError> {
        let quantity = total_quantity(&lines, |line| line.quantity)?;
        Ok(Self(Content::Products { lines, quantity }))
    }

    /// Makes the content from the lines that a customer asked for, each converted by `line`.
    pub(super) fn from_requests<E>(
        requests: &LineRequests,
        line: impl FnMut(&LineRequest) -> Result<ProductLine, E>,
    ) -> Result<Self, E> {
        let lines = requests.lines.iter().map(line).collect::<Result<_, E>>()?;
        Ok(Self(Content::Products { lines, quantity: requests.quantity }))
    }

    /// Makes the content from a free-form item.
    pub fn free_form(item: FreeFormItem) -> Self {
        Self(Content::FreeForm(item))
    }

    /// The lines; empty for a free-form order.
    pub fn lines(&self) -> &[ProductLine] {
        match &self.0 {
            Content::Products { lines, .. } => lines,
            Content::FreeForm(_) => &[],
        }
    }

    /// The item of a free-form order; `None` for lines.
    pub fn free_form_item(&self) -> Option<&FreeFormItem> {
        match &self.0 {
            Content::Products { .. } => None,
            Content::FreeForm(item) => Some(item),
        }
    }

    /// The total number of units.
    pub fn quantity(&self) -> Quantity {
        match &self.0 {
            Content::Products { quantity, .. } => *quantity,
            Content::FreeForm(item) => item.quantity,
        }
    }

    /// A title: the item's name, or the first product's name and the number of further lines.
    pub fn title(&self) -> String {
        match &self.0 {
            Content::FreeForm(item) => item.name.as_str().to_owned(),
            Content::Products { lines, .. } => match lines.as_slice() {
                [] => String::new(),
                [only] => only.name.as_str().to_owned(),
                [first, rest @ ..] => format!("{} (+{} more)", first.name, rest.len()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(product: i64, name: &str, cents: i64, units: i64) -> ProductLine {
        ProductLine {
            product: ProductId::new(product),
            name: ProductName::parse(name).unwrap(),
            unit_price: Price::from_minor(cents).unwrap(),
            quantity: Quantity::new(units).unwrap(),
        }
    }

    fn request(units: i64) -> LineRequest {
        LineRequest { product: ProductId::new(1), quantity: Quantity::new(units).unwrap() }
    }

    #[test]
    fn an_order_has_1_to_100_lines() {
        assert_eq!(LineRequests::new(vec![]), Err(LineError::Count));
        assert!(LineRequests::new(vec![request(1); 100]).is_ok());
        assert_eq!(LineRequests::new(vec![request(1); 101]), Err(LineError::Count));
        assert_eq!(OrderContent::products(vec![]), Err(LineError::Count));
        let lines = vec![line(1, "Tea", 450, 1); 101];
        assert_eq!(OrderContent::products(lines), Err(LineError::Count));
    }

    #[test]
    fn more_units_than_64_bits_can_count_are_refused() {
        let lines = vec![request(i64::MAX), request(1)];
        assert_eq!(LineRequests::new(lines), Err(LineError::TooManyUnits));
        let lines = vec![line(1, "Tea", 450, i64::MAX), line(2, "Cup", 450, 1)];
        assert_eq!(OrderContent::products(lines), Err(LineError::TooManyUnits));
    }

    #[test]
    fn a_single_line_equals_a_list_of_one() {
        let LineRequest { product, quantity } = request(3);
        assert_eq!(LineRequests::new(vec![request(3)]), Ok(LineRequests::one(product, quantity)));
    }

    #[test]
    fn the_title_of_an_order_is_its_first_product() {
        let content = |lines| OrderContent::products(lines).unwrap();
        let tea = line(1, "Tea", 450, 2);
        let cup = line(2, "Cup", 1_250, 1);
        assert_eq!(content(vec![tea.clone()]).title(), "Tea");
        assert_eq!(content(vec![tea.clone(), cup.clone()]).title(), "Tea (+1 more)");
        assert_eq!(content(vec![cup, tea.clone(), tea]).title(), "Cup (+2 more)");
    }

    #[test]
    fn the_title_of_a_free_form_order_is_its_item() {
        let name = ItemName::parse("a birthday cake").unwrap();
        let item = FreeFormItem::new(name, Quantity::ONE).unwrap();
        let content = OrderContent::free_form(item.clone());
        assert_eq!(content.title(), "a birthday cake");
        assert_eq!(content.free_form_item(), Some(&item));
        assert_eq!(content.lines(), []);
        assert_eq!(content.quantity(), Quantity::ONE);
    }

    #[test]
    fn a_free_form_order_is_for_at_most_100_000_units() {
        let of = |units| {
            FreeFormItem::new(ItemName::parse("rice").unwrap(), Quantity::new(units).unwrap())
        };
        assert!(of(100_000).is_ok());
        assert_eq!(of(100_001), Err(QuantityError::TooMany { max: 100_000 }));
    }

    #[test]
    fn the_total_of_a_line_is_its_price_times_its_quantity() {
        assert_eq!(line(1, "Tea", 450, 3).total(), Money::from_minor(1_350));
        let content =
            OrderContent::products(vec![line(1, "Tea", 450, 3), line(1, "Tea", 450, 2)]).unwrap();
        assert_eq!(content.quantity().get(), 5);
    }
}
