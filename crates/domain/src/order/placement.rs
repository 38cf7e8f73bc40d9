//! Placing orders, many at a time: which of a batch the stock can serve.
//!
//! The result is the same as if the orders had come one after the other. One that is refused takes
//! nothing and hinders no other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Fingerprint, FreeFormItem, IdempotencyKey, LineRequests, Order, OrderContent, OrderParts,
    OrderStatus, ProductLine,
};
use crate::{
    Currency, CustomerName, OrderId, Price, ProductId, ProductName, Quantity, Stock, Timestamp,
    UserId, Version,
    outbox::OutboxMessage,
    product::{MovementReason, Product, StockMovement},
};

/// What a new order asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedContent {
    /// Products from the shelf.
    Products(LineRequests),
    /// Something in words.
    FreeForm(FreeFormItem),
}

/// A client's promise that two requests with one key are one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// What it was used for.
    pub fingerprint: Fingerprint,
}

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Whose it is.
    pub placed_by: UserId,
    /// For whom it is: the account's name, or what a free-form order says.
    pub customer: CustomerName,
    /// What it asks for.
    pub content: RequestedContent,
    /// The currency of its prices.
    pub currency: Currency,
    /// The client's key, if it sent one.
    pub idempotency: Option<Idempotency>,
    /// When it is placed.
    pub placed_at: Timestamp,
}

impl NewOrder {
    /// The products it names, line by line.
    pub fn products(&self) -> impl Iterator<Item = ProductId> + '_ {
        let lines = match &self.content {
            RequestedContent::Products(lines) => lines.as_slice(),
            RequestedContent::FreeForm(_) => &[],
        };
        lines.iter().map(|line| line.product)
    }

    fn owned_key(&self) -> Option<(UserId, IdempotencyKey)> {
        self.idempotency.as_ref().map(|idempotency| (self.placed_by, idempotency.key.clone()))
    }
}

/// What a batch of new orders needs from the store before anything can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementDemand {
    /// The products to be locked and read, by ascending id, which is the order to lock them in.
    pub products: BTreeSet<ProductId>,
    /// The keys to be looked up.
    pub keys: BTreeSet<(UserId, IdempotencyKey)>,
}

impl PlacementDemand {
    /// What these orders need.
    pub fn of(orders: &[NewOrder]) -> Self {
        Self {
            products: orders.iter().flat_map(NewOrder::products).collect(),
            keys: orders.iter().filter_map(NewOrder::owned_key).collect(),
        }
    }
}

/// A live product, as far as placing orders is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfItem {
    /// What it is called.
    pub name: ProductName,
    /// What one piece costs.
    pub price: Price,
    /// How many pieces there are.
    pub stock: Stock,
    /// How often it changed, plus one.
    pub version: Version,
}

impl From<&Product> for ShelfItem {
    fn from(product: &Product) -> Self {
        Self {
            name: product.name.clone(),
            price: product.price,
            stock: product.stock,
            version: product.version,
        }
    }
}

/// An order that was placed before with some key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriorPlacement {
    /// Which.
    pub order: OrderId,
    /// What the key was used for then.
    pub fingerprint: Fingerprint,
}

/// What the store holds, under its locks, of what [`PlacementDemand`] named.
#[derive(Debug, Clone, Default)]
pub struct PlacementSnapshot {
    /// The live products. One that is missing does not exist or is deleted.
    pub products: BTreeMap<ProductId, ShelfItem>,
    /// The keys that were used before.
    pub prior: HashMap<(UserId, IdempotencyKey), PriorPlacement>,
}

/// Why an order was not placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceRefusal {
    /// A product that it names does not exist or is deleted.
    #[error("no such product: {product}")]
    ProductNotFound {
        /// Which.
        product: ProductId,
    },
    /// There are not enough pieces of a product.
    #[error("{requested} of product {product} were asked for, {available} are there")]
    InsufficientStock {
        /// Which.
        product: ProductId,
        /// How many pieces all its lines ask for.
        requested: Quantity,
        /// How many pieces there are.
        available: Stock,
    },
    /// Its key was used for a different order.
    #[error("the idempotency key was used for another request")]
    KeyReused,
}

/// What becomes of one order of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementDecision {
    /// It is placed.
    Place(Box<OrderDraft>),
    /// It was placed before: this is the order.
    Replay(OrderId),
    /// It is the same as an earlier one of this batch, at this index, which is placed.
    ReplayOf(usize),
}

/// What becomes of a batch: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementPlan {
    /// One decision for each order, in their order.
    pub decisions: Vec<Result<PlacementDecision, PlaceRefusal>>,
    /// The products whose stock changes, as they are from now on, by ascending id.
    pub shelf: BTreeMap<ProductId, ShelfItem>,
}

/// An order that is as good as placed: it lacks its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDraft {
    new: NewOrder,
    content: OrderContent,
    taken: BTreeMap<ProductId, Quantity>,
}

