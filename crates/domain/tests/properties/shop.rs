//! A shop in memory that works like a store: it applies the decisions of the domain.

#![expect(clippy::expect_used, reason = "a decision that cannot be applied fails the test")]

use std::collections::{BTreeMap, HashMap};

use domain::{
    Description, EventId, ExpectedVersions, OrderId, Price, ProductId, ProductName, Revision,
    Stock, Timestamp, UserId, Version,
    account::{Actor, Role},
    events::{EventRecord, NewEvent},
    order::{
        IdempotencyKey, NewOrder, Order, OrderChange, OrderCommand, OrderEvent, OrderRefusal,
        PlaceRefusal, PlacementDecision, PlacementDemand, PlacementSnapshot, PriorPlacement,
        ProductSnapshot, decide_placement,
    },
    product::{MovementKind, Product, ProductCommand, ProductRefusal, StockMovement},
};

/// The shop's only admin.
pub(crate) const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);

/// An order as a store keeps it: with its history, and whether it is deleted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) order: Order,
    pub(crate) events: Vec<OrderEvent>,
    pub(crate) deleted: bool,
}

/// The data of a store.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shop {
    pub(crate) products: BTreeMap<ProductId, Product>,
    pub(crate) orders: BTreeMap<OrderId, Record>,
    pub(crate) movements: Vec<StockMovement>,
    pub(crate) journal: Vec<NewEvent>,
    keys: HashMap<(UserId, IdempotencyKey), PriorPlacement>,
}

/// The outcome of placing one order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PlacementOutcome {
    Placed(OrderId),
    Replayed(OrderId),
    Refused(PlaceRefusal),
}

/// Why a command on an order was not executed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ExecuteError {
    NoSuchOrder,
    Refused(OrderRefusal),
}

impl Shop {
    /// A shop with one product for each initial stock, with identifiers from 1.
    pub(crate) fn with_stocks(stocks: &[i64]) -> Self {
        let mut shop = Self {
            products: BTreeMap::new(),
            orders: BTreeMap::new(),
            movements: Vec::new(),
            journal: Vec::new(),
            keys: HashMap::new(),
        };
        for (id, stock) in (1..).map(ProductId::new).zip(stocks) {
            let stock = Stock::new(*stock).expect("a stock is not negative");
            shop.products.insert(id, product(id, stock));
            if stock != Stock::EMPTY {
                shop.movements.push(StockMovement {
                    product: id,
                    revision: Revision::FIRST,
                    kind: MovementKind::Received,
                    delta: stock.get(),
                    balance: stock,
                    moved_by: STAFF.user,
                    at: Timestamp::UNIX_EPOCH,
                });
            }
        }
        shop
    }

    /// Places a batch of orders, as a store does in one transaction.
    pub(crate) fn place(&mut self, orders: Vec<NewOrder>) -> Vec<PlacementOutcome> {
        let keys: Vec<_> = orders
            .iter()
            .map(|order| {
                let idempotency = order.idempotency.clone()?;
                Some(((order.placed_by, idempotency.key), idempotency.fingerprint))
            })
            .collect();
        let plan = decide_placement(self.snapshot(&PlacementDemand::of(&orders)), orders);
        for (id, snapshot) in plan.products {
            let product = self.products.get_mut(&id).expect("the plan names a product of the shop");
            product.stock = snapshot.stock;
            product.revision = snapshot.revision;
        }
        let mut outcomes: Vec<PlacementOutcome> = Vec::new();
        for (decision, key) in plan.decisions.into_iter().zip(keys) {
            outcomes.push(match decision {
                Err(refusal) => PlacementOutcome::Refused(refusal),
                Ok(PlacementDecision::Replay(order)) => PlacementOutcome::Replayed(order),
                Ok(PlacementDecision::ReplayOf(index)) => match outcomes.get(index) {
                    Some(PlacementOutcome::Placed(order)) => PlacementOutcome::Replayed(*order),
                    other => {
                        unreachable!("order {index} of the batch was not placed but {other:?}")
                    }
                },
                Ok(PlacementDecision::Place(draft)) => {
                    let id = self.next_order_id();
                    self.movements.extend(draft.movements(id));
                    let order = draft.order(id);
                    self.journal.push(draft.event(&order));
                    self.orders.insert(id, Record { order, events: Vec::new(), deleted: false });
                    if let Some((key, fingerprint)) = key {
                        self.keys.insert(key, PriorPlacement { order: id, fingerprint });
                    }
                    PlacementOutcome::Placed(id)
                }
            });
        }
        outcomes
    }

    /// Executes a command on an order, as a store does in one transaction. Returns the decision
    /// that it applied.
    pub(crate) fn execute(
        &mut self,
        id: OrderId,
        command: OrderCommand,
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<OrderChange, ExecuteError> {
        let record = self
            .orders
            .get_mut(&id)
            .filter(|record| !record.deleted)
            .ok_or(ExecuteError::NoSuchOrder)?;
        let change =
            record.order.decide(&command, expected, actor, now).map_err(ExecuteError::Refused)?;
        record.order = change.order.clone();
        record.deleted = change.deleted;
        let id = EventId::new(i64::try_from(self.journal.len()).unwrap_or(i64::MAX));
        let entry = EventRecord::of(id, &change.event).history_entry();
        record.events.push(entry.expect("every change of an order is a step of its history"));
        for restock in &change.restocks {
            let product = self
                .products
                .get_mut(&restock.product)
                .expect("an order names products of the shop");
            product.stock = product.stock.put_back(restock.quantity);
            product.revision = product.revision.next();
            self.movements.push(change.movement(restock, product.stock, product.revision));
        }
        self.journal.push(change.event.clone());
        Ok(change)
    }

    /// Executes a command on a product, as a store does in one transaction.
    pub(crate) fn execute_on_product(
        &mut self,
        id: ProductId,
        command: &ProductCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), ProductRefusal> {
        let held = self.held(id);
        let product = self.products.get_mut(&id).expect("the actions name products of the shop");
        let change = product.decide(command, held, actor, now)?;
        *product = change.product;
        self.movements.extend(change.movement);
        Ok(())
    }

    /// The units of a product that open orders hold.
    pub(crate) fn held(&self, id: ProductId) -> Stock {
        let open = self.orders.values().filter(|record| !record.deleted);
        let lines = open
            .filter(|record| record.order.status().is_open())
            .flat_map(|record| record.order.content().lines())
            .filter(|line| line.product == id);
        Stock::restore(lines.map(|line| line.quantity.get()).sum()).expect("0 or more")
    }

    fn snapshot(&self, demand: &PlacementDemand) -> PlacementSnapshot {
        let live = |id: &ProductId| {
            let product = self.products.get(id).filter(|product| product.is_live())?;
            Some((*id, ProductSnapshot::from(product)))
        };
        let used = |key: &(UserId, IdempotencyKey)| Some((key.clone(), *self.keys.get(key)?));
        PlacementSnapshot {
            products: demand.products.iter().filter_map(live).collect(),
            prior: demand.keys.iter().filter_map(used).collect(),
            ..PlacementSnapshot::default()
        }
    }

    fn next_order_id(&self) -> OrderId {
        OrderId::new(self.orders.last_key_value().map_or(1, |(last, _)| last.get() + 1))
    }
}

fn product(id: ProductId, stock: Stock) -> Product {
    Product {
        id,
        name: ProductName::parse(format!("Product {id}")).expect("a name"),
        description: Description::parse("").ok(),
        price: Price::from_minor(id.get() * 100).expect("a price"),
        stock,
        version: Version::FIRST,
        revision: Revision::FIRST,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        deleted_at: None,
    }
}
