//! Test data: minimal valid values, and `with_…` methods for the values that matter to a test.
//!
//! Timestamps are fixed, so that failures are reproducible.

mod account;
mod order;
mod product;

pub use account::{AccountBuilder, DELETE, account, email, password_hash, person};
pub use order::{OrderBuilder, customer, free_form, item, key, order, search};
pub use product::{ProductBuilder, price, product, product_name, stock};

use std::num::NonZero;

use chrono::TimeDelta;
use domain::{
    PageLimit, PageNumber, PageRequest, Quantity, SearchTerm, Timestamp, TraceParent,
    account::{SessionId, TokenHash},
};

/// The timestamp that many seconds after the tests' fixed start in April 2024. It has microseconds,
/// so that cases fail on a store that drops them.
pub fn timestamp(seconds: i64) -> Timestamp {
    const START_MICROS: i64 = 1_713_170_096_123_457;
    Timestamp::from_timestamp_micros(START_MICROS).expect("a timestamp in range")
        + TimeDelta::seconds(seconds)
}

/// A quantity of this many units.
pub fn quantity(units: i64) -> Quantity {
    Quantity::new(units).expect("a quantity")
}

/// The page with this number and limit.
pub fn page(number: i64, limit: i64) -> PageRequest {
    PageRequest::number(PageNumber::new(number).expect("a page's number"), page_limit(limit))
}

/// A limit of this many entries per page.
pub fn page_limit(limit: i64) -> PageLimit {
    PageLimit::new(limit).expect("a page's limit")
}

/// A search term. Must not be blank.
pub fn term(raw: &str) -> SearchTerm {
    SearchTerm::parse(raw).expect("a search term").expect("a search term that is not blank")
}

/// The id of the session with this number.
pub fn session_id(number: u64) -> SessionId {
    SessionId::from_random(u128::from(number).to_be_bytes())
}

/// A span in the trace with this number, which is sampled if the number is odd.
pub fn trace(number: u64) -> TraceParent {
    let number = NonZero::new(number).expect("traces are counted from 1");
    TraceParent::new(number.into(), number, number.get() % 2 == 1)
}

/// The hash of the refresh token with this number.
pub fn token_hash(number: u64) -> TokenHash {
    let mut bytes = [0xA5; 32];
    for (byte, from) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *byte = from;
    }
    TokenHash::from_bytes(bytes)
}
