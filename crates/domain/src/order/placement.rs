//! Placing orders in batches: which orders the stock can fill.
//!
//! The result is the same as if the orders had been placed one after the other. A refused order
//! takes no stock and does not affect the others.

mod snapshot;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Fingerprint, Idempotency, IdempotencyKey, LineRequests, NewOrder, Order, OrderContent,
    OrderParts, OrderStatus, ProductLine, RequestedContent,
};
use crate::{
    Currency, CustomerName, OrderId, ProductId, Quantity, Revision, Stock, Timestamp, TraceParent,
    UserId, Version,
    events::{Event, NewEvent, PlacedOrder},
    product::{MovementKind, StockMovement},
};

pub use snapshot::{PlacementDemand, PlacementSnapshot, PriorPlacement, ProductSnapshot};

/// Why an order was not placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceRefusal {
    /// A product of a line does not exist or is deleted.
    #[error("no such product: {product}")]
    ProductNotFound {
        /// The product that does not exist.
        product: ProductId,
    },
    /// There are not enough units of a product.
    #[error("{requested} of product {product} were asked for, {available} are there")]
    InsufficientStock {
        /// The product with too few units.
        product: ProductId,
        /// The number of units that all lines of the order ask for.
        requested: Quantity,
        /// The number of units in stock.
        available: Stock,
    },
    /// The idempotency key was used for a different request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The account that places the order was deleted after the request was authenticated.
    #[error("the account is gone")]
    AccountGone,
}

/// The decision about one order of a batch that is not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementDecision {
    /// The order is placed.
    Place(Box<OrderDraft>),
    /// The order was placed before, with this identifier.
    Replay(OrderId),
    /// The order is a replay of the order at this index of the batch, which is placed.
    ReplayOf(usize),
}

/// The decision about a batch: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementPlan {
    /// One decision for each order, in their order.
    pub decisions: Vec<Result<PlacementDecision, PlaceRefusal>>,
    /// The products whose stock changes, in their new state, by ascending id.
    pub products: BTreeMap<ProductId, ProductSnapshot>,
}

/// An order that is decided but has no identifier yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDraft {
    placed_by: UserId,
    customer: CustomerName,
    content: OrderContent,
    currency: Currency,
    idempotency: Option<Idempotency>,
    placed_at: Timestamp,
    trace: Option<TraceParent>,
    taken: BTreeMap<ProductId, TakenStock>,
}

/// The units that an order takes of a product, and the product's stock and revision after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TakenStock {
    quantity: Quantity,
    balance: Stock,
    revision: Revision,
}

impl OrderDraft {
    /// The idempotency key, if the client sent one.
    pub fn idempotency(&self) -> Option<&Idempotency> {
        self.idempotency.as_ref()
    }

    /// The order with this identifier.
    pub fn order(&self, id: OrderId) -> Order {
        Order::restore(OrderParts {
            id,
            placed_by: self.placed_by,
            customer: self.customer.clone(),
            content: self.content.clone(),
            currency: self.currency,
            status: OrderStatus::Pending,
            version: Version::FIRST,
            revision: Revision::FIRST,
            created_at: self.placed_at,
            updated_at: self.placed_at,
        })
    }

    /// The movements to record: one for each product, by ascending id.
    pub fn movements(&self, id: OrderId) -> impl Iterator<Item = StockMovement> + '_ {
        self.taken.iter().map(move |(product, taken)| StockMovement {
            product: *product,
            revision: taken.revision,
            kind: MovementKind::OrderPlaced(id),
            delta: -taken.quantity.get(),
            balance: taken.balance,
            moved_by: self.placed_by,
            at: self.placed_at,
        })
    }

    /// The event to append to the journal for the order that was made of this draft.
    pub fn event(&self, order: &Order) -> NewEvent {
        NewEvent {
            event: Event::OrderPlaced(PlacedOrder::from(order)),
            order: Some(order.id()),
            product: None,
            account: Some(self.placed_by),
            actor: Some(self.placed_by),
            at: self.placed_at,
            trace: self.trace,
            recipient: None,
        }
    }
}

