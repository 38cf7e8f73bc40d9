//! Detached tasks: a change runs to completion even if its client disconnects.

use std::future::Future;

use domain::StoreError;
use tokio::runtime::Handle;
use tracing::Instrument as _;

/// Runs changes as detached tasks, which complete even if the client disconnects.
///
/// When a client disconnects, Actix drops the future of its request at its current await point.
/// That may be after the commit and before the cache is invalidated. So each change that may
/// touch products runs in a spawned task, and the handler awaits its result. The tasks run on the runtime
/// that created this value: the runtimes of Actix's worker threads shut down before it does.
#[derive(Clone)]
pub struct DetachedTasks(Handle);

impl DetachedTasks {
    /// Spawns on the current runtime.
    ///
    /// # Panics
    /// If it is called outside a Tokio runtime.
    pub fn on_current_runtime() -> Self {
        Self(Handle::current())
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
        let changed = self.0.spawn(change.in_current_span()).await;
        changed.unwrap_or_else(|panicked| Err(StoreError::broken(panicked).into()))
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
        let changes = DetachedTasks(runtime.handle().clone());
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
}
