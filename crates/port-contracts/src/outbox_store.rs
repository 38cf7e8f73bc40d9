//! The contract of an [`OutboxStore`](domain::outbox::port::OutboxStore), and of an
//! [`EventRelay`](domain::outbox::EventRelay) that runs on it.

pub mod concurrent_relays;
mod failing_settle;
mod fixture;
mod handlers;
pub mod leases;
pub mod leasing;
pub mod settling;
pub mod single_relay;
pub mod traces;
pub mod undelivered;

pub(crate) use handlers::ManualClock;
