//! How a change is run to its end, also if the client that asked for it goes away.

use std::future::Future;

use domain::StoreError;
use tokio::runtime::Handle;
use tracing::Instrument as _;

/// Runs changes to their end, also if the client that asked for one goes away.
///
/// When a client disconnects, Actix drops the future of its request where it stands. That may be after the change was
/// committed, and before the cache was invalidated. So a change of products or orders is a task of its own, for which the
/// handler merely waits. It runs on the runtime on which this was made: those of Actix's threads end before it.
#[derive(Clone)]
pub struct Changes(Handle);

impl Changes {
    /// Changes run on the runtime of the caller of this.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn here() -> Self {
        Self(Handle::current())
    }

    /// Runs a change to its end, within the span of the caller.
    ///
    /// # Errors
    /// The change's own; [`StoreError::Broken`] if it panicked.
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
    async fn a_change_whose_client_goes_away_is_made_all_the_same() {
        let changes = Changes::here();
        let (open, gate) = oneshot::channel::<()>();
        let (made, seen) = oneshot::channel();
        let change = changes.run(async move {
            gate.await.unwrap();
            made.send("made").unwrap();
            Ok::<_, StoreError>(())
        });
        assert!(change.now_or_never().is_none(), "it waits at its gate, and its client is gone");
        open.send(()).unwrap();
        assert_eq!(seen.await, Ok("made"));
    }

    #[test]
    fn a_change_goes_on_though_its_callers_runtime_has_ended() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let changes = Changes(runtime.handle().clone());
        let (open, gate) = oneshot::channel::<()>();
        let (made, seen) = oneshot::channel();
        tokio::runtime::Runtime::new().unwrap().block_on(async move {
            let change = changes.run(async move {
                gate.await.unwrap();
                made.send("made").unwrap();
                Ok::<_, StoreError>(())
            });
            assert!(change.now_or_never().is_none());
        });
        open.send(()).unwrap();
        assert_eq!(runtime.block_on(seen), Ok("made"));
    }

    #[tokio::test]
    async fn a_change_that_panics_is_a_broken_store() {
        let panics = async { panic!("the disk is on fire") };
        let changed = Changes::here().run::<(), StoreError>(panics).await;
        assert!(matches!(changed, Err(StoreError::Broken(_))), "{changed:?}");
    }
}