/// Decides which orders of a batch are placed, in the order given, as if they were placed one by
/// one: each takes all that it asks for, or nothing.
///
/// ```
/// use domain::{
///     Currency, CustomerName, OrderId, Price, ProductId, ProductName, Quantity, Revision, Stock,
///     Timestamp, UserId,
///     order::{
///         LineRequests, NewOrder, PlaceRefusal, PlacementDecision, PlacementSnapshot,
///         RequestedContent, ProductSnapshot, decide_placement,
///     },
/// };
///
/// let tea = ProductId::new(1);
/// let order_for = |units| -> Result<NewOrder, Box<dyn std::error::Error>> {
///     Ok(NewOrder {
///         placed_by: UserId::new(7),
///         customer: CustomerName::parse("Ada")?,
///         content: RequestedContent::Products(LineRequests::one(tea, Quantity::new(units)?)),
///         currency: Currency::EUR,
///         idempotency: None,
///         placed_at: Timestamp::UNIX_EPOCH,
///         trace: None,
///     })
/// };
/// let product = ProductSnapshot {
///     name: ProductName::parse("Tea")?,
///     price: Price::parse("4.50")?,
///     stock: Stock::new(5)?,
///     revision: Revision::FIRST,
/// };
/// let mut snapshot = PlacementSnapshot::default();
/// snapshot.products.insert(tea, product);
///
/// let plan = decide_placement(snapshot, vec![order_for(3)?, order_for(3)?, order_for(2)?]);
///
/// let [Ok(PlacementDecision::Place(first)), Err(second), Ok(_)] = plan.decisions.as_slice() else {
///     panic!("the first and the last order are placed, the second is not");
/// };
/// assert_eq!(first.order(OrderId::new(1)).total().to_string(), "13.50");
/// let (requested, available) = (Quantity::new(3)?, Stock::new(2)?);
/// assert_eq!(*second, PlaceRefusal::InsufficientStock { product: tea, requested, available });
/// assert_eq!(plan.products.get(&tea).map(|item| item.stock), Some(Stock::EMPTY));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide_placement(snapshot: PlacementSnapshot, orders: Vec<NewOrder>) -> PlacementPlan {
    let mut products = snapshot.products;
    let mut changed = BTreeSet::new();
    let mut placed_here: HashMap<(UserId, IdempotencyKey), (usize, Fingerprint)> = HashMap::new();
    let decisions = orders
        .into_iter()
        .enumerate()
        .map(|(index, new)| {
            if snapshot.erased.contains(&new.placed_by) {
                return Err(PlaceRefusal::AccountGone);
            }
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
            let draft = draft(&mut products, new)?;
            changed.extend(draft.taken.keys().copied());
            if let Some((key, idempotency)) = owned_key.zip(draft.idempotency()) {
                placed_here.insert(key, (index, idempotency.fingerprint));
            }
            Ok(PlacementDecision::Place(Box::new(draft)))
        })
        .collect();
    products.retain(|product, _| changed.contains(product));
    PlacementPlan { decisions, products }
}

fn replay(
    used_for: Fingerprint,
    repeated: &Idempotency,
    decision: PlacementDecision,
) -> Result<PlacementDecision, PlaceRefusal> {
    if used_for == repeated.fingerprint { Ok(decision) } else { Err(PlaceRefusal::KeyReused) }
}

/// Makes a draft of one order and takes its units from stock, or refuses the order and takes
/// nothing.
fn draft(
    products: &mut BTreeMap<ProductId, ProductSnapshot>,
    new: NewOrder,
) -> Result<OrderDraft, PlaceRefusal> {
    let NewOrder { placed_by, customer, content, currency, idempotency, placed_at, trace } = new;
    let (content, taken) = match content {
        RequestedContent::FreeForm(item) => (OrderContent::free_form(item), BTreeMap::new()),
        RequestedContent::Products(lines) => take(products, &lines)?,
    };
    Ok(OrderDraft { placed_by, customer, content, currency, idempotency, placed_at, trace, taken })
}

/// Takes the units of these lines from stock, all or none. Returns the order's content, and what it
/// takes of each product.
fn take(
    products: &mut BTreeMap<ProductId, ProductSnapshot>,
    lines: &LineRequests,
) -> Result<(OrderContent, BTreeMap<ProductId, TakenStock>), PlaceRefusal> {
    let mut requested_units: BTreeMap<ProductId, Quantity> = BTreeMap::new();
    let content = OrderContent::from_requests(lines, |line| {
        let not_found = PlaceRefusal::ProductNotFound { product: line.product };
        let item = products.get(&line.product).ok_or(not_found)?;
        requested_units
            .entry(line.product)
            // `LineRequests` checked the sum of all lines, so this sum fits as well.
            .and_modify(|sum| *sum = sum.checked_add(line.quantity).unwrap_or(*sum))
            .or_insert(line.quantity);
        Ok(ProductLine {
            product: line.product,
            name: item.name.clone(),
            unit_price: item.price,
            quantity: line.quantity,
        })
    })?;
    let mut left = Vec::with_capacity(requested_units.len());
    for (product, requested) in requested_units {
        let available = products.get(&product).map_or(Stock::EMPTY, |item| item.stock);
        let insufficient = PlaceRefusal::InsufficientStock { product, requested, available };
        left.push((product, requested, available.take(requested).ok_or(insufficient)?));
    }
    let mut taken = BTreeMap::new();
    for (product, quantity, balance) in left {
        if let Some(item) = products.get_mut(&product) {
            item.stock = balance;
            item.revision = item.revision.next();
            taken.insert(product, TakenStock { quantity, balance, revision: item.revision });
        }
    }
    Ok((content, taken))
}

#[cfg(test)]
mod tests;
