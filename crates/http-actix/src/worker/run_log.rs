//! The log of what runs did.

use domain::events::{RunSummary, Subscription};

/// Logs the summaries of the runs of a subscription. Of consecutive runs with failed deliveries
/// only the first is logged, and of consecutive pauses as well.
pub(super) struct RunLog {
    subscription: Subscription,
    failing: bool,
    paused: bool,
}

impl RunLog {
    pub(super) fn of(subscription: &Subscription) -> Self {
        Self { subscription: subscription.clone(), failing: false, paused: false }
    }

    pub(super) fn write(&mut self, summary: RunSummary) {
        let RunSummary { delivered, retried, refused, dead, paused, more: _ } = summary;
        let subscription = self.subscription.as_str();
        if dead > 0 {
            tracing::error!(
                subscription,
                dead,
                "gave up the delivery of {dead} events ({subscription}); `oms outbox list` shows them"
            );
        }
        if refused > 0 {
            tracing::warn!(
                subscription,
                refused,
                "{refused} events were refused for good ({subscription}); `oms outbox list --all` \
                 shows them"
            );
        }
        if retried > 0 && !self.failing {
            self.failing = true;
            tracing::warn!(
                subscription,
                retried,
                "{retried} events could not be delivered ({subscription}); the worker retries them"
            );
        }
        if paused && !self.paused {
            self.paused = true;
            tracing::warn!(
                subscription,
                "the receiver of the subscription {subscription} is in trouble; the worker pauses \
                 and tries again"
            );
        }
        if delivered > 0 && retried == 0 && !paused && (self.failing || self.paused) {
            (self.failing, self.paused) = (false, false);
            tracing::info!(
                subscription,
                "events are delivered without failures again ({subscription})"
            );
        }
        if delivered > 0 {
            tracing::debug!(subscription, delivered, "delivered {delivered} events");
        }
    }
}
