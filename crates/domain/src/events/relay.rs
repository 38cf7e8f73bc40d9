//! The event relay: leases a subscription, delivers the events behind its position, and records how
//! far it got.

mod context;
mod run;
mod sorting;

use std::sync::Arc;

use futures::{
    future::{Either, select},
    pin_mut,
};

pub use self::context::{RelayPorts, RelaySettings, RunSummary};
use self::{context::Context, run::Run};
use super::{
    EventType, Subscription,
    port::{EventSubscriber, LeaseRequest},
};
use crate::StoreError;

/// Delivers the events of one subscription, a batch per run. Any number of relays of a subscription
/// can exist at the same time, in any number of processes: one of them works at a time.
pub struct EventRelay(Context);

impl EventRelay {
    /// Makes a relay of the subscriber's subscription.
    pub fn new(
        ports: RelayPorts,
        subscriber: Arc<dyn EventSubscriber>,
        settings: RelaySettings,
    ) -> Self {
        Self(Context::new(ports, subscriber, settings))
    }

    /// The subscription.
    pub const fn subscription(&self) -> &Subscription {
        &self.0.subscription
    }

    /// Delivers the parked events that are due and the next ones of the journal, and records the
    /// progress. Once `stopped` returns true, no delivery starts, and the lease is released after
    /// those in progress.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. No delivery starts after that; what could not be
    /// recorded is delivered again when the lease has expired.
    pub async fn run_once(
        &self,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<RunSummary, StoreError> {
        if stopped() {
            return Ok(RunSummary::default());
        }
        let Self(context) = self;
        let known_types: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
        let now = context.ports.clock.now();
        let request = LeaseRequest {
            subscription: &context.subscription,
            worker: &context.ports.worker,
            now,
            until: context.lease_end(now),
            limit: context.settings.batch,
            known_types: &known_types,
        };
        let Some(batch) = context.ports.store.lease(&request).await? else {
            context.end_of_lease();
            return Ok(RunSummary::default());
        };
        let run = Run::new(context, batch, stopped);
        let deliver = run.deliver();
        let keep_lease = keep_lease(context, &run);
        pin_mut!(deliver, keep_lease);
        match select(deliver, keep_lease).await {
            Either::Left((summary, _)) => summary,
            Either::Right(((), deliver)) => deliver.await,
        }
    }
}

/// Extends the lease for as long as it is polled. Returns when the lease is lost.
async fn keep_lease(context: &Context, run: &Run<'_>) {
    loop {
        context.ports.timer.sleep(context.settings.lease / 3).await;
        let now = context.ports.clock.now();
        let (subscription, worker) = (&context.subscription, &context.ports.worker);
        let until = context.lease_end(now);
        // After an error, the next extension or recording the progress shows whether it is lost.
        if let Ok(false) = context.ports.store.extend(subscription, worker, now, until).await {
            return run.stop();
        }
    }
}
