//! What happens in the demo's shop: drawn from a seed, before anything is written.

use chrono::TimeDelta;
use domain::{Timestamp, order::OrderStatus};
use rand::{RngExt as _, SeedableRng as _, rngs::Xoshiro256PlusPlus};

use super::{
    catalogue::{self, Article},
    people::{self, Person},
};

/// How large the shop is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// How many products.
    pub(super) products: usize,
    /// How many customers.
    pub(super) customers: usize,
    /// How many orders.
    pub(super) orders: usize,
}

/// The shop's whole story.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// When staff came, first of all.
    pub(super) opened_at: Timestamp,
    /// The products, in the order in which they are made, all before the first order.
    pub(super) products: Vec<PlannedProduct>,
    /// The customers, in the order in which they register.
    pub(super) customers: Vec<PlannedCustomer>,
    /// The orders, by number.
    pub(super) orders: Vec<PlannedOrder>,
    /// What happens to them, in the order of time.
    pub(super) events: Vec<PlannedEvent>,
}

/// A product, and when it is made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlannedProduct {
    pub(super) article: Article,
    /// How many pieces there are: enough for every order.
    pub(super) stock: i64,
    pub(super) made_at: Timestamp,
}

/// A customer, and when they register.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlannedCustomer {
    pub(super) person: Person,
    pub(super) registered_at: Timestamp,
}

/// An order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlannedOrder {
    /// Whose: an index into the plan's customers.
    pub(super) customer: usize,
    pub(super) content: PlannedContent,
}

/// What an order asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PlannedContent {
    /// Products, as indices into the plan's, and how many of each.
    Lines(Vec<(usize, i64)>),
    /// Something in words, and how many of it.
    Words(&'static str, i64),
}

/// Something that happens to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedEvent {
    pub(super) at: Timestamp,
    /// Which: an index into the plan's orders.
    pub(super) order: usize,
    pub(super) what: What,
}

/// What happens to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Its customer places it.
    Place,
    /// Its customer calls it off.
    CallOff,
    /// Staff move it along, or cancel it.
    Move(OrderStatus),
}

/// Over how many days the orders are spread.
const DAYS: i64 = 90;

/// When people order: most in the evening, hardly any at night.
const HOURS: [i64; 28] = [
    0, 6, 7, 8, 8, 9, 9, 10, 10, 11, 12, 12, 13, 13, 14, 15, 16, 17, 17, 18, 18, 19, 19, 20, 20,
    21, 21, 22,
];

/// What people ask for in words.
const WORDS: [&str; 12] = [
    "Gift wrapping for a birthday",
    "Spare lid for a teapot",
    "Engraving on a fountain pen",
    "Replacement handle",
    "Sample box of coffee",
    "Catalogue on paper",
    "Knife sharpening",
    "Cushions in my own fabric",
    "Assembly at home",
    "Plates for a party, on loan",
    "Custom shelf, 80 cm",
    "Gift card",
];

impl Plan {
    /// Draws a story that ends at `now`. The same seed and sizes tell the same one.
    pub(super) fn draw(seed: u64, sizes: Sizes, now: Timestamp) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let rng = &mut rng;
        let first_day = now - TimeDelta::days(DAYS);
        let customers = customers(rng, sizes.customers, first_day, now);
        let mut orders = Vec::with_capacity(sizes.orders);
        let mut events = Vec::new();
        let mut demand = vec![0; sizes.products];
        let mut moments: Vec<_> = (0..sizes.orders).map(|_| moment(rng, first_day, now)).collect();
        moments.sort_unstable();
        for (order, placed_at) in moments.into_iter().enumerate() {
            let known = customers.partition_point(|one| one.registered_at < placed_at).max(1);
            let content = content(rng, sizes.products);
            if let PlannedContent::Lines(lines) = &content {
                for (product, quantity) in lines {
                    if let Some(sum) = demand.get_mut(*product) {
                        *sum += quantity;
                    }
                }
            }
            orders.push(PlannedOrder { customer: rng.random_range(0..known), content });
            events.push(PlannedEvent { at: placed_at, order, what: What::Place });
            events.extend(life(rng, order, placed_at).filter(|event| event.at <= now));
        }
        // The sort is stable: what happens to an order at one moment stays in its order.
        events.sort_by_key(|event| event.at);
        Self {
            opened_at: first_day - TimeDelta::days(31),
            products: products(rng, &demand, first_day),
            customers,
            orders,
            events,
        }
    }
}

