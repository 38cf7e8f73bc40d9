//! What an order asks for: products, line by line, or something in words.

use crate::{ItemName, Money, Price, ProductId, ProductName, Quantity, QuantityError};

/// A product, and how many of it, as a customer asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRequest {
    /// Which product.
    pub product: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// Why a list of lines was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// No lines, or too many.
    #[error("must have from 1 to {max} lines", max = LineRequests::MAX_LINES)]
    Count,
    /// All pieces together are beyond 64 bits.
    #[error("must not ask for more pieces than 64 bits can count")]
    TooManyPieces,
}

/// The lines of a new order: one or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRequests {
    lines: Vec<LineRequest>,
    quantity: Quantity,
}

impl LineRequests {
    /// The most lines an order may have.
    pub const MAX_LINES: usize = 100;

    /// The lines of one order. A product may be named in several of them.
    ///
    /// # Errors
    /// [`LineError`] if there are none, too many, or too many pieces to count.
    pub fn new(lines: Vec<LineRequest>) -> Result<Self, LineError> {
        let quantity = count(&lines, |line| line.quantity)?;
        Ok(Self { lines, quantity })
    }

    /// An order for one product.
    pub fn one(product: ProductId, quantity: Quantity) -> Self {
        Self { lines: vec![LineRequest { product, quantity }], quantity }
    }

    /// The lines.
    pub fn as_slice(&self) -> &[LineRequest] {
        &self.lines
    }
}

/// Checks the number of lines and sums their pieces.
fn count<T>(lines: &[T], quantity: impl Fn(&T) -> Quantity) -> Result<Quantity, LineError> {
    let [first, rest @ ..] = lines else {
        return Err(LineError::Count);
    };
    if lines.len() > LineRequests::MAX_LINES {
        return Err(LineError::Count);
    }
    rest.iter()
        .try_fold(quantity(first), |sum, line| sum.checked_add(quantity(line)))
        .ok_or(LineError::TooManyPieces)
}

/// One line of an order: a product with the name and the price that it had when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductLine {
    /// Which product.
    pub product: ProductId,
    /// What it was called.
    pub name: ProductName,
    /// What one piece cost.
    pub unit_price: Price,
    /// How many pieces.
    pub quantity: Quantity,
}

impl ProductLine {
    /// What the line costs.
    pub fn total(&self) -> Money {
        self.unit_price.times(self.quantity)
    }
}

/// Something that is ordered in words: no product, no price, no stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeFormItem {
    /// What it is.
    pub name: ItemName,
    /// How many of it.
    pub quantity: Quantity,
}

impl FreeFormItem {
    /// So many of something, as a customer asks for it.
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

/// What a new order asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedContent {
    /// Products from the shelf.
    Products(LineRequests),
    /// Something in words.
    FreeForm(FreeFormItem),
}

/// What an order asks for. Never nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderContent(Content);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Products { lines: Vec<ProductLine>, quantity: Quantity },
    FreeForm(FreeFormItem),
}

impl OrderContent {
    /// Products, line by line.
    ///
    /// # Errors
    /// [`LineError`] if there are no lines, too many, or too many pieces to count.
    pub fn products(lines: Vec<ProductLine>) -> Result<Self, LineError> {
        let quantity = count(&lines, |line| line.quantity)?;
        Ok(Self(Content::Products { lines, quantity }))
    }

    /// What comes of the lines that a customer asked for, each turned into the product's line.
    pub(super) fn fulfilling<E>(
        requests: &LineRequests,
        line: impl FnMut(&LineRequest) -> Result<ProductLine, E>,
    ) -> Result<Self, E> {
        let lines = requests.lines.iter().map(line).collect::<Result<_, E>>()?;
        Ok(Self(Content::Products { lines, quantity: requests.quantity }))
    }

    /// Something in words.
    pub fn free_form(item: FreeFormItem) -> Self {
        Self(Content::FreeForm(item))
    }

    /// The lines, if it is products; none if it is words.
    pub fn lines(&self) -> &[ProductLine] {
        match &self.0 {
            Content::Products { lines, .. } => lines,
            Content::FreeForm(_) => &[],
        }
    }

    /// The item, if it is words.
    pub fn free_form_item(&self) -> Option<&FreeFormItem> {
        match &self.0 {
            Content::Products { .. } => None,
            Content::FreeForm(item) => Some(item),
        }
    }

    /// All pieces together.
    pub fn quantity(&self) -> Quantity {
        match &self.0 {
            Content::Products { quantity, .. } => *quantity,
            Content::FreeForm(item) => item.quantity,
        }
    }

    /// What it is called on one line: the item's name, or the first product's, and how many more there are.
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

    fn line(product: i64, name: &str, cents: i64, pieces: i64) -> ProductLine {
        ProductLine {
            product: ProductId::new(product),
            name: ProductName::parse(name).unwrap(),
            unit_price: Price::from_minor(cents).unwrap(),
            quantity: Quantity::new(pieces).unwrap(),
        }
    }

    fn request(pieces: i64) -> LineRequest {
        LineRequest { product: ProductId::new(1), quantity: Quantity::new(pieces).unwrap() }
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
    fn more_pieces_than_64_bits_can_count_are_refused() {
        let lines = vec![request(i64::MAX), request(1)];
        assert_eq!(LineRequests::new(lines), Err(LineError::TooManyPieces));
        let lines = vec![line(1, "Tea", 450, i64::MAX), line(2, "Cup", 450, 1)];
        assert_eq!(OrderContent::products(lines), Err(LineError::TooManyPieces));
    }

    #[test]
    fn one_line_is_the_same_as_a_list_of_one() {
        let LineRequest { product, quantity } = request(3);
        assert_eq!(LineRequests::new(vec![request(3)]), Ok(LineRequests::one(product, quantity)));
    }

    #[test]
    fn an_order_is_called_by_its_first_product() {
        let content = |lines| OrderContent::products(lines).unwrap();
        let tea = line(1, "Tea", 450, 2);
        let cup = line(2, "Cup", 1_250, 1);
        assert_eq!(content(vec![tea.clone()]).title(), "Tea");
        assert_eq!(content(vec![tea.clone(), cup.clone()]).title(), "Tea (+1 more)");
        assert_eq!(content(vec![cup, tea.clone(), tea]).title(), "Cup (+2 more)");
    }

    #[test]
    fn a_free_form_order_is_called_by_its_item() {
        let name = ItemName::parse("a birthday cake").unwrap();
        let item = FreeFormItem::new(name, Quantity::ONE).unwrap();
        let content = OrderContent::free_form(item.clone());
        assert_eq!(content.title(), "a birthday cake");
        assert_eq!(content.free_form_item(), Some(&item));
        assert_eq!(content.lines(), []);
        assert_eq!(content.quantity(), Quantity::ONE);
    }

    #[test]
    fn a_free_form_order_is_for_at_most_100_000_pieces() {
        let of = |pieces| {
            FreeFormItem::new(ItemName::parse("rice").unwrap(), Quantity::new(pieces).unwrap())
        };
        assert!(of(100_000).is_ok());
        assert_eq!(of(100_001), Err(QuantityError::TooMany { max: 100_000 }));
    }

    #[test]
    fn a_lines_total_is_its_price_times_its_pieces() {
        assert_eq!(line(1, "Tea", 450, 3).total(), Money::from_minor(1_350));
        let content =
            OrderContent::products(vec![line(1, "Tea", 450, 3), line(1, "Tea", 450, 2)]).unwrap();
        assert_eq!(content.quantity().get(), 5);
    }
}
