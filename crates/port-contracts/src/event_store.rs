//! The contract of an [`EventStore`](domain::events::port::EventStore), and of an
//! [`EventRelay`](domain::events::EventRelay) that runs on it.

pub mod appending;
pub mod concurrent_relays;
pub mod delivering;
pub mod failing;
mod fixture;
pub mod leases;
pub mod mail_servers;
pub mod parked;
pub mod reading;
mod recorder;
pub mod recording;
mod simulated;
pub mod undelivered;

pub use fixture::{all_events, settle};
pub(crate) use simulated::ManualClock;
