//! What a failed delivery means: a pause of the subscription, another attempt, or the end.

use std::time::Duration;

use super::{Backoff, ParkedEvent, ParkedState, ReceiverState, Subscription};
use crate::{Cause, Timestamp, clock::saturating_after, error_chain::with_causes};

/// Why an event was not delivered. No cause contains personal data.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeliveryFailure {
    /// The receiver is in trouble: it cannot be reached, or refuses everything for now. The
    /// subscription pauses, and the event costs no attempt.
    #[error("the receiver is in trouble")]
    Receiver(#[source] Cause),
    /// The receiver did not take this event, and may take it later.
    #[error("the event was not taken")]
    Event(#[source] Cause),
    /// The receiver did not say whether it took the event. It is sent at most once more.
    #[error("the delivery was not answered")]
    Unanswered(#[source] Cause),
    /// The receiver refused this event for good.
    #[error("the event was refused")]
    Refused(#[source] Cause),
}

impl DeliveryFailure {
    /// The causes of the failure on one line.
    pub fn reason(&self) -> String {
        let (Self::Receiver(cause)
        | Self::Event(cause)
        | Self::Unanswered(cause)
        | Self::Refused(cause)) = self;
        with_causes(cause.as_ref()).replace(['\n', '\r'], " ")
    }
}

/// When failed deliveries are retried, and when they are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The waits between the attempts to deliver one event.
    pub event: Backoff,
    /// The pauses of a subscription whose receiver is in trouble.
    pub receiver: Backoff,
    /// The age, from the first failed attempt, at which an event is given up.
    pub give_up_after: Duration,
}

impl Default for RetryPolicy {
    /// Waits from one second up to an hour, pauses up to a minute, and five days.
    fn default() -> Self {
        let initial = Duration::from_secs(1);
        Self {
            event: Backoff { initial, max: Duration::from_hours(1) },
            receiver: Backoff { initial, max: Duration::from_mins(1) },
            give_up_after: Duration::from_hours(5 * 24),
        }
    }
}

/// What follows from a failed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureOutcome {
    /// The subscription pauses; the event stays as it was.
    Pause,
    /// The event is parked like this.
    Park(ParkedEvent),
}

/// Decides what follows from a failed delivery of an event that was `before` as it is there.
pub fn after_failure(
    before: &ParkedEvent,
    failure: &DeliveryFailure,
    policy: &RetryPolicy,
    now: Timestamp,
) -> FailureOutcome {
    let failing_since = before.failing_since.unwrap_or(now);
    let attempts = before.attempts.saturating_add(1);
    let given_up = now >= saturating_after(failing_since, policy.give_up_after);
    let state = match failure {
        DeliveryFailure::Receiver(_) => return FailureOutcome::Pause,
        DeliveryFailure::Refused(_) => ParkedState::Refused,
        // A third copy would be worse than none.
        DeliveryFailure::Unanswered(_) if before.unanswered => ParkedState::Refused,
        DeliveryFailure::Event(_) | DeliveryFailure::Unanswered(_) if given_up => ParkedState::Dead,
        DeliveryFailure::Event(_) | DeliveryFailure::Unanswered(_) => ParkedState::Retrying,
    };
    let unanswered = before.unanswered || matches!(failure, DeliveryFailure::Unanswered(_));
    FailureOutcome::Park(ParkedEvent {
        id: before.id,
        order: before.order,
        state,
        attempts,
        unanswered,
        failing_since: Some(failing_since),
        next_attempt_at: policy.event.next_attempt(before.id.get().unsigned_abs(), attempts, now),
        last_error: Some(failure.reason()),
    })
}

impl ReceiverState {
    /// The state after one more trouble of the receiver.
    #[must_use]
    pub fn after_trouble(
        &self,
        subscription: &Subscription,
        reason: String,
        policy: &RetryPolicy,
        now: Timestamp,
    ) -> Self {
        let failures = self.failures.saturating_add(1);
        let seed = subscription
            .as_str()
            .bytes()
            .fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        Self {
            failures,
            paused_until: Some(policy.receiver.next_attempt(seed, failures, now)),
            last_error: Some(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use chrono::TimeDelta;

    use super::*;
    use crate::{EventId, OrderId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn cause(text: &str) -> Cause {
        Arc::new(io::Error::other(text.to_owned()))
    }

    fn fresh() -> ParkedEvent {
        let order = Some(OrderId::new(3));
        ParkedEvent::new(EventId::new(7), order, ParkedState::Waiting, NOW)
    }

    fn parked(before: &ParkedEvent, failure: &DeliveryFailure, seconds: i64) -> ParkedEvent {
        let now = NOW + TimeDelta::seconds(seconds);
        match after_failure(before, failure, &RetryPolicy::default(), now) {
            FailureOutcome::Park(parked) => parked,
            FailureOutcome::Pause => panic!("paused"),
        }
    }

    #[test]
    fn trouble_of_the_receiver_costs_the_event_no_attempt() {
        let failure = DeliveryFailure::Receiver(cause("connection refused"));
        let outcome = after_failure(&fresh(), &failure, &RetryPolicy::default(), NOW);
        assert_eq!(outcome, FailureOutcome::Pause);
    }

    #[test]
    fn an_event_that_was_not_taken_is_retried_with_growing_waits() {
        let failure = DeliveryFailure::Event(cause("mailbox\nbusy"));
        let first = parked(&fresh(), &failure, 10);
        assert_eq!((first.state, first.attempts), (ParkedState::Retrying, 1));
        assert_eq!(first.last_error.as_deref(), Some("mailbox busy"));
        assert_eq!(first.failing_since, Some(NOW + TimeDelta::seconds(10)));
        let second = parked(&first, &failure, 20);
        assert_eq!((second.attempts, second.failing_since), (2, first.failing_since));
        assert!(second.next_attempt_at > NOW + TimeDelta::seconds(20));
    }

    #[test]
    fn an_event_is_given_up_by_its_age_and_not_by_its_attempts() {
        let failure = DeliveryFailure::Event(cause("mailbox busy"));
        let five_days = 5 * 24 * 3_600;
        let mut event = parked(&fresh(), &failure, 0);
        for second in 1..2_000 {
            event = parked(&event, &failure, second);
            assert_eq!(event.state, ParkedState::Retrying, "{second}");
        }
        assert_eq!(parked(&event, &failure, five_days - 1).state, ParkedState::Retrying);
        assert_eq!(parked(&event, &failure, five_days).state, ParkedState::Dead);
    }

    #[test]
    fn a_refusal_is_final() {
        let failure = DeliveryFailure::Refused(cause("550 5.7.1"));
        let refused = parked(&fresh(), &failure, 0);
        assert_eq!((refused.state, refused.attempts), (ParkedState::Refused, 1));
    }

    #[test]
    fn an_unanswered_delivery_is_tried_at_most_once_more() {
        let silence = DeliveryFailure::Unanswered(cause("timed out"));
        let first = parked(&fresh(), &silence, 0);
        assert_eq!(first.state, ParkedState::Retrying);
        let refused_meanwhile = parked(&first, &DeliveryFailure::Event(cause("450")), 5);
        assert_eq!(refused_meanwhile.state, ParkedState::Retrying, "it was answered");
        assert_eq!(parked(&refused_meanwhile, &silence, 9).state, ParkedState::Refused);
    }

    #[test]
    fn pauses_grow_to_a_minute_and_start_anew_after_a_success() {
        let policy = RetryPolicy::default();
        let mut state = ReceiverState::default();
        let mut pauses = Vec::new();
        for _ in 0..10 {
            state = state.after_trouble(&Subscription::MAIL, "away".to_owned(), &policy, NOW);
            pauses.push((state.paused_until.unwrap() - NOW).as_seconds_f64());
        }
        assert!(pauses[0] <= 1.0, "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= 60.0), "{pauses:?}");
        assert!(pauses[9] >= 30.0, "{pauses:?}");
        assert_eq!(state.failures, 10);
    }
}
