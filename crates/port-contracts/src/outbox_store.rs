//! What an adapter of the [`OutboxStore`](domain::outbox::port::OutboxStore) has to do, and what a
//! [`Courier`](domain::outbox::Courier) makes of it.

pub mod courier;
pub mod couriers;
mod desk;
mod handlers;
pub mod leases;
pub mod leasing;
pub mod letters;
pub mod settling;
pub mod traces;
mod unwilling;

pub(crate) use handlers::SetClock;
