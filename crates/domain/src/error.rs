//! The errors that every store has.

use std::{error::Error, sync::Arc};

/// The cause of a failure, for logs. Shared, because one failed batch fails every order in it.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// A store failed, for a reason that the caller did not cause.
///
/// A caller acts on the variant; the cause is for the log and must never reach a client.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, did not respond within its timeout, or is shutting down.
    /// Nothing was changed unless the port says otherwise; trying again later may succeed.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// The connection was lost during a commit: the change may have been committed, may still be,
    /// or may be rolled back. Trying again later may succeed.
    #[error("the store was lost during a commit, which may have happened or not")]
    CommitUnknown(#[source] Cause),
    /// The database holds data that the domain does not accept, or rejected a statement that should
    /// be valid. Trying again does not help; an operator has to investigate.
    #[error("the store is broken")]
    Broken(#[source] Cause),
}

impl StoreError {
    /// Wraps a cause in [`Self::Unavailable`].
    pub fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(cause))
    }

    /// Wraps a cause in [`Self::CommitUnknown`].
    pub fn commit_unknown(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::CommitUnknown(Arc::new(cause))
    }

    /// Wraps a cause in [`Self::Broken`].
    pub fn broken(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Broken(Arc::new(cause))
    }
}