fn products(
    rng: &mut Xoshiro256PlusPlus,
    demand: &[i64],
    first_day: Timestamp,
) -> Vec<PlannedProduct> {
    let mut made_at = first_day - TimeDelta::days(30);
    catalogue::draw(rng, demand.len())
        .into_iter()
        .zip(demand)
        .map(|(article, sold)| {
            made_at += TimeDelta::seconds(rng.random_range(60..1_800));
            // Some are as good as sold out by now; most are not.
            let left = if rng.random_ratio(1, 10) {
                rng.random_range(0..=3)
            } else {
                rng.random_range(5..=120)
            };
            PlannedProduct { article, stock: sold + left, made_at }
        })
        .collect()
}

/// One in five is there from the first day, so that somebody can order; the others come by and by.
fn customers(
    rng: &mut Xoshiro256PlusPlus,
    count: usize,
    first_day: Timestamp,
    now: Timestamp,
) -> Vec<PlannedCustomer> {
    let mut moments: Vec<_> = (0..count)
        .map(|number| {
            if number.is_multiple_of(5) {
                first_day - TimeDelta::minutes(rng.random_range(60..=20 * 1_440))
            } else {
                moment(rng, first_day, now)
            }
        })
        .collect();
    moments.sort_unstable();
    people::draw(rng, count)
        .into_iter()
        .zip(moments)
        .map(|(person, registered_at)| PlannedCustomer { person, registered_at })
        .collect()
}

/// A moment between the first day and now: rather a late day, at an hour when people are awake.
fn moment(rng: &mut Xoshiro256PlusPlus, first_day: Timestamp, now: Timestamp) -> Timestamp {
    let day = rng.random_range(0..DAYS).max(rng.random_range(-DAYS..DAYS));
    let hour = HOURS.get(rng.random_range(0..HOURS.len())).copied().unwrap_or(12);
    let in_the_hour = TimeDelta::milliseconds(rng.random_range(0..3_600_000));
    let midnight = first_day - TimeDelta::seconds(first_day.timestamp().rem_euclid(86_400));
    let drawn = midnight + TimeDelta::days(day + 1) + TimeDelta::hours(hour) + in_the_hour;
    if drawn < now { drawn } else { drawn - TimeDelta::days(1) }.max(first_day)
}

fn content(rng: &mut Xoshiro256PlusPlus, products: usize) -> PlannedContent {
    if rng.random_ratio(2, 25) {
        let words = WORDS.get(rng.random_range(0..WORDS.len())).copied().unwrap_or("Gift card");
        return PlannedContent::Words(words, rng.random_range(1..=5));
    }
    let lines = if rng.random_ratio(7, 10) { 1 } else { rng.random_range(2..=5) };
    let mut chosen: Vec<(usize, i64)> = Vec::with_capacity(lines);
    for _ in 0..lines {
        // The least of two draws: some products are more popular than others.
        let product = rng.random_range(0..products).min(rng.random_range(0..products));
        let quantity = if rng.random_ratio(1, 20) {
            rng.random_range(4..=12)
        } else {
            rng.random_range(1..=3)
        };
        if !chosen.iter().any(|(known, _)| *known == product) {
            chosen.push((product, quantity));
        }
    }
    PlannedContent::Lines(chosen)
}

