//! The circuit breaker: whether Redis is to be asked at all.
//!
//! It is open, so that nobody asks, from the first failure until a probe has healed what the outage may
//! have left behind. Here it is only noted; `connection` has what fails and what probes.

use std::{
    fmt::Display,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, futures::Notified},
    time::timeout,
};

/// Whether Redis is to be asked.
///
/// An outage is told of once when it begins and once when it is over, however many calls fail meanwhile. It is
/// over when Redis was there for a while without a break, so that one that comes and goes does not fill the
/// log.
pub(crate) struct Breaker {
    /// Mirrors whether there is an outage in which Redis is away, for a look without a lock.
    closed: AtomicBool,
    /// Whether changes are to be told although it is open: while it is about to close.
    half_open: AtomicBool,
    /// How often it was closed.
    closings: AtomicU64,
    /// For how long Redis has to be there before an outage is over.
    calm: Duration,
    state: Mutex<State>,
    /// Wakes who waits for it to open, also if it did before that.
    opened: Notify,
    /// Wakes those who would tell of a change when they may not any more.
    given_up: Notify,
}

struct State {
    /// The outage that is not over.
    outage: Option<Outage>,
    /// How often something could not be told to the caches.
    doubts: u64,
    /// How many of them have been dealt with.
    settled: u64,
    /// When Redis was last found to have been away, or to be another server than before.
    unsure_at: Option<Instant>,
    /// Whether it was closed down: nothing is told of any more.
    shut: bool,
}

struct Outage {
    since: Instant,
    announced: bool,
    /// Since when Redis is there again, if it is.
    back: Option<Instant>,
}

impl Outage {
    fn new() -> Self {
        Self { since: Instant::now(), announced: false, back: None }
    }
}

/// What a probe has to heal before the breaker may close.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Healing {
    doubts: u64,
}

impl Breaker {
    /// Open until the first probe, and in doubt: a process of before may have died with something to tell.
    pub(crate) fn new(calm: Duration) -> Self {
        let state = State {
            outage: Some(Outage::new()),
            doubts: 1,
            settled: 0,
            unsure_at: None,
            shut: false,
        };
        Self {
            closed: AtomicBool::new(false),
            half_open: AtomicBool::new(false),
            closings: AtomicU64::new(0),
            calm,
            state: Mutex::new(state),
            opened: Notify::new(),
            given_up: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether Redis is to be asked.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Whether Redis is to be told of changes.
    pub(crate) fn lets_changes_through(&self) -> bool {
        self.is_closed() || self.half_open.load(Ordering::SeqCst)
    }

    /// Has changes told although it is open, until the next failure or doubt. Without that, changes that
    /// come thick and fast, each of them a doubt, would keep it open for ever.
    pub(crate) fn half_open(&self) {
        self.half_open.store(true, Ordering::SeqCst);
    }

    /// How often it was closed so far: tells one time of use from the next.
    pub(crate) fn closings(&self) -> u64 {
        self.closings.load(Ordering::SeqCst)
    }

    /// Notes a failure of something that was begun after so many closings: nobody asks Redis from now on.
    /// Returns whether that is news. What was begun before the last outage was healed tells nothing new.
    pub(crate) fn open(&self, failure: &dyn Display, begun: u64) -> bool {
        let mut state = self.state();
        if begun != self.closings() {
            return false;
        }
        let news = self.stay_open(&mut state);
        state.announce(failure);
        drop(state);
        self.opened.notify_one();
        news
    }

    /// Notes that the caches could not be told of a change: nobody uses what is in Redis until all of it
    /// has been voided.
    pub(crate) fn doubt(&self) {
        let mut state = self.state();
        state.doubts = state.doubts.wrapping_add(1);
        self.stay_open(&mut state);
        state.announce(&"the caches could not be told of a change");
        drop(state);
        self.opened.notify_one();
    }

    /// Opens it, or leaves it open. Returns whether it was closed.
    fn stay_open(&self, state: &mut State) -> bool {
        self.closed.store(false, Ordering::SeqCst);
        self.half_open.store(false, Ordering::SeqCst);
        self.given_up.notify_waiters();
        state.end_if_calm(self.calm);
        if let Some(outage) = &mut state.outage {
            return outage.back.take().is_some();
        }
        state.outage = Some(Outage::new());
        true
    }

    /// Waits for the next failure or doubt after this call, not only after the wait begins.
    pub(crate) fn next_opening(&self) -> Notified<'_> {
        self.given_up.notified()
    }

    /// Waits until it is open, and tells meanwhile of the end of an outage.
    pub(crate) async fn until_open(&self) {
        while self.is_closed() {
            let calm_in = self.state().end_if_calm(self.calm);
            match calm_in {
                Some(left) => drop(timeout(left, self.opened.notified()).await),
                None => self.opened.notified().await,
            }
        }
    }

    /// What a probe that starts now has to heal.
    pub(crate) fn healing(&self) -> Healing {
        Healing { doubts: self.state().doubts }
    }

    /// Whether what is in Redis may be older than what this process has acknowledged.
    pub(crate) fn is_in_doubt(&self) -> bool {
        let state = self.state();
        state.doubts != state.settled
    }

    /// Closes it after a probe that did what it had to, unless a doubt came up since the probe began.
    /// Returns whether it is closed.
    pub(crate) fn close(&self, healed: Healing) -> bool {
        let mut state = self.state();
        if state.shut {
            return false;
        }
        state.settled = healed.doubts;
        if state.doubts != healed.doubts {
            return false;
        }
        tracing::debug!("Redis is there");
        if let Some(outage) = &mut state.outage
            && outage.announced
        {
            outage.back = Some(Instant::now());
            state.unsure_at = outage.back;
        } else {
            state.outage = None;
        }
        self.closings.fetch_add(1, Ordering::SeqCst);
        self.closed.store(true, Ordering::SeqCst);
        self.half_open.store(false, Ordering::SeqCst);
        true
    }

    /// Notes that the server is another one, or was restarted.
    pub(crate) fn server_changed(&self) {
        self.state().unsure_at = Some(Instant::now());
    }

    /// Whether Redis was away, or another server, within that time.
    pub(crate) fn was_unsure_within(&self, time: Duration) -> bool {
        self.state().unsure_at.is_some_and(|at| at.elapsed() < time)
    }

    /// Opens it for good, without a word.
    pub(crate) fn shut(&self) {
        let mut state = self.state();
        state.shut = true;
        self.stay_open(&mut state);
    }
}

impl State {
    /// Tells that an outage is over, if Redis has been there for long enough; else says for how much longer
    /// it has to be.
    fn end_if_calm(&mut self, calm: Duration) -> Option<Duration> {
        let outage = self.outage.as_ref()?;
        let back = outage.back?;
        let left = calm.saturating_sub(back.elapsed());
        if !left.is_zero() {
            return Some(left);
        }
        let seconds = back.duration_since(outage.since).as_secs_f32();
        tracing::info!(seconds, "Redis is back after {seconds:.1} s");
        self.outage = None;
        None
    }

    fn announce(&mut self, failure: &dyn Display) {
        if self.shut {
            return;
        }
        if let Some(outage) = &mut self.outage
            && !outage.announced
        {
            outage.announced = true;
            tracing::warn!(
                error = %failure,
                "Redis is away; going on without it, which is slower and limits each process alone"
            );
        }
    }
}

#[cfg(test)]
mod tests;
