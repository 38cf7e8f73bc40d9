//! The demo's data, generated from a seed before anything is written.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    order::{OrderCommand, OrderStatus},
};
use rand::{
    RngExt as _, SeedableRng as _, rngs::Xoshiro256PlusPlus, seq::IndexedRandom as _,
    seq::SliceRandom as _,
};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scenario {
    /// When the admin and the products are created: before the first order.
    pub(super) opened_at: Timestamp,
    /// Name, description, price in hundredths, and stock of each product.
    pub(super) products: Vec<(String, &'static str, i64, i64)>,
    /// The customers' names, all different.
    pub(super) customers: Vec<String>,
    /// The customer of each order and its lines of product and quantity, as indices. An order
    /// without lines is free-form.
    pub(super) orders: Vec<(usize, Vec<(usize, i64)>)>,
    /// What is done to which order, sorted by time. `None` places the order; commands follow.
    pub(super) actions: Vec<(Timestamp, usize, Option<OrderCommand>)>,
}

/// The number of days over which the orders are spread.
const DAYS: i64 = 90;

const SERIES: [&str; 8] = ["Alma", "Birch", "Fjord", "Harbour", "Lumen", "Meadow", "Oslo", "Terra"];
const VARIANTS: [&str; 10] =
    ["S", "M", "L", "black", "sand", "blue", "set of 2", "set of 4", "gift box", "refurbished"];
/// Name, description and price, in whole units of the currency.
const MODELS: [(&str, &str, i64); 13] = [
    ("skillet", "Cast iron; holds its heat and fits every hob.", 49),
    ("teapot", "Pours without a drop.", 45),
    ("dinner plate", "Stoneware, fit for the dishwasher.", 16),
    ("water glass", "Thin, but tempered.", 6),
    ("desk lamp", "Dims without flicker, from warm to cool.", 89),
    ("wool blanket", "Woven from new wool, with a fringe.", 99),
    ("bath towel", "Heavy cotton that dries quickly.", 22),
    ("plant pot", "With a saucer.", 18),
    ("notebook", "Opens flat; paper that takes ink.", 11),
    ("headphones", "Thirty hours of music.", 149),
    ("yoga mat", "Grips on both sides.", 42),
    ("daypack", "A padded sleeve for a laptop.", 85),
    ("umbrella", "Stands up to a storm.", 33),
];
const FIRST_NAMES: [&str; 32] = [
    "Aisha", "Anna", "Ben", "Carlos", "Clara", "David", "Elif", "Emma", "Erik", "Fatima", "Felix",
    "Grace", "Hana", "Hugo", "Ida", "Ivan", "Jonas", "Karla", "Leon", "Lina", "Maria", "Mateo",
    "Nina", "Noah", "Olga", "Omar", "Paul", "Rosa", "Sofia", "Tom", "Vera", "Yuki",
];
const LAST_NAMES: [&str; 32] = [
    "Andersen", "Bauer", "Bianchi", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Haddad",
    "Hansen", "Ivanova", "Jansen", "Kaya", "Keller", "Kowalska", "Marino", "Martin", "Meyer",
    "Moreau", "Murphy", "Nakamura", "Okafor", "Patel", "Ricci", "Santos", "Silva", "Taylor",
    "Virtanen", "Wagner", "Walsh", "Weber", "Young",
];

/// All pairs, shuffled.
fn shuffled_pairs<A: Copy, B: Copy>(
    rng: &mut Xoshiro256PlusPlus,
    left: &[A],
    right: &[B],
) -> Vec<(A, B)> {
    let pairs_of = |one: A| right.iter().map(move |other| (one, *other));
    let mut all: Vec<_> = left.iter().flat_map(|one| pairs_of(*one)).collect();
    all.shuffle(rng);
    all
}

impl Scenario {
    /// Generates a scenario that ends at `now`. The same arguments generate the same scenario.
    pub(super) fn generate(
        seed: u64,
        (products, customers, orders): (usize, usize, usize),
        now: Timestamp,
    ) -> Self {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(seed);
        let models_of_series = shuffled_pairs(rng, &MODELS, &SERIES);
        let variants = shuffled_pairs(rng, &models_of_series, &VARIANTS).into_iter();
        let products: Vec<_> = variants
            .take(products)
            .map(|(((model, description, price), series), variant)| {
                let price = price * 100 + [0, 50, 90, 95].choose(rng).copied().unwrap_or(0);
                let name = format!("{series} {model}, {variant}");
                (name, description, price, rng.random_range(3..=250))
            })
            .collect();
        let names = shuffled_pairs(rng, &FIRST_NAMES, &LAST_NAMES).into_iter().take(customers);
        let names = names.map(|(first, last)| format!("{first} {last}")).collect();
        let midnight = now - TimeDelta::seconds(now.timestamp().rem_euclid(86_400));
        let random_time = |rng: &mut Xoshiro256PlusPlus| {
            let minutes = TimeDelta::minutes(rng.random_range(7 * 60..22 * 60));
            // The later of two random days, so that the number of orders grows over time.
            let days = rng.random_range(1..=DAYS).min(rng.random_range(1..=DAYS));
            (midnight - TimeDelta::days(days) + minutes).min(now)
        };
        let mut times: Vec<_> = (0..orders).map(|_| random_time(rng)).collect();
        times.sort_unstable();
        let mut stock: Vec<_> = products.iter().map(|product| product.3).collect();
        let (mut orders, mut actions) = (Vec::with_capacity(orders), Vec::new());
        for (order, placed_at) in times.into_iter().enumerate() {
            orders.push((rng.random_range(0..customers), lines(rng, &mut stock)));
            actions.push((placed_at, order, None));
            actions.extend(commands(rng).into_iter().scan(placed_at, |at, (hours, command)| {
                *at += TimeDelta::minutes(rng.random_range(hours * 20..=hours * 60));
                Some((*at, order, Some(command)))
            }));
        }
        actions.retain(|(at, _, _)| *at <= now);
        // The sort is stable: actions on one order at the same time keep their sequence.
        actions.sort_by_key(|(at, _, _)| *at);
        let opened_at = midnight - TimeDelta::days(DAYS + 30);
        Self { opened_at, products, customers: names, orders, actions }
    }
}

/// The lines of an order, taken from the `stock` of each product. One order in twelve has none.
fn lines(rng: &mut Xoshiro256PlusPlus, stock: &mut [i64]) -> Vec<(usize, i64)> {
    let wanted = [0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4].choose(rng).copied().unwrap_or(1);
    let mut chosen: Vec<(usize, i64)> = Vec::new();
    for _ in 0..wanted {
        // The lower of two random indices, so that some products are more popular than others.
        let product = rng.random_range(0..stock.len()).min(rng.random_range(0..stock.len()));
        let quantity = rng.random_range(1..=3);
        if let Some(in_stock) = stock.get_mut(product).filter(|in_stock| **in_stock >= quantity)
            && chosen.iter().all(|(known, _)| *known != product)
        {
            *in_stock -= quantity;
            chosen.push((product, quantity));
        }
    }
    chosen
}

/// The commands on an order, each with the most hours that pass before it.
fn commands(rng: &mut Xoshiro256PlusPlus) -> Vec<(i64, OrderCommand)> {
    let to = |status| OrderCommand::ChangeStatus { to: status };
    let process = (24, to(OrderStatus::Processing));
    let (ship, deliver) = ((36, to(OrderStatus::Shipped)), (96, to(OrderStatus::Delivered)));
    match rng.random_range(0..100) {
        0 => Vec::new(),
        1..=4 => vec![(5, OrderCommand::Cancel)],
        5..=6 => vec![process, (10, to(OrderStatus::Cancelled))],
        // Some orders are shipped without being processed first.
        7..=20 => vec![ship, deliver],
        _ => vec![process, ship, deliver],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_generates_the_same_scenario_without_actions_in_the_future() {
        let now = "2025-06-15T16:00:00Z".parse().unwrap();
        let scenario = Scenario::generate(7, (1_000, 1_000, 600), now);
        assert_eq!(scenario, Scenario::generate(7, (1_000, 1_000, 600), now));
        assert_ne!(scenario, Scenario::generate(8, (1_000, 1_000, 600), now));
        assert_eq!((scenario.products.len(), scenario.customers.len()), (1_000, 1_000));
        assert!(scenario.actions.iter().all(|(at, _, _)| (scenario.opened_at..=now).contains(at)));
    }
}
