//! The rules of an order management system, and the ports through which it meets the world.
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | [`order`] | orders: the lifecycle, placing them, their history |
//! | [`product`] | products, their stock, the cache in front of them |
//! | [`account`] | accounts, roles, sessions, passwords, tokens |
//! | [`outbox`] | events waiting to be told to others, and the relay who tells them |
//! | [`mail`] | what customers are written to about their orders |
//! | [`audit`] | what must hold for the books as a whole |
//! | [`archive`] | a whole shop, row by row, on its way from one database to another |
//! | [`rate_limit`] | how often somebody may try |
//! | [`health`] | whether what a program stands on is there |
//! | the root | what all of them share: identifiers, [`Money`], [`Quantity`], names, pages, [`Clock`], [`TraceParent`] |
//!
//! Each subject has the same parts: the types and the pure decisions in the module itself, `port` with the
//! traits that an adapter implements, `service` with the use cases that a program calls.
//!
//! # The vocabulary
//!
//! A **customer** places an **order**: **lines** of **products**, or a **free-form** item in words. Placing
//! takes **stock**; each change of stock is a **movement**. Staff move the order through its
//! **lifecycle**; each **step** is an **event** in its **history**. What others want to know waits in the
//! **outbox**. An **actor** is whoever does something.
//!
//! # The one rule
//!
//! The domain decides, an adapter commits. [`order::Order::decide`], [`order::decide_placement`],
//! [`product::Product::decide`] and [`account::Account::decide`] take what is and what is asked, and
//! return what is to be: data. They read no clock, draw no random number and wait for nothing; this crate
//! depends on no runtime, web framework or database. A store locks, calls `decide`, writes what it says,
//! commits. No adapter has a rule of its own.
//!
//! # How to embed it
//!
//! `examples/embed.rs` is another program that takes orders by these rules, over a store of its own.
//!
//! # How to add a port
//!
//! 1. Write the trait in the `port` module of its subject: `#[async_trait]`, `Send + Sync`, each method a
//!    whole use case's worth of durability (never "begin" and "commit"), its doc a contract with MUST.
//! 2. Give it one error enum whose variants a caller acts on; wrap [`StoreError`] for the rest.
//! 3. Put the rule it serves into a pure function that returns data.
//! 4. Write its suite in the `port-contracts` crate: every MUST a test, races included.
//! 5. Implement it in each adapter, and run the suite there against the real thing.
//! 6. Put it together in `composition` of the `http-actix` crate, which knows all adapters.

pub mod account;
pub mod archive;
pub mod audit;
mod clock;
mod error;
mod error_chain;
pub mod health;
mod id;
pub mod mail;
mod money;
pub mod order;
pub mod outbox;
mod page;
pub mod product;
mod quantity;
pub mod rate_limit;
mod text;
mod trace_parent;

pub use clock::{Clock, Timestamp};
pub use error::{Cause, StoreError};
pub use error_chain::{innermost_cause, with_causes};
pub use id::{EventId, OrderId, OutboxEventId, ProductId, Revision, UserId, Version};
pub use money::{Currency, CurrencyError, Money, Price, PriceError};
pub use page::{Cursor, Page, PageError, PageLimit, PageNumber, PageRequest, PageStart};
pub use quantity::{Quantity, QuantityError, Stock};
pub use text::{
    CustomerName, Description, FOLDED_SEPARATOR, ItemName, PersonName, ProductName, SearchTerm,
    TextError, fold_case,
};
pub use trace_parent::{NotATraceParent, TraceParent};
