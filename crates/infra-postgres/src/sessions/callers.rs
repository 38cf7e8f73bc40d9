//! Who calls, for all that ask at the same time: those who wait while a question is under way go together with the
//! next one.
//!
//! Nothing is remembered. A question goes to the database after whoever asked it has come, so a session that was
//! ended before is over for them, wherever it was ended. Under load it is one question for dozens of requests;
//! otherwise nobody waits for anybody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    StoreError, Timestamp,
    account::{Account, Caller, SessionId},
};
use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    accounts::AccountRow,
    connection::Connection,
    database::{Database, Work},
    error::{Abort, Away, Panicked},
    schema::{sessions, users},
};

/// The most questions under way at once, each on a connection of its own.
const MOST_UNDER_WAY: usize = 2;
/// The most who go together.
const MOST_TOGETHER: usize = 256;

/// Where those wait who want to know who calls.
pub(crate) struct Callers {
    desk: Arc<Desk>,
    runtime: Handle,
    patience: Duration,
}

struct Desk {
    database: Arc<Database>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Ask>,
    under_way: usize,
}

/// Somebody who waits.
struct Ask {
    session: SessionId,
    reply: oneshot::Sender<Result<Option<Open>, StoreError>>,
}

/// A session that nobody has ended, of an account that is there.
#[derive(Debug, Clone)]
struct Open {
    account: Account,
    ends_at: Timestamp,
}

impl Callers {
    /// Asks that database, on the runtime of whoever calls this. Nobody waits for longer than `patience`.
    pub(crate) fn new(database: Arc<Database>, patience: Duration) -> Self {
        let desk = Desk { database, queue: Mutex::default() };
        Self { desk: Arc::new(desk), runtime: Handle::current(), patience }
    }

    /// Who calls through that session, if it is open and does not end of itself by `now`.
    pub(crate) async fn find(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.desk.is_free_for(Ask { session, reply }) {
            let serving = Serving { desk: Arc::clone(&self.desk), is_over: false };
            self.runtime.spawn(async move { serving.run().await });
        }
        let open = match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(answered)) => answered?,
            Ok(Err(_task_died)) => return Err(StoreError::broken(Panicked)),
            Err(_elapsed) => return Err(StoreError::unavailable(Away::Silent)),
        };
        let open = open.filter(|open| open.ends_at > now);
        Ok(open.map(|open| Caller { account: open.account, session }))
    }
}

impl Desk {
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
}

/// Somebody who puts questions as long as anybody waits.
struct Serving {
    desk: Arc<Desk>,
    is_over: bool,
}

impl Serving {
    async fn run(mut self) {
        while let Some(asks) = self.next() {
            let sessions = asks.iter().map(|ask| ask.session).collect();
            let found = self.desk.database.read(&FindOpen { sessions }).await;
            for Ask { session, reply } in asks {
                let answer = match &found {
                    Ok(open) => open.get(&session).cloned().transpose(),
                    Err(failure) => Err(failure.clone()),
                };
                // Whoever asked may have gone away meanwhile.
                let _gone = reply.send(answer);
            }
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

impl Drop for Serving {
    fn drop(&mut self) {
        // After a panic, say.
        if !self.is_over {
            self.desk.queue().under_way -= 1;
        }
    }
}

/// Finds those of these sessions that are open.
struct FindOpen {
    sessions: Vec<SessionId>,
}

impl Work for FindOpen {
    type Output = HashMap<SessionId, Result<Open, StoreError>>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, Abort<StoreError>> {
        let by_name: HashMap<String, SessionId> =
            self.sessions.iter().map(|session| (session.to_string(), *session)).collect();
        let names: Vec<&String> = by_name.keys().collect();
        let rows: Vec<(String, Timestamp, AccountRow)> = sessions::table
            .inner_join(users::table)
            .filter(sessions::id.eq_any(names))
            .filter(sessions::revoked_at.is_null())
            .filter(users::deleted_at.is_null())
            .select((sessions::id, sessions::ends_at, AccountRow::as_select()))
            .load(&mut conn)
            .await?;
        let mut open = HashMap::new();
        for (name, ends_at, account) in rows {
            if let Some(session) = by_name.get(&name) {
                // One that cannot be read is in nobody else's way.
                let account = account.into_account().map_err(StoreError::from);
                open.insert(*session, account.map(|account| Open { account, ends_at }));
            }
        }
        Ok(open)
    }
}
