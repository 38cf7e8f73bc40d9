//! The register's store: orders in memory. It locks, calls `decide` or `decide_placement`, and
//! stores the result.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    EventId, ExpectedVersions, OrderId, Page, PageStart, ProductId, Stock, StoreError, Timestamp,
    UserId,
    account::Actor,
    events::{EventRecord, NewEvent},
    order::{
        IdempotencyKey, NewOrder, Order, OrderCommand, OrderEvent, OrderListSort, PlacementDemand,
        PlacementSnapshot, PriorPlacement, ProductSnapshot, decide_placement,
        port::{
            ExecuteOrderError, OrderFilter, OrderQuery, OrderReads, OrderSearch, OrderSort,
            OrderWrites, PlaceError, Placement, SortDirection,
        },
    },
    product::StockMovement,
    text::search_form,
};

/// A store in memory. One mutex guards all of it, and holding it is the transaction.
#[derive(Default)]
pub(crate) struct Register(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    products: BTreeMap<ProductId, ProductSnapshot>,
    orders: BTreeMap<OrderId, Order>,
    journal: Vec<NewEvent>,
    movements: Vec<StockMovement>,
    keys: HashMap<(UserId, IdempotencyKey), PriorPlacement>,
    last_order: i64,
}

impl Register {
    /// A register with these products.
    pub(crate) fn stocked(
        products: impl IntoIterator<Item = (ProductId, ProductSnapshot)>,
    ) -> Self {
        let products = products.into_iter().collect();
        Self(Mutex::new(Tables { products, ..Tables::default() }))
    }

    /// The stock of a product.
    pub(crate) fn stock(&self, product: ProductId) -> Stock {
        self.tables().products.get(&product).map_or(Stock::EMPTY, |item| item.stock)
    }

    /// The sum of the movements of a product since the register was stocked.
    pub(crate) fn moved(&self, product: ProductId) -> i64 {
        let tables = self.tables();
        let moves = tables.movements.iter().filter(|movement| movement.product == product);
        moves.map(|movement| movement.delta).sum()
    }

    /// What happened, oldest first.
    pub(crate) fn journal(&self) -> Vec<NewEvent> {
        self.tables().journal.clone()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn matching(&self, filter: &OrderFilter) -> impl DoubleEndedIterator<Item = &Order> {
        let OrderFilter { statuses, user, product, search, .. } = filter.clone();
        let OrderFilter { created_from, created_to, updated_from, updated_to, .. } = *filter;
        self.orders.values().filter(move |order| {
            (statuses.is_empty() || statuses.contains(&order.status()))
                && user.is_none_or(|user| order.placed_by() == user)
                && product.is_none_or(|product| order.product_ids().any(|id| id == product))
                && created_from.is_none_or(|from| order.created_at() >= from)
                && created_to.is_none_or(|to| order.created_at() <= to)
                && updated_from.is_none_or(|from| order.updated_at() >= from)
                && updated_to.is_none_or(|to| order.updated_at() <= to)
                // The register has no accounts, so no addresses.
                && search.as_ref().is_none_or(|search| {
                    search.number() == Some(order.id())
                        || order.search_text().contains(search.text().folded())
                })
        })
    }
}

#[async_trait]
impl OrderReads for Register {
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.tables().orders.get(&id).cloned())
    }

    async fn find_with_deleted(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        // This store deletes no orders.
        self.find(id).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        let tables = self.tables();
        let OrderQuery { filter, sort, page } = query;
        let position = |order: &Order| match sort {
            OrderListSort::Id => (None, -order.id().get()),
            OrderListSort::UpdatedAt => (Some(order.updated_at()), order.id().get()),
        };
        let mut found: Vec<&Order> = tables.matching(filter).collect();
        found.sort_by_key(|order| position(order));
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let from_start = found.into_iter().filter(|order| match (page.start, sort) {
            (PageStart::Number(_), _) => true,
            (PageStart::After(cursor), OrderListSort::Id) => order.id().get() < cursor.id(),
            (PageStart::After(cursor), OrderListSort::UpdatedAt) => {
                position(order) > (cursor.timestamp(), cursor.id())
            }
        });
        let skipped = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        // One entry more than the limit shows that there is a next page.
        let size = usize::try_from(page.limit.get()).unwrap_or(usize::MAX).saturating_add(1);
        let fetched = from_start.skip(skipped).take(size).cloned().collect();
        Ok(Page::from_fetched_in_order(fetched, page.limit, total, |order| sort.cursor(order)))
    }

    async fn is_key_used(&self, user: UserId, key: &IdempotencyKey) -> Result<bool, StoreError> {
        Ok(self.tables().keys.contains_key(&(user, key.clone())))
    }

    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        let tables = self.tables();
        let filter = OrderFilter { user: search.user, ..OrderFilter::default() };
        let mut found: Vec<&Order> = tables
            .matching(&filter)
            .filter(|order| {
                let units = order.quantity().get();
                let names = [order.customer().as_str().to_owned(), order.content().title()];
                search.min_quantity.is_none_or(|min| units >= min)
                    && search.max_quantity.is_none_or(|max| units <= max)
                    && search.term.as_ref().is_none_or(|term| {
                        names.iter().any(|name| search_form(name).contains(term.folded()))
                    })
            })
            .collect();
        match search.sort {
            OrderSort::Id => {}
            OrderSort::Quantity => found.sort_by_key(|order| order.quantity()),
            OrderSort::CreatedAt => found.sort_by_key(|order| order.created_at()),
        }
        if search.direction == SortDirection::Descending {
            found.reverse();
        }
        let skipped = usize::try_from(search.offset).unwrap_or(0);
        let size = usize::try_from(search.limit.get()).unwrap_or(usize::MAX);
        Ok(found.into_iter().skip(skipped).take(size).cloned().collect())
    }

    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        let tables = self.tables();
        let numbered = (1..).map(EventId::new).zip(&tables.journal);
        let mut events: Vec<_> = numbered
            .map(|(number, event)| EventRecord::of(number, event))
            .filter(|event| event.order == Some(id) && tables.orders.contains_key(&id))
            .filter_map(|event| event.history_entry())
            .collect();
        events.reverse();
        Ok(events)
    }
}

