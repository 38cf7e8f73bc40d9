//! Gauges of how far each subscription is behind the journal.
//!
//! The lags are polled in the background: a scrape must be quick even if the database is slow, and
//! frequent scrapes must not load the database. The values are at most 15 seconds old, unless the
//! query is slow. While the query fails, and before it has succeeded once, the gauges are NaN, so
//! that an old value does not hide an outage.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Clock,
    events::{
        Subscription,
        port::{SubscriptionLag, SubscriptionStore},
    },
    with_causes,
};
use metrics::{Gauge, gauge};
use tokio::task::JoinHandle;

const POLL_INTERVAL: Duration = Duration::from_secs(15);
/// The pause after a query is at least this many times the query's duration. The query must not
/// slow down the workers that deliver events.
const MIN_PAUSE_FACTOR: u32 = 20;

/// The background task that polls the lags, until it is dropped.
pub(crate) struct SubscriptionLagPoller {
    task: JoinHandle<()>,
}

impl SubscriptionLagPoller {
    /// Starts polling the lags of these subscriptions on the current runtime.
    pub(crate) fn start(
        store: Arc<dyn SubscriptionStore>,
        subscriptions: &[Subscription],
        clock: Arc<dyn Clock>,
    ) -> Self {
        let gauges: Vec<Gauges> = subscriptions.iter().cloned().map(Gauges::new).collect();
        let poll = async move {
            loop {
                let started = Instant::now();
                match store.lags().await {
                    Ok(lags) => gauges.iter().for_each(|gauges| gauges.set(&lags, &*clock)),
                    Err(error) => {
                        gauges.iter().for_each(Gauges::set_unknown);
                        // At level debug, because workers log the outage.
                        tracing::debug!(
                            error = with_causes(&error),
                            "could not query how far the subscriptions are behind"
                        );
                    }
                }
                let pause = POLL_INTERVAL.max(started.elapsed() * MIN_PAUSE_FACTOR);
                tokio::time::sleep(pause).await;
            }
        };
        Self { task: tokio::spawn(poll) }
    }
}

impl Drop for SubscriptionLagPoller {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The gauges of one subscription.
struct Gauges {
    subscription: Subscription,
    waiting: Gauge,
    dead: Gauge,
    oldest: Gauge,
    paused: Gauge,
}

impl Gauges {
    fn new(subscription: Subscription) -> Self {
        let name = subscription.to_string();
        let gauges = Self {
            subscription,
            waiting: gauge!("oms_outbox_waiting", "subscription" => name.clone()),
            dead: gauge!("oms_outbox_dead", "subscription" => name.clone()),
            oldest: gauge!("oms_outbox_oldest_seconds", "subscription" => name.clone()),
            paused: gauge!("oms_outbox_paused", "subscription" => name),
        };
        gauges.set_unknown();
        gauges
    }

    fn set_unknown(&self) {
        for gauge in [&self.waiting, &self.dead, &self.oldest, &self.paused] {
            gauge.set(f64::NAN);
        }
    }

    fn set(&self, lags: &[SubscriptionLag], clock: &dyn Clock) {
        let Some(lag) = lags.iter().find(|lag| lag.subscription == self.subscription) else {
            return self.set_unknown();
        };
        let now = clock.now();
        self.waiting.set(to_f64(lag.pending));
        self.dead.set(to_f64(lag.dead));
        let age = lag.oldest.and_then(|oldest| (now - oldest).to_std().ok());
        self.oldest.set(age.unwrap_or_default().as_secs_f64());
        let paused = lag.paused_until.is_some_and(|until| until > now);
        self.paused.set(f64::from(u8::from(paused)));
    }
}

/// Saturates at `u32::MAX`, which converts to a float without loss.
fn to_f64(count: u64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
