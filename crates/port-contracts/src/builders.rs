//! Test data: the smallest thing that is valid, and `with_…` for what a test is about.
//!
//! Moments are fixed, so that a failure reads the same each time.

mod account;
mod order;
mod product;

pub use account::{AccountBuilder, account, email, password_hash, person};
pub use order::{OrderBuilder, customer, free_form, item, key, order, search};
pub use product::{ProductBuilder, price, product, product_name, stock};

use std::num::NonZero;

use chrono::TimeDelta;
use domain::{
    PageLimit, PageNumber, PageRequest, Quantity, SearchTerm, Timestamp, TraceParent,
    account::{SessionId, TokenHash},
};

/// The moment so many seconds after the tests' fixed beginning, a spring day of 2024. It has
/// microseconds, so that a store which drops them is found out.
pub fn timestamp(seconds: i64) -> Timestamp {
    const BEGINNING_MICROS: i64 = 1_713_170_096_123_457;
    Timestamp::from_timestamp_micros(BEGINNING_MICROS).expect("a moment in range")
        + TimeDelta::seconds(seconds)
}

/// So many units.
pub fn quantity(units: i64) -> Quantity {
    Quantity::new(units).expect("a quantity")
}

/// The page of that number, with so many entries.
pub fn page(number: i64, limit: i64) -> PageRequest {
    PageRequest::number(PageNumber::new(number).expect("a page's number"), page_limit(limit))
}

/// So many entries a page.
pub fn page_limit(limit: i64) -> PageLimit {
    PageLimit::new(limit).expect("a page's limit")
}

/// What is searched for. Must not be blank.
pub fn term(raw: &str) -> SearchTerm {
    SearchTerm::parse(raw).expect("a search term").expect("a search term that is not blank")
}

/// The session of that number.
pub fn session_id(number: u64) -> SessionId {
    SessionId::from_random(u128::from(number).to_be_bytes())
}

/// A place in a trace of that number, which is recorded if the number is odd.
pub fn trace(number: u64) -> TraceParent {
    let number = NonZero::new(number).expect("traces are counted from 1");
    TraceParent::new(number.into(), number, number.get() % 2 == 1)
}

/// The hash of the refresh token of that number.
pub fn token_hash(number: u64) -> TokenHash {
    let mut bytes = [0xA5; 32];
    for (byte, from) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *byte = from;
    }
    TokenHash::from_bytes(bytes)
}
