//! Connections that wait for the next mail, so that not every mail has to knock and sign in anew.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::session::Session;

/// The most connections that wait.
const MOST: usize = 4;
/// How long one waits before it is of no use. Servers close such connections after five minutes (RFC 5321,
/// section 4.5.3.2.7), many of them sooner.
const PATIENCE: Duration = Duration::from_mins(1);

/// The connections that wait; `None` once nobody needs them any more.
pub(crate) struct Idle(Mutex<Option<Vec<Session>>>);

impl Idle {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    /// Takes one out, the one that was used last; those that waited too long are closed. `Err` after
    /// [`Self::end`].
    pub(crate) fn take(&self) -> Result<Option<Session>, Ended> {
        let mut waiting = self.lock();
        let waiting = waiting.as_mut().ok_or(Ended)?;
        waiting.retain(|session| session.idle_since.elapsed() < PATIENCE);
        Ok(waiting.pop())
    }

    /// Puts one back, to wait. It is closed instead if enough are waiting.
    pub(crate) fn put_back(&self, session: Session) {
        if let Some(waiting) = self.lock().as_mut()
            && waiting.len() < MOST
        {
            waiting.push(session);
        }
    }

    /// Takes all out. From then on there are none, and none is put back.
    pub(crate) fn end(&self) -> Vec<Session> {
        self.lock().take().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Session>>> {
        // The list is whole at every moment; whoever panicked elsewhere did not harm it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody needs connections any more.
pub(crate) struct Ended;
