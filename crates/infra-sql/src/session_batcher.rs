//! Finds callers in batches, for all requests that arrive at the same time.

use domain::{
    StoreError, Timestamp,
    account::{Caller, SessionId},
};
use futures::FutureExt as _;
use tracing::Span;

use crate::{Batcher, mark_failed};

/// The result of a lookup: the caller of a session; `None` if the session is not open.
type CallerResult = Result<Option<Caller>, StoreError>;

/// Finds callers in batches.
pub struct SessionBatcher(Batcher<(SessionId, Timestamp), CallerResult>);

impl SessionBatcher {
    /// A batcher with this function, which returns one result for each session, in their order.
    pub fn new<Lookup>(
        find: impl Fn(Vec<SessionId>, Timestamp) -> Lookup + Send + Sync + 'static,
    ) -> Self
    where
        Lookup: Future<Output = Vec<CallerResult>> + Send + 'static,
    {
        Self(Batcher::new(move |requests: Vec<(SessionId, Timestamp)>| {
            let (sessions, times): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
            let now = times.into_iter().max().unwrap_or_default();
            find(sessions, now).boxed()
        }))
    }

    /// The caller of this session, if it is open. Marks the current span as failed if the store
    /// failed.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn caller(&self, session: SessionId, now: Timestamp) -> CallerResult {
        let found = self.0.submit((session, now)).await;
        let found = found.unwrap_or_else(|lost| Err(StoreError::broken(lost)));
        found.inspect_err(|_failure| mark_failed(&Span::current()))
    }
}