/// What becomes of an order after it was placed, if there is time enough.
fn life(
    rng: &mut Xoshiro256PlusPlus,
    order: usize,
    placed_at: Timestamp,
) -> impl Iterator<Item = PlannedEvent> {
    let mut minutes = |least: i64, most: i64| TimeDelta::minutes(rng.random_range(least..=most));
    let called_off_at = placed_at + minutes(5, 300);
    let packed_at = placed_at + minutes(60, 1_500);
    let refused_at = packed_at + minutes(30, 600);
    let sent_at = packed_at + minutes(120, 2_160);
    let arrived_at = sent_at + minutes(1_200, 5_760);
    let step = |at, to| (at, What::Move(to));
    let steps = match rng.random_range(0..100) {
        // Forgotten in a corner.
        0 => Vec::new(),
        1..=4 => vec![(called_off_at, What::CallOff)],
        5..=6 => {
            vec![step(packed_at, OrderStatus::Processing), step(refused_at, OrderStatus::Cancelled)]
        }
        // Small parcels leave at once.
        7..=20 => {
            vec![step(sent_at, OrderStatus::Shipped), step(arrived_at, OrderStatus::Delivered)]
        }
        _ => vec![
            step(packed_at, OrderStatus::Processing),
            step(sent_at, OrderStatus::Shipped),
            step(arrived_at, OrderStatus::Delivered),
        ],
    };
    steps.into_iter().map(move |(at, what)| PlannedEvent { at, order, what })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SIZES: Sizes = Sizes { products: 40, customers: 12, orders: 600 };

    fn now() -> Timestamp {
        "2025-06-15T16:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_same_seed_tells_the_same_story_and_another_one_another() {
        assert_eq!(Plan::draw(7, SIZES, now()), Plan::draw(7, SIZES, now()));
        assert_ne!(Plan::draw(7, SIZES, now()), Plan::draw(8, SIZES, now()));
    }

    #[test]
    fn nothing_happens_in_the_future_and_no_order_before_the_first_day() {
        let plan = Plan::draw(1, SIZES, now());
        let first_day = now() - TimeDelta::days(DAYS);
        assert!(plan.events.iter().all(|event| (first_day..=now()).contains(&event.at)));
        assert!(plan.events.is_sorted_by_key(|event| event.at));
        assert!(plan.products.iter().all(|product| product.made_at < first_day));
        assert!(plan.customers.iter().all(|customer| customer.registered_at <= now()));
    }

    #[test]
    fn nobody_orders_before_they_have_an_account() {
        let plan = Plan::draw(1, SIZES, now());
        for event in plan.events.iter().filter(|event| event.what == What::Place) {
            let customer = plan.orders[event.order].customer;
            assert!(plan.customers[customer].registered_at < event.at);
        }
    }

    #[test]
    fn every_step_is_one_that_the_lifecycle_has_and_all_statuses_are_there_in_the_end() {
        let plan = Plan::draw(1, SIZES, now());
        let mut statuses = vec![None; SIZES.orders];
        for event in &plan.events {
            let status = &mut statuses[event.order];
            *status = match (*status, event.what) {
                (None, What::Place) => Some(OrderStatus::Pending),
                (Some(from), What::CallOff) => {
                    assert!(OrderStatus::can_become(from, OrderStatus::Cancelled));
                    Some(OrderStatus::Cancelled)
                }
                (Some(from), What::Move(to)) => {
                    assert!(OrderStatus::can_become(from, to), "{from} to {to}");
                    Some(to)
                }
                (status, what) => panic!("{what:?} happens to an order that is {status:?}"),
            };
        }
        let seen: HashSet<_> = statuses.into_iter().collect();
        assert_eq!(seen, OrderStatus::ALL.into_iter().map(Some).collect());
    }

    #[test]
    fn there_is_stock_enough_for_every_order() {
        let plan = Plan::draw(1, SIZES, now());
        let mut left: Vec<_> = plan.products.iter().map(|product| product.stock).collect();
        for order in &plan.orders {
            if let PlannedContent::Lines(lines) = &order.content {
                for (product, quantity) in lines {
                    left[*product] -= quantity;
                }
            }
        }
        assert!(left.iter().all(|stock| *stock >= 0), "{left:?}");
    }
}
