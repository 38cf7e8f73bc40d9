//! Relays of the log, on a clock that stands.

use std::sync::{Arc, Mutex};

use domain::{
    Clock, EventId, OrderId, Timer, Timestamp,
    events::{
        DeliveryFailure, EventRelay, JournalEvent, RelayPorts, RelaySettings, Subscription,
        port::{DeliveryMode, EventSubscriber, TroubleRule, WorkerId},
    },
};
use infra_postgres::PostgresStore;
use port_contracts::builders::timestamp;

/// A relay that delivers at this time, and does not extend its leases.
pub(crate) fn relay(store: &Arc<PostgresStore>, to: Arc<Taker>, seconds: i64) -> EventRelay {
    let ports = RelayPorts {
        store: store.clone(),
        clock: Arc::new(Standing(seconds)),
        timer: Arc::new(Standing(seconds)),
        worker: WorkerId::new("relay"),
    };
    EventRelay::new(ports, to, RelaySettings::default())
}

/// Takes the events of the log, but not those of one order.
#[derive(Default)]
pub(crate) struct Taker {
    all_but: Option<OrderId>,
    taken: Mutex<Vec<EventId>>,
}

impl Taker {
    /// One that does not take events of this order for now.
    pub(crate) fn all_but(order: OrderId) -> Self {
        Self { all_but: Some(order), ..Self::default() }
    }

    pub(crate) fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// The events that it took, in that order.
    pub(crate) fn taken(&self) -> Vec<EventId> {
        self.taken.lock().unwrap().clone()
    }

    fn take(&self, event: &JournalEvent) -> Result<(), DeliveryFailure> {
        if self.all_but.is_some() && event.record.order == self.all_but {
            let cause = std::io::Error::other("not now");
            return Err(DeliveryFailure::Event(Arc::new(cause)));
        }
        self.taken.lock().unwrap().push(event.id());
        Ok(())
    }
}

#[async_trait::async_trait]
impl EventSubscriber for Taker {
    fn subscription(&self) -> Subscription {
        Subscription::LOG
    }

    fn mode(&self) -> DeliveryMode {
        DeliveryMode::Batch
    }

    fn trouble_rule(&self) -> TroubleRule {
        TroubleRule::Never
    }

    fn wants(&self, _event: &JournalEvent) -> bool {
        true
    }

    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>> {
        let mut results = Vec::new();
        for event in events {
            results.push(self.take(event));
            if results.last().is_some_and(Result::is_err) {
                break;
            }
        }
        results
    }
}

/// A clock that stands, and a timer that never fires.
struct Standing(i64);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        timestamp(self.0)
    }
}

#[async_trait::async_trait]
impl Timer for Standing {
    async fn sleep(&self, _duration: std::time::Duration) {
        std::future::pending::<()>().await;
    }
}
