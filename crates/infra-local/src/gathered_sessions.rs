//! Who calls, for all that ask at the same time: those who come while a question is under way go together with the
//! next one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::{
    StoreError, Timestamp,
    account::{
        Caller, NewSession, Session, SessionId, SessionLifetimes, TokenHash,
        port::{OpenSessionError, RefreshError, SessionReads, SessionStore, SessionWrites},
    },
};
use tokio::{runtime::Handle, sync::oneshot};
use tracing::instrument;

/// The most questions under way at once.
const MOST_UNDER_WAY: usize = 2;
/// The most who go together.
const MOST_TOGETHER: usize = 256;

/// Asks a store for the callers of many requests at once.
///
/// Nothing is remembered. A question is put to the store after whoever wants to know has come, so a session that was
/// ended before is over for them, wherever it was ended. Under load it is one question for dozens of requests;
/// otherwise nobody waits for anybody.
///
/// Questions run on the runtime on which this was made, since a caller's may end before it.
pub struct GatheredSessions<S: ?Sized> {
    desk: Arc<Desk<S>>,
    runtime: Handle,
}

struct Desk<S: ?Sized> {
    queue: Mutex<Queue>,
    store: Arc<S>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Ask>,
    under_way: usize,
}

/// Somebody who waits.
struct Ask {
    session: SessionId,
    now: Timestamp,
    reply: oneshot::Sender<Result<Option<Caller>, StoreError>>,
}

/// Whoever was to ask is gone: a bug, or the end of the program.
#[derive(Debug, thiserror::Error)]
#[error("nobody asked the store who calls")]
struct NobodyAsked;

impl<S: SessionStore + ?Sized + 'static> GatheredSessions<S> {
    /// Puts itself before a store.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn new(store: Arc<S>) -> Self {
        let desk = Desk { queue: Mutex::default(), store };
        Self { desk: Arc::new(desk), runtime: Handle::current() }
    }
}

impl<S: SessionStore + ?Sized> Desk<S> {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody wait. Returns whether one more question may be put, which whoever called this has to do.
    fn is_free_for(&self, ask: Ask) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(ask);
        let free = queue.under_way < MOST_UNDER_WAY;
        if free {
            queue.under_way += 1;
        }
        free
    }

    async fn ask_for(&self, asks: Vec<Ask>) {
        let sessions: Vec<SessionId> = asks.iter().map(|ask| ask.session).collect();
        let Some(now) = asks.iter().map(|ask| ask.now).max() else { return };
        let found = self.store.callers(&sessions, now).await;
        for (ask, caller) in asks.into_iter().zip(found) {
            // Whoever asked may have gone away meanwhile.
            let _gone = ask.reply.send(caller);
        }
    }
}

/// Somebody who puts questions as long as anybody waits.
struct Asking<S: SessionStore + ?Sized> {
    desk: Arc<Desk<S>>,
    is_over: bool,
}

impl<S: SessionStore + ?Sized> Asking<S> {
    async fn run(mut self) {
        while let Some(asks) = self.next() {
            self.desk.ask_for(asks).await;
        }
    }

    /// Who goes next. If nobody waits, this is over: whoever comes from now on needs another one.
    fn next(&mut self) -> Option<Vec<Ask>> {
        let mut queue = self.desk.queue();
        let together = queue.waiting.len().min(MOST_TOGETHER);
        if together == 0 {
            queue.under_way -= 1;
            self.is_over = true;
            return None;
        }
        Some(queue.waiting.drain(..together).collect())
    }
}

impl<S: SessionStore + ?Sized> Drop for Asking<S> {
    fn drop(&mut self) {
        // With its runtime, or after a panic.
        if !self.is_over {
            self.desk.queue().under_way -= 1;
        }
    }
}

#[async_trait]
impl<S: SessionStore + ?Sized + 'static> SessionReads for GatheredSessions<S> {
    async fn callers(
        &self,
        sessions: &[SessionId],
        now: Timestamp,
    ) -> Vec<Result<Option<Caller>, StoreError>> {
        self.desk.store.callers(sessions, now).await
    }

    #[instrument(target = "oms", name = "sessions.caller", skip_all, fields(otel.kind = "client",
        error.type, otel.status_code))]
    async fn caller(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.desk.is_free_for(Ask { session, now, reply }) {
            let asking = Asking { desk: Arc::clone(&self.desk), is_over: false };
            self.runtime.spawn(asking.run());
        }
        answer.await.unwrap_or_else(|_gone| Err(StoreError::broken(NobodyAsked)))
    }
}

#[async_trait]
impl<S: SessionStore + ?Sized + 'static> SessionWrites for GatheredSessions<S> {
    async fn open(&self, session: NewSession) -> Result<(), OpenSessionError> {
        self.desk.store.open(session).await
    }

    async fn refresh(
        &self,
        presented: &TokenHash,
        successor: Option<TokenHash>,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<Session, RefreshError> {
        self.desk.store.refresh(presented, successor, lifetimes, now).await
    }

    async fn revoke(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.desk.store.revoke(session, now).await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.desk.store.purge(now, limit).await
    }
}
