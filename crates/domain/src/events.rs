//! The journal: what happens in the shop, appended in the transaction of the change, and never
//! changed. An order's history is its events; readers that have to know what happened read the journal.
//!
//! Each reader is a [`Subscription`] with a position: the log, mails, the Redis stream. An
//! [`EventRelay`] reads the events behind the position, delivers them to its
//! [subscriber](port::EventSubscriber), and moves the position. Nothing is written for an event
//! when all goes well, and no subscription waits for another one.
//!
//! What fails is told apart ([`DeliveryFailure`]):
//!
//! - Trouble of the receiver *pauses* the subscription, and costs no event an attempt.
//! - Trouble of one event *parks* it ([`ParkedEvent`]): it is retried later, and the events behind
//!   it go on, except those of the same order, which park behind it.
//! - A refusal is final: it is noted, and the subscription goes on.
//!
//! A parked event is given up by its age, and is a dead letter then, which an operator requeues or
//! discards. Each event is delivered at least once, those of one order one after the other in the
//! order in which they happened.

mod backoff;
mod delivery;
mod event;
mod event_type;
mod page;
mod parked;
pub mod port;
mod record;
mod relay;
pub mod service;
mod subscription;
mod window;

pub use backoff::Backoff;
pub use delivery::{DeliveryFailure, FailureOutcome, RetryPolicy, after_failure};
pub use event::{AccountField, AccountMail, Event, NotAnEvent, PlacedOrder, ProductState};
pub use event_type::{EventType, UnknownEventType};
pub use parked::{ParkedEvent, ParkedState, UnknownParkedState};
pub use record::{EventRecord, JournalEvent, NewEvent};
pub use relay::{EventRelay, RelayPorts, RelaySettings, RunSummary};
pub use subscription::{ReceiverState, Subscription, SubscriptionStart};
