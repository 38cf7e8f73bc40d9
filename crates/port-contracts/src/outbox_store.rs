//! What an adapter of the [`OutboxStore`](domain::outbox::port::OutboxStore) has to do, and what a
//! [`EventRelay`](domain::outbox::EventRelay) makes of it.

mod desk;
mod handlers;
pub mod leases;
pub mod leasing;
pub mod relay;
pub mod relays;
pub mod settling;
pub mod traces;
pub mod undelivered;
mod unwilling;

pub(crate) use handlers::SetClock;