impl OrderDraft {
    /// The client's key, if it sent one.
    pub fn idempotency(&self) -> Option<&Idempotency> {
        self.new.idempotency.as_ref()
    }

    /// The order, under its number.
    pub fn order(&self, id: OrderId) -> Order {
        Order::restore(OrderParts {
            id,
            placed_by: self.new.placed_by,
            customer: self.new.customer.clone(),
            content: self.content.clone(),
            currency: self.new.currency,
            status: OrderStatus::Pending,
            version: Version::FIRST,
            created_at: self.new.placed_at,
            updated_at: self.new.placed_at,
        })
    }

    /// The changes of stock to be recorded: one a product, by ascending id.
    pub fn movements(&self, id: OrderId) -> impl Iterator<Item = StockMovement> + '_ {
        self.taken.iter().map(move |(product, quantity)| StockMovement {
            product: *product,
            delta: -quantity.get(),
            reason: MovementReason::Placement(id),
            moved_by: self.new.placed_by,
            at: self.new.placed_at,
        })
    }

    /// What others want to know.
    pub fn message(&self, id: OrderId) -> OutboxMessage {
        OutboxMessage::OrderPlaced { order_id: id, user_id: self.new.placed_by }
    }
}

/// Decides which orders of a batch are placed, in the order given, as if they came one by one: each takes
/// all that it asks for, or nothing.
pub fn decide_placement(snapshot: PlacementSnapshot, orders: Vec<NewOrder>) -> PlacementPlan {
    let mut shelf = snapshot.products;
    let mut changed = BTreeSet::new();
    let mut placed_here: HashMap<(UserId, IdempotencyKey), (usize, Fingerprint)> = HashMap::new();
    let decisions = orders
        .into_iter()
        .enumerate()
        .map(|(index, new)| {
            let owned_key = new.owned_key();
            if let Some((key, idempotency)) = owned_key.as_ref().zip(new.idempotency.as_ref()) {
                if let Some(prior) = snapshot.prior.get(key) {
                    return replay(
                        prior.fingerprint,
                        idempotency,
                        PlacementDecision::Replay(prior.order),
                    );
                }
                if let Some((earlier, fingerprint)) = placed_here.get(key) {
                    return replay(
                        *fingerprint,
                        idempotency,
                        PlacementDecision::ReplayOf(*earlier),
                    );
                }
            }
            let draft = draft(&mut shelf, new)?;
            changed.extend(draft.taken.keys().copied());
            if let Some((key, idempotency)) = owned_key.zip(draft.idempotency()) {
                placed_here.insert(key, (index, idempotency.fingerprint));
            }
            Ok(PlacementDecision::Place(Box::new(draft)))
        })
        .collect();
    shelf.retain(|product, _| changed.contains(product));
    PlacementPlan { decisions, shelf }
}

fn replay(
    used_for: Fingerprint,
    again: &Idempotency,
    decision: PlacementDecision,
) -> Result<PlacementDecision, PlaceRefusal> {
    if used_for == again.fingerprint { Ok(decision) } else { Err(PlaceRefusal::KeyReused) }
}

/// Takes what one order asks for off the shelf, or refuses and takes nothing.
fn draft(
    shelf: &mut BTreeMap<ProductId, ShelfItem>,
    new: NewOrder,
) -> Result<OrderDraft, PlaceRefusal> {
    let lines = match &new.content {
        RequestedContent::FreeForm(item) => {
            let content = OrderContent::free_form(item.clone());
            return Ok(OrderDraft { new, content, taken: BTreeMap::new() });
        }
        RequestedContent::Products(lines) => lines,
    };
    let mut taken: BTreeMap<ProductId, Quantity> = BTreeMap::new();
    for line in lines.as_slice() {
        let sum = taken.entry(line.product).and_modify(|sum| {
            // `LineRequests` has summed all lines already, so this sum fits as well.
            *sum = sum.checked_add(line.quantity).unwrap_or(*sum);
        });
        sum.or_insert(line.quantity);
    }
    let content = OrderContent::fulfilling(lines, |line| {
        let not_found = PlaceRefusal::ProductNotFound { product: line.product };
        let item = shelf.get(&line.product).ok_or(not_found)?;
        Ok(ProductLine {
            product: line.product,
            name: item.name.clone(),
            unit_price: item.price,
            quantity: line.quantity,
        })
    })?;
    let mut left = Vec::with_capacity(taken.len());
    for (product, requested) in &taken {
        let available = shelf.get(product).map_or(Stock::EMPTY, |item| item.stock);
        let insufficient =
            PlaceRefusal::InsufficientStock { product: *product, requested: *requested, available };
        left.push((*product, available.take(*requested).ok_or(insufficient)?));
    }
    for (product, stock) in left {
        if let Some(item) = shelf.get_mut(&product) {
            item.stock = stock;
            item.version = item.version.next();
        }
    }
    Ok(OrderDraft { new, content, taken })
}
