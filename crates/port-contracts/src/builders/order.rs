//! Orders.

use domain::{
    Currency, CustomerName, ItemName, ProductId, TraceParent,
    account::Account,
    order::{
        Fingerprint, FreeFormItem, Idempotency, IdempotencyKey, LineRequest, LineRequests,
        NewOrder, RequestedContent,
        port::{OrderSearch, OrderSort, SortDirection},
    },
};

use super::{page_limit, quantity, timestamp};

/// A search without filters: up to a hundred orders, newest first.
pub fn search() -> OrderSearch {
    OrderSearch {
        user: None,
        term: None,
        min_quantity: None,
        max_quantity: None,
        sort: OrderSort::Id,
        direction: SortDirection::Descending,
        limit: page_limit(100),
        offset: 0,
    }
}

/// An order that a test is about to place.
#[derive(Debug, Clone)]
pub struct OrderBuilder {
    placed_by: Account,
    customer: CustomerName,
    content: Content,
    currency: Currency,
    key: Option<IdempotencyKey>,
    seconds: i64,
    trace: Option<TraceParent>,
}

#[derive(Debug, Clone)]
enum Content {
    Lines(Vec<LineRequest>),
    Item(FreeFormItem),
}

/// An order of this account, with its own name as the customer. It needs at least one
/// [line](OrderBuilder::with_line).
pub fn order(placed_by: &Account) -> OrderBuilder {
    OrderBuilder {
        placed_by: placed_by.clone(),
        customer: CustomerName::from(&placed_by.name),
        content: Content::Lines(Vec::new()),
        currency: Currency::EUR,
        key: None,
        seconds: 0,
        trace: None,
    }
}

/// A free-form order of this account for one unit, with a customer called `Grace`.
pub fn free_form(placed_by: &Account, name: &str) -> OrderBuilder {
    let item = FreeFormItem { name: item(name), quantity: quantity(1) };
    OrderBuilder { customer: customer("Grace"), content: Content::Item(item), ..order(placed_by) }
}

impl OrderBuilder {
    /// With one more line. A free-form order becomes a product order.
    #[must_use]
    pub fn with_line(mut self, product: ProductId, units: i64) -> Self {
        let line = LineRequest { product, quantity: quantity(units) };
        match &mut self.content {
            Content::Lines(lines) => lines.push(line),
            Content::Item(_) => self.content = Content::Lines(vec![line]),
        }
        self
    }

    /// With this quantity of the item. Only for free-form orders.
    #[must_use]
    pub fn with_quantity(mut self, units: i64) -> Self {
        match &mut self.content {
            Content::Item(item) => item.quantity = quantity(units),
            Content::Lines(_) => panic!("a product order has a quantity in each line"),
        }
        self
    }

    /// With this customer name.
    #[must_use]
    pub fn with_customer(mut self, name: &str) -> Self {
        self.customer = customer(name);
        self
    }

    /// In that currency.
    #[must_use]
    pub fn with_currency(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// With that idempotency key, and the fingerprint of the order's content.
    #[must_use]
    pub fn with_key(mut self, raw: &str) -> Self {
        self.key = Some(key(raw));
        self
    }

    /// Placed at this [`timestamp`].
    #[must_use]
    pub fn with_timestamp(mut self, seconds: i64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Placed in this trace.
    #[must_use]
    pub fn with_trace(mut self, trace: TraceParent) -> Self {
        self.trace = Some(trace);
        self
    }

    /// The order, ready to place.
    pub fn build(self) -> NewOrder {
        let content = match self.content {
            Content::Lines(lines) => {
                RequestedContent::Products(LineRequests::new(lines).expect("lines of an order"))
            }
            Content::Item(item) => RequestedContent::FreeForm(item),
        };
        let fingerprint = Fingerprint::of(&self.customer, &content);
        NewOrder {
            placed_by: self.placed_by.id,
            customer: self.customer,
            content,
            currency: self.currency,
            idempotency: self.key.map(|key| Idempotency { key, fingerprint }),
            placed_at: timestamp(self.seconds),
            trace: self.trace,
        }
    }
}

/// A customer's name.
pub fn customer(raw: &str) -> CustomerName {
    CustomerName::parse(raw).expect("a customer's name")
}

/// The name of a free-form item.
pub fn item(raw: &str) -> ItemName {
    ItemName::parse(raw).expect("an item's name")
}

/// An idempotency key.
pub fn key(raw: &str) -> IdempotencyKey {
    IdempotencyKey::parse(raw).expect("an idempotency key")
}
