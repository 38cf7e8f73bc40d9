//! Waiting for events. One look at the journal serves all requests of the process that wait.

use std::time::{Duration, Instant};

use domain::{
    EventId, StoreError,
    account::Actor,
    events::{
        port::{EventFilter, EventPage},
        service::EventService,
    },
};
use tokio::{sync::Mutex, time::sleep};

use crate::{operators::ServerStatus, problem::Problem};

/// How long a look at the journal is good for, and how long a request waits between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// The last look at the journal: its last settled event, and when that was.
#[derive(Debug, Default)]
pub struct FeedWatch(Mutex<Option<(EventId, Instant)>>);

/// What a client reads of the feed.
#[derive(Debug, Clone)]
pub(crate) struct FeedQuery {
    pub(crate) filter: EventFilter,
    /// The number of the last event that the client has.
    pub(crate) after: EventId,
    pub(crate) limit: u32,
}

impl FeedWatch {
    /// The number of the last settled event, as of now or shortly before.
    pub(crate) async fn settled(&self, events: &EventService) -> Result<EventId, StoreError> {
        let mut look = self.0.lock().await;
        if let Some((settled, at)) = *look
            && at.elapsed() < LOOK_INTERVAL
        {
            return Ok(settled);
        }
        let settled = events.settled().await?;
        *look = Some((settled, Instant::now()));
        Ok(settled)
    }

    /// The next events. If there are none, waits for them up to that time, or until the server
    /// stops.
    pub(crate) async fn wait(
        &self,
        events: &EventService,
        status: &ServerStatus,
        query: &FeedQuery,
        wait: Duration,
        actor: Actor,
    ) -> Result<EventPage, Problem> {
        let started = Instant::now();
        let mut after = query.after;
        loop {
            let settled = self.settled(events).await?;
            let mut page = EventPage { events: Vec::new(), next_after: after };
            if settled > after {
                page = events.read(&query.filter, after, settled, query.limit, actor).await?;
            }
            let left = wait.saturating_sub(started.elapsed());
            if !page.events.is_empty() || left.is_zero() || status.is_stopping() {
                return Ok(page);
            }
            // What the filter passes over need not be read again.
            after = page.next_after;
            tokio::select! {
                () = sleep(LOOK_INTERVAL.min(left)) => {}
                () = status.stopped() => {}
            }
        }
    }
}
