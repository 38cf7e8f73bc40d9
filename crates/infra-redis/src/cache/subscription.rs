//! Hearing of what other processes forget, and knowing for certain that nothing was missed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use deadpool_redis::redis::{Msg, aio::PubSubStream, cmd};
use domain::product::ProductCache;
use futures::StreamExt;
use tokio::time::{sleep, sleep_until, timeout};

use super::message::{Invalidation, decode};
use crate::{
    failure::RedisFailure,
    line::{Call, Line},
    random,
};

/// Listens for invalidations and applies them to the near cache.
///
/// A connection may be dead without anybody noticing. So every [`Self::BEAT_EVERY`] the process publishes
/// a heartbeat to itself, the same way as invalidations are published. Redis delivers in order: when it
/// comes back, everything is applied that was published before it was sent. The near cache is served
/// only if the last heartbeat that came back was sent less than [`Self::TRUSTED`] ago, and since the last
/// outage, which the reader itself checks. So it never serves what was forgotten longer ago than that, or at
/// the end of an outage, whatever happens to the connection, or to the task that listens.
pub(crate) struct Subscription {
    started: Instant,
    /// When the last heartbeat was sent that came back, in microseconds since the start; 0 while there is
    /// no connection.
    current_at: AtomicU64,
    /// How often Redis had been found to be there when that heartbeat was sent.
    current_in: AtomicU64,
}

impl Subscription {
    /// How often to send a heartbeat.
    const BEAT_EVERY: Duration = Duration::from_millis(200);
    /// How long it may take to come back.
    const BEAT_WITHIN: Duration = Duration::from_millis(250);
    /// How long to rely on one that came back. Less than a second, which is the promise.
    const TRUSTED: Duration = Duration::from_millis(600);
    /// How long to wait before another connection is made, while none works. The last one stays.
    const PAUSES: [Duration; 3] =
        [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200)];

    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            current_at: AtomicU64::new(0),
            current_in: AtomicU64::new(0),
        }
    }

    /// Whether everything was applied that was published until a moment ago, and all of it that was before
    /// Redis had been found to be there so many times.
    pub(crate) fn is_current(&self, closings: u64) -> bool {
        let current_at = self.current_at.load(Ordering::Acquire);
        let age = self.micros(Instant::now()).saturating_sub(current_at);
        let recent = current_at != 0 && Duration::from_micros(age) <= Self::TRUSTED;
        recent && self.current_in.load(Ordering::Acquire) == closings
    }

    /// Everything was applied that was published until that moment, when Redis had been found to be there so
    /// many times.
    fn set_current(&self, moment: Instant, closings: u64) {
        self.current_in.store(closings, Ordering::Release);
        self.current_at.store(self.micros(moment), Ordering::Release);
    }

    fn set_lost(&self) {
        self.current_at.store(0, Ordering::Release);
    }

    fn micros(&self, moment: Instant) -> u64 {
        let elapsed = moment.saturating_duration_since(self.started).as_micros();
        u64::try_from(elapsed).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Listens for ever. While the connection is lost nobody relies on the near cache, and when there is
    /// another one it forgets everything first.
    pub(crate) async fn listen(&self, line: &Line, near: &dyn ProductCache) {
        let mut failures = 0;
        loop {
            let lost = self.listen_once(line, near, &mut failures).await;
            self.set_lost();
            // While Redis is away that is known already.
            if line.is_up() {
                tracing::debug!(error = %lost, "lost the subscription to invalidations");
            }
            let pause = Self::PAUSES.get(failures).or(Self::PAUSES.last());
            failures = failures.saturating_add(1);
            sleep(pause.copied().unwrap_or_default()).await;
        }
    }

    /// Listens until the connection is lost, and says why.
    async fn listen_once(
        &self,
        line: &Line,
        near: &dyn ProductCache,
        failures: &mut usize,
    ) -> Lost {
        let heartbeats = line.keys.heartbeat(random());
        let mut messages = match subscribe(line, &heartbeats).await {
            Ok(messages) => messages,
            Err(failure) => return Lost::Refused(failure),
        };
        // From here on nothing is missed. What was missed before is forgotten with all the rest, and whatever a
        // reader fetched before may no longer be put there.
        near.invalidate_all().await;
        let mut next = Instant::now();
        let mut sent: Option<Heartbeat> = None;
        loop {
            let deadline = sent.as_ref().map_or(next, |sent| sent.at + Self::BEAT_WITHIN);
            tokio::select! {
                // Messages first: a heartbeat that waits to be read is not late.
                biased;
                message = messages.next() => {
                    let Some(message) = message else { return Lost::Closed };
                    if message.get_channel_name() != heartbeats {
                        apply(&message, near).await;
                    } else if let Some(back) = sent.take_if(|sent| sent.is(&message)) {
                        self.set_current(back.at, back.closings);
                        *failures = 0;
                        next = back.at + Self::BEAT_EVERY;
                    }
                }
                () = sleep_until(deadline.into()) => {
                    if sent.is_some() {
                        return Lost::Silent;
                    }
                    let heartbeat = Heartbeat::new(line.breaker().closings());
                    next = heartbeat.at + Self::BEAT_EVERY;
                    // If Redis is away for the moment, this connection may be as good as before all the
                    // same; nobody relies on it until a heartbeat has come back.
                    if heartbeat.send(line, &heartbeats).await.is_ok() {
                        sent = Some(heartbeat);
                    }
                }
            }
        }
    }
}

