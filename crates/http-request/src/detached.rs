//! Detached tasks: a change runs to completion even if its client disconnects.

use std::{future::Future, sync::Arc};

use domain::StoreError;
use tokio::{runtime::Handle, sync::Semaphore};
use tracing::Instrument as _;

/// How many tasks may run for which no response waits.
const MAX_BACKGROUND_TASKS: usize = 64;

/// Runs changes as detached tasks, which complete even if the client disconnects.
///
/// When a client disconnects, Actix drops the future of its request at its current await point.
/// That may be after the commit and before the cache is invalidated. So each change that may touch
/// products runs in a spawned task, and the handler awaits its result. The tasks run on the runtime
/// that created this value: the runtimes of Actix's worker threads shut down before it does.
#[derive(Clone)]
pub struct DetachedTasks {
    runtime: Handle,
    background: Arc<Semaphore>,
}

/// As many tasks as may run in the background are running. Trying again later may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tasks are running in the background")]
pub struct TooManyTasks;

impl DetachedTasks {
    /// Spawns on the current runtime.
    ///
    /// # Panics
    /// If it is called outside a Tokio runtime.
    pub fn on_current_runtime() -> Self {
        Self::on(Handle::current())
    }

    fn on(runtime: Handle) -> Self {
        Self { runtime, background: Arc::new(Semaphore::new(MAX_BACKGROUND_TASKS)) }
    }

    /// Runs a change to completion, within the current span.
    ///
    /// # Errors
    /// The change's error; [`StoreError::Broken`] if the change panicked.
    pub async fn run<T, E>(
        &self,
        change: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let changed = self.runtime.spawn(change.in_current_span()).await;
        changed.unwrap_or_else(|panicked| Err(StoreError::broken(panicked).into()))
    }

    /// Starts a task that no response waits for, so that the time of the response tells nothing
    /// about the task's work. The task runs within the current span.
    ///
    /// # Errors
    /// [`TooManyTasks`]; the task does not run then.
    pub fn start_in_background(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), TooManyTasks> {
        let background = Arc::clone(&self.background);
        let permit = background.try_acquire_owned().map_err(|_none_is_free| TooManyTasks)?;
        let task = async move {
            task.await;
            drop(permit);
        };
        // A panic is logged by the hook of the process.
        let _running = self.runtime.spawn(task.in_current_span());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_change_completes_although_its_client_disconnects() {
        let changes = DetachedTasks::on_current_runtime();
        let (unblock, blocked) = oneshot::channel::<()>();
        let (completed, result) = oneshot::channel();
        let change = changes.run(async move {
            blocked.await.unwrap();
            completed.send("done").unwrap();
            Ok::<_, StoreError>(())
        });
        assert!(
            change.now_or_never().is_none(),
            "the change is blocked, and its client has disconnected"
        );
        unblock.send(()).unwrap();
        assert_eq!(result.await, Ok("done"));
    }

    #[test]
    fn a_change_completes_although_the_callers_runtime_has_shut_down() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let changes = DetachedTasks::on(runtime.handle().clone());
        let (unblock, blocked) = oneshot::channel::<()>();
        let (completed, result) = oneshot::channel();
        tokio::runtime::Runtime::new().unwrap().block_on(async move {
            let change = changes.run(async move {
                blocked.await.unwrap();
                completed.send("done").unwrap();
                Ok::<_, StoreError>(())
            });
            assert!(change.now_or_never().is_none());
        });
        unblock.send(()).unwrap();
        assert_eq!(runtime.block_on(result), Ok("done"));
    }

    #[tokio::test]
    async fn a_change_that_panics_is_reported_as_a_broken_store() {
        let panics = async { panic!("the disk is on fire") };
        let changed = DetachedTasks::on_current_runtime().run::<(), StoreError>(panics).await;
        assert!(matches!(changed, Err(StoreError::Broken(_))), "{changed:?}");
    }

    #[tokio::test]
    async fn tasks_in_the_background_are_bounded() {
        let tasks = DetachedTasks::on_current_runtime();
        let (unblock, _) = tokio::sync::broadcast::channel::<()>(1);
        let start = || {
            let mut blocked = unblock.subscribe();
            tasks.start_in_background(async move {
                blocked.recv().await.unwrap();
            })
        };
        for _ in 0..MAX_BACKGROUND_TASKS {
            assert_eq!(start(), Ok(()));
        }
        assert_eq!(start(), Err(TooManyTasks));
        unblock.send(()).unwrap();
        let all = u32::try_from(MAX_BACKGROUND_TASKS).unwrap();
        let _ended = tasks.background.acquire_many(all).await.unwrap();
    }
}
