//! Idle connections, so that not every mail needs a new connection and authentication.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::connection::SmtpConnection;

/// The most idle connections.
const MAX_IDLE: usize = 4;
/// How long an idle connection may be reused. Servers close idle connections after five minutes
/// (RFC 5321, section 4.5.3.2.7), many of them sooner.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// The idle connections; `None` after [`Self::close`].
pub(crate) struct ConnectionPool(Mutex<Option<Vec<SmtpConnection>>>);

impl ConnectionPool {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    /// Takes the connection that was used last, if there is one, and closes those that were idle
    /// for too long.
    pub(crate) fn take(&self) -> Result<Option<SmtpConnection>, PoolClosed> {
        let mut idle = self.lock();
        let idle = idle.as_mut().ok_or(PoolClosed)?;
        idle.retain(|connection| connection.idle_since.elapsed() < IDLE_TIMEOUT);
        Ok(idle.pop())
    }

    /// Returns a connection to the pool, or closes it if the pool is full or closed.
    pub(crate) fn put_back(&self, connection: SmtpConnection) {
        if let Some(idle) = self.lock().as_mut()
            && idle.len() < MAX_IDLE
        {
            idle.push(connection);
        }
    }

    /// Closes the pool and returns its connections.
    pub(crate) fn close(&self) -> Vec<SmtpConnection> {
        self.lock().take().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<SmtpConnection>>> {
        // No operation leaves the list in an inconsistent state, so a poisoned lock does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error after [`ConnectionPool::close`].
pub(crate) struct PoolClosed;
