//! A batch whose placed orders have identifiers: what a store writes, and the results it returns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Order, OrderDraft, PlaceRefusal, PlacementDecision, PlacementPlan, ProductSnapshot,
    port::{PlaceError, Placement},
};
use crate::{OrderId, ProductId, Timestamp, events::NewEvent, product::StockMovement};

/// A batch whose placed orders have identifiers.
#[derive(Debug)]
pub struct PlacedBatch {
    orders: Vec<(Order, OrderDraft)>,
    stock: Vec<(ProductId, ProductSnapshot, Timestamp)>,
    outcomes: Vec<Result<PlacementOutcome, PlaceRefusal>>,
}

/// The outcome of an order that is not refused.
#[derive(Debug, Clone, Copy)]
enum PlacementOutcome {
    /// The order is placed: it is the one at this index of [`PlacedBatch::orders`].
    Placed {
        index: usize,
        replayed: bool,
    },
    PlacedBefore(OrderId),
}

/// A batch that is inconsistent: a bug in the store or in the decision. The store must write
/// nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBatch {
    /// There are fewer identifiers than orders, or a replay refers to an order of the batch that is
    /// not placed.
    #[error("a placed order is not in its batch")]
    NotInBatch,
    /// The stock of a product changed, and no order of the batch took any of it.
    #[error("a product's stock changed without a movement")]
    StockWithoutMovement,
}

impl PlacementPlan {
    /// The number of orders that are placed, each of which needs an identifier.
    pub fn placed_count(&self) -> usize {
        let is_placed =
            |decision: &&Result<_, _>| matches!(decision, Ok(PlacementDecision::Place(_)));
        self.decisions.iter().filter(is_placed).count()
    }

    /// Assigns these identifiers to the placed orders, in their order.
    ///
    /// # Errors
    /// [`InvalidBatch`] if there are fewer identifiers than orders, or a stock changes that no
    /// order takes.
    pub fn number(
        self,
        ids: impl IntoIterator<Item = OrderId>,
    ) -> Result<PlacedBatch, InvalidBatch> {
        let mut ids = ids.into_iter();
        let mut orders: Vec<(Order, OrderDraft)> = Vec::new();
        let mut outcomes: Vec<Result<PlacementOutcome, PlaceRefusal>> =
            Vec::with_capacity(self.decisions.len());
        for decision in self.decisions {
            let outcome = match decision {
                Err(refusal) => Err(refusal),
                Ok(PlacementDecision::Place(draft)) => {
                    let id = ids.next().ok_or(InvalidBatch::NotInBatch)?;
                    orders.push((draft.order(id), *draft));
                    Ok(PlacementOutcome::Placed { index: orders.len() - 1, replayed: false })
                }
                Ok(PlacementDecision::Replay(id)) => Ok(PlacementOutcome::PlacedBefore(id)),
                Ok(PlacementDecision::ReplayOf(earlier)) => match outcomes.get(earlier) {
                    Some(Ok(PlacementOutcome::Placed { index, .. })) => {
                        Ok(PlacementOutcome::Placed { index: *index, replayed: true })
                    }
                    _ => return Err(InvalidBatch::NotInBatch),
                },
            };
            outcomes.push(outcome);
        }
        let mut taken_at: BTreeMap<ProductId, Timestamp> = BTreeMap::new();
        for movement in movements(&orders) {
            let last = taken_at.entry(movement.product).or_insert(movement.at);
            *last = movement.at.max(*last);
        }
        let moved = |(product, item)| {
            let at = taken_at.get(&product).ok_or(InvalidBatch::StockWithoutMovement)?;
            Ok((product, item, *at))
        };
        let stock = self.products.into_iter().map(moved).collect::<Result<_, InvalidBatch>>()?;
        Ok(PlacedBatch { orders, stock, outcomes })
    }
}

impl PlacedBatch {
    /// The placed orders, by ascending identifier, and the drafts that they were made of.
    pub fn orders(&self) -> &[(Order, OrderDraft)] {
        &self.orders
    }

