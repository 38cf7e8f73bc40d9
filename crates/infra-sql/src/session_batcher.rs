//! Who calls, for all requests that ask at the same time.

use domain::{
    StoreError, Timestamp,
    account::{Caller, SessionId},
};
use futures::FutureExt as _;
use tracing::Span;

use crate::{Batcher, mark_failed};

/// Who calls through a session, if it is open.
type Found = Result<Option<Caller>, StoreError>;

/// Finds callers in batches.
pub struct SessionBatcher(Batcher<(SessionId, Timestamp), Found>);

impl SessionBatcher {
    /// Finds them by that function, which returns one result for each session, in their order.
    pub fn new<Finding>(
        find: impl Fn(Vec<SessionId>, Timestamp) -> Finding + Send + Sync + 'static,
    ) -> Self
    where
        Finding: Future<Output = Vec<Found>> + Send + 'static,
    {
        Self(Batcher::new(move |requests: Vec<(SessionId, Timestamp)>| {
            let (sessions, times): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
            let now = times.into_iter().max().unwrap_or_default();
            find(sessions, now).boxed()
        }))
    }

    /// Who calls through this session. Marks the current span if the store failed.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn caller(&self, session: SessionId, now: Timestamp) -> Found {
        let found = self.0.ask((session, now)).await;
        let found = found.unwrap_or_else(|lost| Err(StoreError::broken(lost)));
        found.inspect_err(|_failure| mark_failed(&Span::current()))
    }
}
