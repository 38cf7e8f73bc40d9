//! Placing a batch of orders has the same results as placing them one by one.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::sync::Arc;

use domain::{
    ProductId, Revision, Timestamp,
    account::Account,
    order::{
        NewOrder, PlaceRefusal,
        port::{OrderFilter, PlaceError, Placement},
    },
    product::{Product, ProductCommand},
};

use crate::{
    ShopFixture,
    builders::{self, quantity, stock},
    race, refusal, revision,
};

pub async fn an_empty_batch_has_no_results(shop: ShopFixture) {
    assert!(shop.stores.orders.place(Vec::new()).await.is_empty());
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 0);
}

pub async fn a_refused_order_does_not_affect_other_orders_of_its_batch(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 5).await;
    let unknown = ProductId::new(lamp.id.get() + 1_000);
    let order = |product, units| builders::order(&shop.customer).with_line(product, units);
    let batch = vec![
        order(lamp.id, 6).build(),
        order(lamp.id, 3).build(),
        order(unknown, 1).build(),
        order(lamp.id, 1).with_line(unknown, 1).build(),
        builders::free_form(&shop.customer, "Desk").build(),
        order(lamp.id, 3).build(),
        order(lamp.id, 2).build(),
        order(lamp.id, 1).build(),
    ];
    let results = shop.stores.orders.place(batch.clone()).await;
    assert_eq!(results.len(), batch.len());
    let insufficient = |requested, available| PlaceRefusal::InsufficientStock {
        product: lamp.id,
        requested: quantity(requested),
        available: stock(available),
    };
    let not_found = PlaceRefusal::ProductNotFound { product: unknown };
    let expected = [
        Err(insufficient(6, 5)),
        Ok(3),
        Err(not_found),
        Err(not_found),
        Ok(1),
        Err(insufficient(3, 2)),
        Ok(2),
        Err(insufficient(1, 0)),
    ];
    let mut ids = Vec::new();
    for (result, expected) in results.into_iter().zip(expected) {
        match expected {
            Ok(units) => {
                let order = result.unwrap().order;
                assert_eq!(order.quantity(), quantity(units));
                ids.push(order.id());
                assert_eq!(shop.order(order.id()).await, Some(order));
            }
            Err(why) => assert_eq!(refusal(result), why),
        }
    }
    assert!(ids.is_sorted(), "ids ascend in the sequence of the batch: {ids:?}");
    let left = shop.live_product(lamp.id).await;
    assert_eq!((left.stock, left.revision), (stock(0), revision(2)));
}

pub async fn a_repeated_idempotency_key_in_a_batch_places_one_order(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 5).await;
    let order =
        |by: &Account, units| builders::order(by).with_line(lamp.id, units).with_key("key").build();
    let (ada, root) = (&shop.customer, &shop.admin);
    let batch = vec![
        order(ada, 9),
        order(ada, 2),
        order(ada, 2),
        order(ada, 1),
        order(root, 2),
        order(ada, 2),
    ];
    let mut results = shop.stores.orders.place(batch).await.into_iter();
    let mut next = || results.next().expect("one result for each order");
    assert!(matches!(refusal(next()), PlaceRefusal::InsufficientStock { .. }));
    let first = next().unwrap();
    assert!(!first.replayed, "the refused order did not use up the key");
    let replay = Placement { order: first.order, replayed: true };
    assert_eq!(next().unwrap(), replay);
    assert_eq!(refusal(next()), PlaceRefusal::KeyReused);
    let other = next().unwrap();
    assert!(!other.replayed && other.order.id() != replay.order.id());
    assert_eq!(next().unwrap(), replay);
    assert_eq!(shop.stock(lamp.id).await, 1);
}

pub async fn a_large_batch_is_placed_like_a_small_one(shop: ShopFixture) {
    const ORDERS: usize = 1_500;
    let (lamp, desk) = (shop.product("Lamp", 1_000).await, shop.product("Desk", 2_000).await);
    let batch: Vec<_> = (0..ORDERS)
        .map(|number| {
            let order = builders::order(&shop.customer).with_line(desk.id, 1);
            order.with_line(lamp.id, 1).with_key(&format!("key {number}")).build()
        })
        .collect();
    let results = shop.stores.orders.place(batch).await;
    let placed = results.iter().take_while(|result| result.is_ok()).count();
    assert_eq!((results.len(), placed), (ORDERS, 1_000), "first come, first served");
    assert!(results.iter().skip(placed).all(Result::is_err));
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (0, 1_000));
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1_000);
}

pub async fn concurrent_batches_sell_exactly_the_stock(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 100).await;
    let placed = race(16, |_| {
        let shop = shop.clone();
        let order = builders::order(&shop.customer).with_line(lamp.id, 1).build();
        async move {
            let results = shop.stores.orders.place(vec![order; 10]).await;
            assert_eq!(results.len(), 10);
            let (placed, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
            for result in refused {
                assert!(matches!(refusal(result), PlaceRefusal::InsufficientStock { .. }));
            }
            placed.len()
        }
    })
    .await;
    assert_eq!(placed.iter().sum::<usize>(), 100);
    let left = shop.live_product(lamp.id).await;
    assert_eq!((left.stock, left.revision), (stock(0), revision(100)));
}