    /// The movements to record.
    pub fn movements(&self) -> impl Iterator<Item = StockMovement> + '_ {
        movements(&self.orders)
    }

    /// The products whose stock changes, by ascending id: each in its new state, and the time when
    /// the last order took some of it.
    pub fn stock(&self) -> &[(ProductId, ProductSnapshot, Timestamp)] {
        &self.stock
    }

    /// The events to append to the journal, one for each placed order.
    pub fn events(&self) -> impl Iterator<Item = NewEvent> + '_ {
        self.orders.iter().map(|(order, draft)| draft.event(order))
    }

    /// The orders that are replayed and were placed before this batch, for [`Self::results`].
    pub fn replayed_ids(&self) -> BTreeSet<OrderId> {
        let before = |outcome: &Result<PlacementOutcome, _>| match outcome {
            Ok(PlacementOutcome::PlacedBefore(id)) => Some(*id),
            _ => None,
        };
        self.outcomes.iter().filter_map(before).collect()
    }

    /// One result for each order of the batch, in their order. `before` holds the live orders among
    /// [`Self::replayed_ids`].
    pub fn results(&self, before: &HashMap<OrderId, Order>) -> Vec<Result<Placement, PlaceError>> {
        let result = |outcome: &Result<PlacementOutcome, PlaceRefusal>| {
            let (order, replayed) = match (*outcome)? {
                PlacementOutcome::Placed { index, replayed } => {
                    (self.orders.get(index).map(|(order, _draft)| order), replayed)
                }
                PlacementOutcome::PlacedBefore(id) => (before.get(&id), true),
            };
            let order = order.ok_or(PlaceError::PlacedAndDeleted)?;
            Ok(Placement { order: order.clone(), replayed })
        };
        self.outcomes.iter().map(result).collect()
    }
}

fn movements(orders: &[(Order, OrderDraft)]) -> impl Iterator<Item = StockMovement> + '_ {
    orders.iter().flat_map(|(order, draft)| draft.movements(order.id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency, CustomerName, ItemName, Quantity, UserId,
        order::{
            Fingerprint, FreeFormItem, Idempotency, IdempotencyKey, NewOrder, PlacementDemand,
            PlacementSnapshot, PriorPlacement, RequestedContent, decide_placement,
        },
    };

    fn order(key: Option<&str>) -> NewOrder {
        let content = RequestedContent::FreeForm(FreeFormItem {
            name: ItemName::parse("a cake").unwrap(),
            quantity: Quantity::ONE,
        });
        let customer = CustomerName::parse("Ada").unwrap();
        let fingerprint = Fingerprint::of(&customer, &content);
        let used = |key| Idempotency { key: IdempotencyKey::parse(key).unwrap(), fingerprint };
        NewOrder {
            placed_by: UserId::new(7),
            customer,
            content,
            currency: Currency::EUR,
            idempotency: key.map(used),
            placed_at: Timestamp::UNIX_EPOCH,
            trace: None,
        }
    }

    /// A batch of these orders; the last one's key was used before, for order 3.
    fn plan(orders: Vec<NewOrder>) -> PlacementPlan {
        let before = orders.last().and_then(|order| order.idempotency.clone());
        let mut snapshot = PlacementSnapshot::default();
        if let Some(Idempotency { fingerprint, .. }) = before {
            let last = orders.last().cloned();
            let key = PlacementDemand::of(&Vec::from_iter(last)).keys.pop_first().unwrap();
            snapshot.prior.insert(key, PriorPlacement { order: OrderId::new(3), fingerprint });
        }
        decide_placement(snapshot, orders)
    }

    #[test]
    fn placed_orders_get_ascending_ids_and_replays_return_the_same_orders() {
        let orders = vec![order(Some("a")), order(None), order(Some("a")), order(Some("b"))];
        let plan = plan(orders);
        assert_eq!(plan.placed_count(), 2);
        let batch = plan.number((11..).map(OrderId::new)).unwrap();
        let third = batch.orders()[0].1.order(OrderId::new(3));
        assert_eq!(batch.replayed_ids(), BTreeSet::from([third.id()]));
        let results = batch.results(&HashMap::from([(third.id(), third)]));
        let placed = results.into_iter().map(Result::unwrap);
        let placed: Vec<_> =
            placed.map(|result| (result.order.id().get(), result.replayed)).collect();
        assert_eq!(placed, [(11, false), (12, false), (11, true), (3, true)]);
    }

    #[test]
    fn a_replay_of_a_deleted_order_is_an_error() {
        let batch = plan(vec![order(Some("a"))]).number([]).unwrap();
        assert!(matches!(batch.results(&HashMap::new())[..], [Err(PlaceError::PlacedAndDeleted)]));
    }

    #[test]
    fn every_placed_order_needs_an_id() {
        assert_eq!(plan(vec![order(None)]).number([]).unwrap_err(), InvalidBatch::NotInBatch);
    }

    #[test]
    fn a_change_of_stock_without_a_movement_is_refused() {
        let item = ProductSnapshot {
            name: crate::ProductName::parse("Tea").unwrap(),
            price: crate::Price::from_minor(100).unwrap(),
            stock: crate::Stock::EMPTY,
            revision: crate::Revision::FIRST,
        };
        let mut plan = plan(vec![order(None)]);
        plan.products.insert(ProductId::new(5), item);
        let numbered = plan.number([OrderId::new(11)]);
        assert_eq!(numbered.unwrap_err(), InvalidBatch::StockWithoutMovement);
    }
}
