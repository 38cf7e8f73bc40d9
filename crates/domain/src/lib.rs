//! The rules of an order management system, and the ports through which it uses the outside world.
//!
//! # The map
//!
//! | module | what it holds |
//! |---|---|
//! | [`order`] | orders: their lifecycle, placing them, their history |
//! | [`product`] | products, their stock, the cache in front of them |
//! | [`account`] | accounts, roles, sessions, passwords, tokens |
//! | [`events`] | the journal of what happens, its readers, and the relay that delivers to them |
//! | [`mail`] | the mails that customers get about their orders and accounts |
//! | [`audit`] | the invariants of the stored data |
//! | [`archive`] | the rows of a whole shop, for copying it between databases |
//! | [`shop`] | the shop as a whole: its identifier and its currency |
//! | [`rate_limit`] | how often a client, an account or a mailbox may be used for an action |
//! | [`text`] | texts that people type, and the form in which they are searched |
//! | [`health`] | whether the dependencies of the program work |
//! | the root | what all of them share: identifiers, [`Money`], [`Quantity`], names, pages, [`Clock`], [`TraceParent`] |
//!
//! Each subject has the same parts: the types and the pure decisions in the module itself, `port`
//! with the traits that an adapter implements, `service` with the use cases that a program calls.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | access token | a short-lived signed token that authenticates requests; it works only while its session is open |
//! | account | a person's name, email address, password hash and [role](account::Role); owns orders and sessions |
//! | account token | a token that an account gets by mail, to confirm an address or to reset a password; derived from the account's state, and stored nowhere |
//! | actor | the account and role that a change is made by, with its trace; history and movements record the account |
//! | adapter | an implementation of ports with one technology: PostgreSQL, SQLite, Redis, SMTP, bcrypt |
//! | archive | the rows of a whole shop in plain values, read from one database to be written to another |
//! | audit rule | an invariant of the stored data, checked on a live database by `oms audit` |
//! | batch | a group that is committed or sent together, such as the orders of one transaction or the events of one run |
//! | caller | the account that an access token authenticates, with its session ([`account::Caller`]); of a function, the code that calls it |
//! | client | the program that sends HTTP requests; rate limits count by its network |
//! | confirmed address | an address that its owner proved to read, with an account token, or that an operator entered |
//! | cursor | a position in a list, behind the entry with a given id |
//! | customer | the account that owns an order, usually of role `user`; the name on the order is a copy or a free text |
//! | dead letter | a parked event whose delivery was given up, kept until an operator requeues or discards it |
//! | delivery | giving an event to the receiver of one subscription; happens at least once |
//! | entity tag | the HTTP `ETag` of a product or an order: its version and revision in quotes |
//! | due | of a parked event: to be delivered, its next attempt not in the future, and no earlier event of its order parked |
//! | event | a fact that is recorded in the journal |
//! | feed | the journal as clients of the REST API read it |
//! | fingerprint | the SHA-256 of what an order asks for; distinguishes a repeated request from another with the same key |
//! | finding | a violation of an audit rule: the rule, and the row that breaks it |
//! | free-form order | an order for one item described in words, without product, price or stock |
//! | health check | one test of a dependency, such as the database or Redis |
//! | history | what the events of one order say about its status, an entry for each change after its placement |
//! | idempotency key | a client's name for one order: repeating the request with it returns the order that was placed |
//! | journal | the events of the shop, by ascending number; appended in the transactions of the changes, never changed |
//! | lease | a worker's exclusive hold on a subscription until a timestamp; after that, any worker may lease it |
//! | lifecycle | the [statuses](order::OrderStatus) of an order and the transitions between them |
//! | live | of an account, product or order: not deleted; of a database: in use by a running program |
//! | line | a product, its name and unit price when the order was placed, and a quantity; an order has 1 to 100 |
//! | movement | the record of one change of a product's stock: what caused it, by how much, the balance after it |
//! | network | what counts as one client: an IPv4 address, or 64 bits of an IPv6 address ([`rate_limit::client_network`]) |
//! | open | of an order: pending or processing, so that it can be cancelled; of a session: neither revoked nor past its end |
//! | operator | the person who runs the `oms` program; over HTTP, a client that may read metrics and the state of dependencies |
//! | order | what a customer asks for, lines or a free-form item, with status, version and history |
//! | outbox | the commands and settings about deliveries, by their older name (transactional outbox) |
//! | page | a part of a list, chosen by number or by cursor, with the total |
//! | parked | of an event in a subscription: set aside, since its delivery failed or it waits for one that did |
//! | pause | of a subscription: a time without deliveries, since its receiver is in trouble |
//! | pending | of an order: the first status; of an event: neither delivered nor given up |
//! | pending address | the address that replaces an account's confirmed one once it is confirmed |
//! | placement | deciding and storing new orders, all lines of each or none |
//! | position | of a subscription: the number of the event up to which all are delivered or parked; of a list see cursor |
//! | port | a trait of this crate that an adapter implements; a TCP port is always named by its setting or address |
//! | probe | the HTTP request by which a platform asks whether the program lives (`/livez`) or is ready (`/readyz`) |
//! | product | something that can be ordered: a name, a price, a stock; deleted ones are kept |
//! | refresh token | a long-lived random token that renews a session; stores keep only its hash |
//! | receiver | what a subscription delivers to: a log, a mail server, Redis |
//! | relay | the code that leases a subscription, delivers its events, and records how far it got ([`events::EventRelay`]) |
//! | replay | of an order: returning the one that an earlier request with the same idempotency key placed; of a refresh token: using it again after its rotation |
//! | restock | units that go back to stock because their order was cancelled |
//! | revision | counts every change of what is shown of a product or an order, from 1 |
//! | search form | a text as searches compare it: without case, accents and what is not seen ([`text::search_form`]) |
//! | service | the use cases of a subject over its ports, such as [`order::service::OrderService`] |
//! | session | a login, kept on the server until logout, expiry or revocation |
//! | settled | of an event's number: all transactions that may have drawn it or a smaller one have ended |
//! | shop | all the data of one database, with one currency and an [identifier](shop::ShopId) that its copies share |
//! | snapshot | a consistent read: of a whole shop (archive), or of what a batch needs, under locks ([`order::PlacementSnapshot`]) |
//! | staff | accounts with the role `admin` |
//! | status | where an order is in its lifecycle: pending, processing, shipped, delivered or cancelled |
//! | stock | how many units of a product can be ordered |
//! | store | a port that keeps data, and the adapter behind it; each method is one transaction or one read |
//! | subscriber | the code that delivers the events of one subscription ([`events::port::EventSubscriber`]) |
//! | subscription | a reader of the journal: the log, mails, the Redis stream |
//! | surface | a group of HTTP routes: v1 (`/api/v1`), classic (`/auth` and `/orders`, for older clients), the operators' (`/readyz`, `/metrics`) |
//! | trace | the distributed trace (W3C Trace Context) that a request and its events belong to |
//! | transition | a change from one status to another that the lifecycle allows |
//! | undelivered event | a parked event, as operators see it |
//! | unit | one of a product or of an item; quantities and stock count units |
//! | version | counts the changes that people decide on a product or an order, from 1: not sales and restocks; a command can demand the one that the client saw |
//! | worker | a process that runs the relay, under a name that no other process has; the threads that serve HTTP are *worker threads* |
//!
//! # The one rule
//!
//! The domain decides, an adapter commits. [`order::Order::decide`], [`order::decide_placement`],
//! [`product::Product::decide`] and [`account::Credentials::decide`] take the current state and a
//! request, and return the new state as data. They read no clock, draw no random number and await
//! nothing; this crate depends on no runtime, web framework or database. A store locks, calls
//! `decide`, writes what it returns, and commits.
//!
//! Adapters decide nothing about orders, products or accounts. What only a database can guarantee
//! under concurrency, it guarantees with constraints: unique addresses and keys, references,
//! nothing negative. An adapter reports their violation as a variant of the port's error, such as
//! `EmailTaken`.
//!
//! # How to embed it
//!
//! `examples/embed.rs` is another program that takes orders by these rules, over its own store.
//!
//! # How to add a port
//!
//! 1. Write the trait in the `port` module of its subject: `#[async_trait]`, `Send + Sync`, each
//!    method a whole use case's worth of durability (never "begin" and "commit"), its doc a
//!    contract with MUST. Reads and writes are separate traits; a store is a blanket supertrait of
//!    both.
//! 2. Give it one error enum whose variants a caller acts on; wrap [`StoreError`] for the rest.
//! 3. Put the rule it serves into a pure function that returns data.
//! 4. Write its suite in `port-contracts`: a module with a case for every MUST, races included, and
//!    a macro in `suite.rs`. A port of the stores needs no macro: add it to `Stores` and
//!    `StoreFixture` in `stores.rs`, and to `store_suite!`.
//! 5. Implement it in each adapter, and run the suite there against the real service. A port of the
//!    stores needs both `infra-postgres` and `infra-sqlite`, with a migration in both, audit rules,
//!    and its table in [`archive`].
//! 6. Add it to `composition` in `http-actix`, which knows all adapters, and to the service that
//!    calls it.
//!
//! A new method on a port that exists needs the same, and also goes into the code that wraps or
//! replaces the port: [`product::CachedProducts`] for product reads, the stand-ins in
//! `port-contracts` and in the adapters' tests, and the store of `examples/embed/register.rs` for
//! orders. `git grep "impl .*OrderReads for"` finds them all.

pub mod account;
pub mod archive;
pub mod audit;
mod clock;
mod decimal;
mod error;
mod error_chain;
pub mod events;
mod expected_versions;
pub mod health;
mod id;
pub mod mail;
mod money;
pub mod order;
mod page;
pub mod product;
mod quantity;
pub mod rate_limit;
pub mod shop;
pub mod text;
mod time_span;
mod trace_parent;

pub use clock::{Clock, Timer, Timestamp};
pub use decimal::{WholeNumberError, parse_whole_number};
pub use error::{Cause, StoreError};
pub use error_chain::{innermost_cause, with_causes};
pub use expected_versions::{ExpectedVersions, SeenVersion};
pub use id::{EventId, OrderId, ProductId, Revision, UserId, Version};
pub use money::{Currency, CurrencyError, Money, Price, PriceError};
pub use page::{Cursor, Page, PageError, PageLimit, PageNumber, PageRequest, PageStart};
pub use quantity::{Quantity, QuantityError, Stock};
pub use text::{
    CustomerName, Description, FOLDED_SEPARATOR, ItemName, PersonName, ProductName, SearchTerm,
    TextError,
};
pub use time_span::{TimeSpan, TimeSpanError};
pub use trace_parent::{NotATraceParent, TraceParent};
