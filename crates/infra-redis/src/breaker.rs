//! The circuit breaker: whether requests are sent to Redis, and over which connection.
//!
//! | state | reads | invalidations |
//! |---|---|---|
//! | open: Redis is unavailable | not sent | not sent |
//! | half-open: there is a new connection, and its namespace is not rotated yet | not sent | sent |
//! | closed | sent | sent |
//!
//! An invalidation that is not sent needs no repetition: the namespace is rotated before the
//! breaker closes, which invalidates all entries.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A circuit breaker in front of connections of type `C`, one at a time.
pub(crate) struct Breaker<C> {
    state: Mutex<State<C>>,
    /// Wakes the task that waits for the breaker to open, also if it opened before the task waited.
    opened: Notify,
}

struct State<C> {
    /// `None` while the breaker is open.
    connection: Option<C>,
    /// The number of the latest connection. A failure of an earlier connection is ignored.
    epoch: u64,
    is_half_open: bool,
    is_forced_open: bool,
}

impl<C: Clone> Breaker<C> {
    pub(crate) fn new() -> Self {
        let state =
            State { connection: None, epoch: 0, is_half_open: false, is_forced_open: false };
        Self { state: Mutex::new(state), opened: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection for reads, with its epoch; `None` unless the breaker is closed.
    pub(crate) fn connection(&self) -> Option<(u64, C)> {
        let state = self.state();
        if state.is_half_open {
            return None;
        }
        Some((state.epoch, state.connection.clone()?))
    }

    /// The connection for invalidations, with its epoch; `None` if the breaker is open.
    pub(crate) fn connection_for_invalidations(&self) -> Option<(u64, C)> {
        let state = self.state();
        Some((state.epoch, state.connection.clone()?))
    }

    /// Half-opens the breaker with a new connection, and returns the connection's epoch. Returns
    /// `None` if the breaker was forced open.
    pub(crate) fn half_open(&self, connection: C) -> Option<u64> {
        let mut state = self.state();
        if state.is_forced_open {
            return None;
        }
        state.connection = Some(connection);
        state.is_half_open = true;
        state.epoch += 1;
        Some(state.epoch)
    }

    /// Closes the breaker unless the connection of that epoch has failed meanwhile. Returns whether
    /// the breaker is closed.
    pub(crate) fn close(&self, epoch: u64) -> bool {
        let mut state = self.state();
        if state.epoch == epoch {
            state.is_half_open = false;
        }
        state.epoch == epoch && state.connection.is_some()
    }

    /// Opens the breaker because of a failure on the connection of that epoch.
    pub(crate) fn open(&self, epoch: u64) {
        let mut state = self.state();
        if state.epoch == epoch && state.connection.take().is_some() {
            self.opened.notify_one();
        }
    }

    /// Opens the breaker permanently.
    pub(crate) fn force_open(&self) {
        let mut state = self.state();
        state.is_forced_open = true;
        state.connection = None;
    }

    pub(crate) fn is_closed(&self) -> bool {
        let state = self.state();
        state.connection.is_some() && !state.is_half_open
    }

    /// Whether the breaker is open permanently.
    pub(crate) fn is_forced_open(&self) -> bool {
        self.state().is_forced_open
    }

    pub(crate) async fn until_open(&self) {
        while self.state().connection.is_some() {
            self.opened.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> (Breaker<&'static str>, u64) {
        let breaker = Breaker::new();
        let epoch = breaker.half_open("first").unwrap();
        assert!(breaker.close(epoch));
        (breaker, epoch)
    }

    #[test]
    fn a_new_breaker_is_open() {
        let breaker = Breaker::<()>::new();
        assert!(!breaker.is_closed());
        assert_eq!(breaker.connection(), None);
        assert_eq!(breaker.connection_for_invalidations(), None);
    }

    #[test]
    fn a_half_open_breaker_lets_invalidations_through_and_no_reads() {
        let breaker = Breaker::new();
        let epoch = breaker.half_open("first").unwrap();
        assert!(!breaker.is_closed());
        assert_eq!(breaker.connection(), None);
        assert_eq!(breaker.connection_for_invalidations(), Some((epoch, "first")));
        assert!(breaker.close(epoch));
        assert_eq!(breaker.connection(), Some((epoch, "first")));
    }

    #[test]
    fn a_failed_invalidation_keeps_a_half_open_breaker_from_closing() {
        let breaker = Breaker::new();
        let epoch = breaker.half_open("first").unwrap();
        breaker.open(epoch);
        assert!(!breaker.close(epoch));
        assert!(!breaker.is_closed());
    }

    #[test]
    fn a_failure_of_an_earlier_connection_does_not_open_the_breaker() {
        let (breaker, first) = closed();
        breaker.open(first);
        let second = breaker.half_open("second").unwrap();
        assert!(breaker.close(second));
        breaker.open(first);
        assert_eq!(breaker.connection(), Some((second, "second")));
    }

    #[tokio::test]
    async fn waiting_for_an_open_breaker_returns_at_once() {
        let (breaker, epoch) = closed();
        breaker.open(epoch);
        breaker.until_open().await;
    }

    #[test]
    fn a_breaker_that_was_forced_open_stays_open() {
        let (breaker, _) = closed();
        breaker.force_open();
        assert!(!breaker.is_closed());
        assert_eq!(breaker.half_open("second"), None);
    }
}
