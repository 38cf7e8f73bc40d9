//! Redis as the rest of a program holds it: from the first look at it until it is closed.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

use crate::{address::RedisUrl, failure::RedisSetupError, line::Line, options::RedisOptions};

/// How long whoever closes waits for Redis to hear what it has not been told.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Redis, which may come and go.
///
/// While it is away every call fails at once, without a look at the network; a task of its own tries it
/// again every [`RedisOptions::probe_every`], and heals what the outage may have left behind before anybody
/// else may use it.
///
/// Clones share everything. The task ends with the last clone, or at [`Self::close`].
#[derive(Clone)]
pub struct Redis {
    line: Arc<Line>,
    background: Arc<Background>,
}

/// The tasks, and how to end them.
struct Background {
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Redis {
    /// Finds out whether Redis is there, and watches over it from now on. That it is away is no error:
    /// it is an outage from the start.
    ///
    /// All connections live on the runtime that this is called on. Calls may come from others.
    ///
    /// What is in Redis from before is voided, since a process of before may have died with something to
    /// tell.
    ///
    /// # Errors
    /// [`RedisSetupError`] if the options cannot be used.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub async fn connect(url: &RedisUrl, options: RedisOptions) -> Result<Self, RedisSetupError> {
        let line = Arc::new(Line::new(url, options, Handle::current())?);
        line.probe().await;
        let background =
            Background { stop: watch::Sender::new(false), tasks: Mutex::new(Vec::new()) };
        let redis = Self { line: Arc::clone(&line), background: Arc::new(background) };
        redis.spawn(async move { line.keep_probing().await });
        Ok(redis)
    }

    /// Whether Redis is believed to be there.
    pub fn is_up(&self) -> bool {
        self.line.is_up()
    }

    /// Ends the tasks and closes the connections. Redis is away for all clones from now on.
    ///
    /// If there is a change that Redis could not be told of, it is tried once more before that, for a second
    /// at most.
    pub async fn close(&self) {
        self.line.leave_no_doubt(LAST_WORD).await;
        self.line.shut();
        self.background.stop.send_replace(true);
        let tasks = std::mem::take(&mut *self.background.tasks());
        for task in tasks {
            // It was stopped, or has ended by itself; either is fine.
            let _ended = task.await;
        }
        self.line.close_connections();
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// Runs a task until Redis is closed, or the last clone is gone. Returns how to end it before.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut stop = self.background.stop.subscribe();
        let running = self.line.runtime().spawn(async move {
            tokio::select! {
                // An error says that the last clone is gone.
                _stopped = stop.wait_for(|stop| *stop) => {}
                () = task => {}
            }
        });
        let handle = running.abort_handle();
        let mut tasks = self.background.tasks();
        tasks.retain(|task| !task.is_finished());
        tasks.push(running);
        handle
    }
}

impl Background {
    fn tasks(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