#[async_trait]
impl OrderWrites for Register {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let mut tables = self.tables();
        let demand = PlacementDemand::of(&orders);
        let live = |id| Some((id, tables.products.get(&id)?.clone()));
        let used = |key| tables.keys.get(&key).map(|prior| (key, *prior));
        let snapshot = PlacementSnapshot {
            products: demand.products.into_iter().filter_map(live).collect(),
            prior: demand.keys.into_iter().filter_map(used).collect(),
            ..PlacementSnapshot::default()
        };
        let count = orders.len();
        let numbers = (tables.last_order + 1..).map(OrderId::new);
        let batch = match decide_placement(snapshot, orders).number(numbers) {
            Ok(batch) => batch,
            Err(bug) => return vec![Err(StoreError::broken(bug).into()); count],
        };
        for (order, draft) in batch.orders() {
            tables.last_order = order.id().get();
            tables.orders.insert(order.id(), order.clone());
            if let Some(used) = draft.idempotency() {
                let prior = PriorPlacement { order: order.id(), fingerprint: used.fingerprint };
                tables.keys.insert((order.placed_by(), used.key.clone()), prior);
            }
        }
        tables
            .products
            .extend(batch.stock().iter().map(|(product, item, _at)| (*product, item.clone())));
        tables.movements.extend(batch.movements());
        tables.journal.extend(batch.events());
        let live = |id| Some((id, tables.orders.get(&id)?.clone()));
        batch.results(&batch.replayed_ids().into_iter().filter_map(live).collect())
    }

    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        let mut tables = self.tables();
        let order = tables.orders.get(&id).ok_or(ExecuteOrderError::NotFound)?;
        let change = order.decide(command, expected, actor, now)?;
        for restock in &change.restocks {
            if let Some(item) = tables.products.get_mut(&restock.product) {
                item.stock = item.stock.put_back(restock.quantity);
                item.revision = item.revision.next();
                let movement = change.movement(restock, item.stock, item.revision);
                tables.movements.push(movement);
            }
        }
        tables.journal.push(change.event);
        if change.deleted {
            tables.orders.remove(&id);
        } else {
            tables.orders.insert(id, change.order.clone());
        }
        Ok(change.order)
    }
}