pub async fn a_batch_has_the_same_results_as_its_orders_placed_one_by_one(shop: ShopFixture) {
    let at_once = Catalogue::open(&shop, "at-once").await;
    let one_by_one = Catalogue::open(&shop, "one-by-one").await;
    let mut random = Xorshift(20_240_415);
    for round in 0..8 {
        let requests: Vec<_> = (0..40).map(|_| OrderRequest::random(&mut random)).collect();
        let batch = requests.iter().map(|request| at_once.order(request)).collect();
        let together = shop.stores.orders.place(batch).await;
        let mut single = Vec::new();
        for request in &requests {
            single.push(shop.try_place(one_by_one.order(request)).await);
        }
        let (together, single) = (at_once.outcomes(together), one_by_one.outcomes(single));
        for (number, request) in requests.iter().enumerate() {
            assert_eq!(together[number], single[number], "round {round}, {number}: {request:?}");
        }
        assert_eq!(
            at_once.stock_levels(&shop).await,
            one_by_one.stock_levels(&shop).await,
            "round {round}"
        );
    }
    let placed = |catalogue: &Catalogue| {
        let user = Some(catalogue.customers[0].id);
        shop.count_orders(OrderFilter { user, ..OrderFilter::default() })
    };
    assert_eq!(placed(&at_once).await, placed(&one_by_one).await);
}

/// Two customers and a few products. One store can hold several equal catalogues.
struct Catalogue {
    customers: [Account; 2],
    products: Vec<Arc<Product>>,
}

/// An order in terms of a catalogue: the indices of its customer and products, and its key.
#[derive(Debug)]
struct OrderRequest {
    customer: usize,
    lines: Vec<(usize, i64)>,
    key: Option<u64>,
}

/// The result of placing an order, in terms that are equal in all catalogues.
#[derive(Debug, PartialEq)]
enum PlaceOutcome {
    /// Placed or replayed. `first` is the index of the first order in the batch with the same id.
    Order {
        first: usize,
        replayed: bool,
        lines: Vec<(usize, i64)>,
        total: i128,
    },
    NotFound(usize),
    Insufficient {
        product: usize,
        requested: i64,
        available: i64,
    },
    KeyReused,
}

impl Catalogue {
    async fn open(shop: &ShopFixture, name: &str) -> Self {
        let customers = [
            shop.register(&format!("{name}-1@example.com")).await,
            shop.register(&format!("{name}-2@example.com")).await,
        ];
        let mut products = Vec::new();
        for units in [300, 60, 7, 0, 50] {
            products.push(shop.product(&format!("Product with {units}"), units).await);
        }
        shop.change_product(products[4].id, &ProductCommand::Delete).await;
        Self { customers, products }
    }

    fn product(&self, index: usize) -> ProductId {
        self.products.get(index).map_or(ProductId::new(1_000_000), |product| product.id)
    }

    fn index(&self, id: ProductId) -> usize {
        let known = self.products.iter().position(|product| product.id == id);
        known.unwrap_or(self.products.len())
    }

    fn order(&self, request: &OrderRequest) -> NewOrder {
        let customer = &self.customers[request.customer];
        let mut order = match request.lines.as_slice() {
            [] => builders::free_form(customer, "Something"),
            _ => builders::order(customer),
        };
        for (product, units) in &request.lines {
            order = order.with_line(self.product(*product), *units);
        }
        if let Some(key) = request.key {
            order = order.with_key(&format!("key {key}"));
        }
        order.with_timestamp(100).build()
    }

    fn outcomes(&self, results: Vec<Result<Placement, PlaceError>>) -> Vec<PlaceOutcome> {
        let ids: Vec<_> =
            results.iter().map(|result| result.as_ref().ok().map(|one| one.order.id())).collect();
        let outcome = |result: Result<Placement, PlaceError>| match result {
            Ok(Placement { order, replayed }) => PlaceOutcome::Order {
                first: ids.iter().position(|id| *id == Some(order.id())).unwrap(),
                replayed,
                lines: order
                    .content()
                    .lines()
                    .iter()
                    .map(|line| (self.index(line.product), line.quantity.get()))
                    .collect(),
                total: order.total().minor(),
            },
            refused => match refusal(refused) {
                PlaceRefusal::ProductNotFound { product } => {
                    PlaceOutcome::NotFound(self.index(product))
                }
                PlaceRefusal::InsufficientStock { product, requested, available } => {
                    let (requested, available) = (requested.get(), available.get());
                    PlaceOutcome::Insufficient {
                        product: self.index(product),
                        requested,
                        available,
                    }
                }
                PlaceRefusal::KeyReused => PlaceOutcome::KeyReused,
                PlaceRefusal::AccountGone => panic!("no account is deleted here"),
            },
        };
        results.into_iter().map(outcome).collect()
    }

    async fn stock_levels(&self, shop: &ShopFixture) -> Vec<(i64, Revision, Timestamp)> {
        let mut stock_levels = Vec::new();
        for product in &self.products[..4] {
            let now = shop.live_product(product.id).await;
            stock_levels.push((now.stock.get(), now.revision, now.updated_at));
        }
        stock_levels
    }
}

impl OrderRequest {
    fn random(random: &mut Xorshift) -> Self {
        let lines = (0..random.below(4)).map(|_| {
            // Mostly products that exist. Index 4 is deleted, index 5 unknown.
            let product = match random.below(20) {
                0 => 5,
                1 => 4,
                2 => 3,
                other => other % 3,
            };
            let units = 1 + i64::try_from(random.below(4)).unwrap();
            (usize::try_from(product).unwrap(), units)
        });
        Self {
            lines: lines.collect(),
            customer: usize::try_from(random.below(2)).unwrap(),
            key: (random.below(2) == 0).then(|| random.below(60)),
        }
    }
}

/// A pseudorandom generator with a fixed seed (xorshift).
struct Xorshift(u64);

impl Xorshift {
    /// The next number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}
