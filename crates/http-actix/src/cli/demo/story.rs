//! What happens in the demo's shop: drawn from a seed, before anything is written.

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
pub(super) struct Story {
    /// When staff and products came: before the first order.
    pub(super) opened_at: Timestamp,
    /// Name, description, price in hundredths, and stock of each product.
    pub(super) products: Vec<(String, &'static str, i64, i64)>,
    /// The customers' names. No two are equal.
    pub(super) customers: Vec<String>,
    /// Who orders what: indices into the customers and the products, with quantities. Without lines, something in words.
    pub(super) orders: Vec<(usize, Vec<(usize, i64)>)>,
    /// What happens to which order, by time: it is placed, and then the commands.
    pub(super) events: Vec<(Timestamp, usize, Option<OrderCommand>)>,
}

/// Over how many days the orders are spread.
const DAYS: i64 = 90;

const SERIES: [&str; 8] = ["Alma", "Birch", "Fjord", "Harbour", "Lumen", "Meadow", "Oslo", "Terra"];
const VARIANTS: [&str; 10] =
    ["S", "M", "L", "black", "sand", "blue", "set of 2", "set of 4", "gift box", "refurbished"];
/// What the shop sells, and its price in whole units.
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
const FIRST: [&str; 32] = [
    "Aisha", "Anna", "Ben", "Carlos", "Clara", "David", "Elif", "Emma", "Erik", "Fatima", "Felix",
    "Grace", "Hana", "Hugo", "Ida", "Ivan", "Jonas", "Karla", "Leon", "Lina", "Maria", "Mateo",
    "Nina", "Noah", "Olga", "Omar", "Paul", "Rosa", "Sofia", "Tom", "Vera", "Yuki",
];
const LAST: [&str; 32] = [
    "Andersen", "Bauer", "Bianchi", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Haddad",
    "Hansen", "Ivanova", "Jansen", "Kaya", "Keller", "Kowalska", "Marino", "Martin", "Meyer",
    "Moreau", "Murphy", "Nakamura", "Okafor", "Patel", "Ricci", "Santos", "Silva", "Taylor",
    "Virtanen", "Wagner", "Walsh", "Weber", "Young",
];

/// All pairs, in an order of chance.
fn pairs<A: Copy, B: Copy>(rng: &mut Xoshiro256PlusPlus, left: &[A], right: &[B]) -> Vec<(A, B)> {
    let pairs_of = |one: A| right.iter().map(move |other| (one, *other));
    let mut all: Vec<_> = left.iter().flat_map(|one| pairs_of(*one)).collect();
    all.shuffle(rng);
    all
}

impl Story {
    /// Draws a story that ends at `now`. The same seed and sizes tell the same one.
    pub(super) fn draw(
        seed: u64,
        (products, customers, orders): (usize, usize, usize),
        now: Timestamp,
    ) -> Self {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(seed);
        let kinds = pairs(rng, &MODELS, &SERIES);
        let goods = pairs(rng, &kinds, &VARIANTS).into_iter().take(products);
        let products: Vec<_> = goods
            .map(|(((model, description, price), series), variant)| {
                let price = price * 100 + [0, 50, 90, 95].choose(rng).copied().unwrap_or(0);
                let name = format!("{series} {model}, {variant}");
                (name, description, price, rng.random_range(3..=250))
            })
            .collect();
        let people = pairs(rng, &FIRST, &LAST).into_iter().take(customers);
        let people = people.map(|(first, last)| format!("{first} {last}")).collect();
        let midnight = now - TimeDelta::seconds(now.timestamp().rem_euclid(86_400));
        let day_of_order = |rng: &mut Xoshiro256PlusPlus| {
            let minutes = TimeDelta::minutes(rng.random_range(7 * 60..22 * 60));
            // The later of two draws: business is growing.
            let days = rng.random_range(1..=DAYS).min(rng.random_range(1..=DAYS));
            (midnight - TimeDelta::days(days) + minutes).min(now)
        };
        let mut times: Vec<_> = (0..orders).map(|_| day_of_order(rng)).collect();
        times.sort_unstable();
        let mut left: Vec<_> = products.iter().map(|product| product.3).collect();
        let (mut orders, mut events) = (Vec::with_capacity(orders), Vec::new());
        for (order, placed_at) in times.into_iter().enumerate() {
            orders.push((rng.random_range(0..customers), lines(rng, &mut left)));
            events.push((placed_at, order, None));
            events.extend(steps(rng).into_iter().scan(placed_at, |at, (hours, command)| {
                *at += TimeDelta::minutes(rng.random_range(hours * 20..=hours * 60));
                Some((*at, order, Some(command)))
            }));
        }
        events.retain(|(at, _, _)| *at <= now);
        // The sort is stable: what happens to one order at one time stays in its order.
        events.sort_by_key(|(at, _, _)| *at);
        let opened_at = midnight - TimeDelta::days(DAYS + 30);
        Self { opened_at, products, customers: people, orders, events }
    }
}

/// The lines of an order, of what is `left` of each product. One order in twelve has none.
fn lines(rng: &mut Xoshiro256PlusPlus, left: &mut [i64]) -> Vec<(usize, i64)> {
    let wanted = [0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4].choose(rng).copied().unwrap_or(1);
    let mut chosen: Vec<(usize, i64)> = Vec::new();
    for _ in 0..wanted {
        // The least of two draws: some products are more popular than others.
        let product = rng.random_range(0..left.len()).min(rng.random_range(0..left.len()));
        let quantity = rng.random_range(1..=3);
        if let Some(stock) = left.get_mut(product).filter(|stock| **stock >= quantity)
            && chosen.iter().all(|(known, _)| *known != product)
        {
            *stock -= quantity;
            chosen.push((product, quantity));
        }
    }
    chosen
}

/// What becomes of an order: after so many hours at the most, the next command.
fn steps(rng: &mut Xoshiro256PlusPlus) -> Vec<(i64, OrderCommand)> {
    let to = |status| OrderCommand::ChangeStatus { to: status };
    let (sent, arrived) = ((36, to(OrderStatus::Shipped)), (96, to(OrderStatus::Delivered)));
    let packed = (24, to(OrderStatus::Processing));
    match rng.random_range(0..100) {
        0 => Vec::new(),
        1..=4 => vec![(5, OrderCommand::Cancel)],
        5..=6 => vec![packed, (10, to(OrderStatus::Cancelled))],
        // Small parcels leave at once.
        7..=20 => vec![sent, arrived],
        _ => vec![packed, sent, arrived],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story_and_no_event_of_it_is_in_the_future() {
        let now = "2025-06-15T16:00:00Z".parse().unwrap();
        let story = Story::draw(7, (1_000, 1_000, 600), now);
        assert_eq!(story, Story::draw(7, (1_000, 1_000, 600), now));
        assert_ne!(story, Story::draw(8, (1_000, 1_000, 600), now));
        assert_eq!((story.products.len(), story.customers.len()), (1_000, 1_000));
        assert!(story.events.iter().all(|(at, _, _)| (story.opened_at..=now).contains(at)));
    }
}
