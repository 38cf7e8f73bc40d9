//! The circuit breaker: whether Redis is used, and over which connection.
//!
//! | state | reads | invalidations |
//! |---|---|---|
//! | open: Redis is away | not sent | not sent |
//! | half-open: there is a new connection, and no new namespace yet | not sent | sent |
//! | closed | sent | sent |
//!
//! An invalidation that is not sent needs not be: the namespace that is drawn before the breaker closes voids what it would have.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A breaker in front of connections of that type, one at a time.
pub(crate) struct Breaker<C> {
    state: Mutex<State<C>>,
    /// Wakes the task that waits for it to open, also if it opened before that.
    opened: Notify,
}

struct State<C> {
    /// `None` while it is open.
    connection: Option<C>,
    /// How many connections there were. A failure of an earlier one means nothing for this one.
    epoch: u64,
    is_half_open: bool,
    is_shut: bool,
}

impl<C: Clone> Breaker<C> {
    pub(crate) fn new() -> Self {
        let state = State { connection: None, epoch: 0, is_half_open: false, is_shut: false };
        Self { state: Mutex::new(state), opened: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection for reads, with its epoch.
    pub(crate) fn connection(&self) -> Option<(u64, C)> {
        let state = self.state();
        if state.is_half_open {
            return None;
        }
        Some((state.epoch, state.connection.clone()?))
    }

    /// The connection for invalidations, with its epoch.
    pub(crate) fn connection_for_invalidations(&self) -> Option<(u64, C)> {
        let state = self.state();
        Some((state.epoch, state.connection.clone()?))
    }

    /// Half-opens it with a new connection, and returns that one's epoch; `None` if it was shut.
    pub(crate) fn half_open(&self, connection: C) -> Option<u64> {
        let mut state = self.state();
        if state.is_shut {
            return None;
        }
        state.connection = Some(connection);
        state.is_half_open = true;
        state.epoch += 1;
        Some(state.epoch)
    }

    /// Closes it, unless that connection has failed meanwhile. Returns whether it is closed.
    pub(crate) fn close(&self, epoch: u64) -> bool {
        let mut state = self.state();
        if state.epoch == epoch {
            state.is_half_open = false;
        }
        state.epoch == epoch && state.connection.is_some()
    }

    /// Opens it because of a failure on the connection of that epoch.
    pub(crate) fn open(&self, epoch: u64) {
        let mut state = self.state();
        if state.epoch == epoch && state.connection.take().is_some() {
            self.opened.notify_one();
        }
    }

    /// Opens it for good.
    pub(crate) fn shut(&self) {
        let mut state = self.state();
        state.is_shut = true;
        state.connection = None;
    }

    pub(crate) fn is_closed(&self) -> bool {
        let state = self.state();
        state.connection.is_some() && !state.is_half_open
    }

    /// Whether it is open for good.
    pub(crate) fn is_shut(&self) -> bool {
        self.state().is_shut
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
    fn it_starts_open() {
        let breaker = Breaker::<()>::new();
        assert!(!breaker.is_closed());
        assert_eq!(breaker.connection(), None);
        assert_eq!(breaker.connection_for_invalidations(), None);
    }

    #[test]
    fn half_open_it_lets_invalidations_through_and_no_reads() {
        let breaker = Breaker::new();
        let epoch = breaker.half_open("first").unwrap();
        assert!(!breaker.is_closed());
        assert_eq!(breaker.connection(), None);
        assert_eq!(breaker.connection_for_invalidations(), Some((epoch, "first")));
        assert!(breaker.close(epoch));
        assert_eq!(breaker.connection(), Some((epoch, "first")));
    }

    #[test]
    fn an_invalidation_that_fails_while_it_is_half_open_keeps_it_from_closing() {
        let breaker = Breaker::new();
        let epoch = breaker.half_open("first").unwrap();
        breaker.open(epoch);
        assert!(!breaker.close(epoch));
        assert!(!breaker.is_closed());
    }

    #[test]
    fn a_failure_of_an_earlier_connection_means_nothing_for_the_next() {
        let (breaker, first) = closed();
        breaker.open(first);
        let second = breaker.half_open("second").unwrap();
        assert!(breaker.close(second));
        breaker.open(first);
        assert_eq!(breaker.connection(), Some((second, "second")));
    }

    #[tokio::test]
    async fn its_opening_is_not_missed() {
        let (breaker, epoch) = closed();
        breaker.open(epoch);
        breaker.until_open().await;
    }

    #[test]
    fn once_shut_it_stays_open() {
        let (breaker, _) = closed();
        breaker.shut();
        assert!(!breaker.is_closed());
        assert_eq!(breaker.half_open("second"), None);
    }
}