/// Runs [`Subscription::listen`] with what it needs.
pub(crate) async fn keep_listening(
    subscription: Arc<Subscription>,
    line: Arc<Line>,
    near: Arc<dyn ProductCache>,
) {
    subscription.listen(&line, near.as_ref()).await;
}

/// A message of a subscription to itself.
struct Heartbeat {
    number: u64,
    /// The moment before it was sent.
    at: Instant,
    /// How often Redis had been found to be there by then.
    closings: u64,
}

impl Heartbeat {
    fn new(closings: u64) -> Self {
        Self { number: random(), at: Instant::now(), closings }
    }

    async fn send(&self, line: &Line, channel: &str) -> Result<(), RedisFailure> {
        let mut publish = cmd("PUBLISH");
        publish.arg(channel).arg(self.number);
        line.call_patiently(Call::Command(&publish)).await
    }

    fn is(&self, message: &Msg) -> bool {
        message.get_payload_bytes() == self.number.to_string().as_bytes()
    }
}

/// Why there is no subscription any more.
enum Lost {
    Refused(RedisFailure),
    Closed,
    Silent,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(failure) => failure.fmt(f),
            Self::Closed => f.write_str("the connection was closed"),
            Self::Silent => f.write_str("a heartbeat did not come back"),
        }
    }
}

/// A connection on which everything arrives that is published after this returns.
async fn subscribe(line: &Line, heartbeats: &str) -> Result<PubSubStream, RedisFailure> {
    let connecting = timeout(line.options.connect_timeout, line.client().get_async_pubsub());
    let connection = connecting.await.map_err(|_elapsed| RedisFailure::TimedOut)??;
    let (mut ask, messages) = connection.split();
    let channels = [line.keys.invalidations(), heartbeats.to_owned()];
    let subscribing = timeout(line.options.command_timeout, ask.subscribe(&channels[..]));
    subscribing.await.map_err(|_elapsed| RedisFailure::TimedOut)??;
    Ok(messages)
}

/// Forgets nearby what was forgotten elsewhere.
async fn apply(message: &Msg, near: &dyn ProductCache) {
    match decode(message.get_payload_bytes()) {
        Invalidation::Products(products) => near.invalidate(&products).await,
        Invalidation::All => near.invalidate_all().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_relied_on_for_a_moment_only() {
        let now = Instant::now();
        let ago = |time| now.checked_sub(time).unwrap();
        let started = ago(Duration::from_mins(1));
        let subscription = Subscription { started, ..Subscription::new() };
        assert!(!subscription.is_current(0), "none has come back yet");
        subscription.set_current(now, 1);
        assert!(subscription.is_current(1));
        assert!(!subscription.is_current(2), "it was sent before the last outage");
        subscription.set_current(ago(Subscription::TRUSTED + Duration::from_micros(1)), 1);
        assert!(!subscription.is_current(1), "the last one was sent too long ago");
        subscription.set_current(Instant::now(), 1);
        subscription.set_lost();
        assert!(!subscription.is_current(1), "the connection is lost");
    }
}
