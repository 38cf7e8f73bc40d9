//! What can go wrong in a store, whatever it stores.

use std::{error::Error, sync::Arc};

/// The cause of a failure, for logs. Shared, because one failed batch fails every order in it.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// A store could not do its work, for a reason that is none of the caller's doing.
///
/// A caller acts on the variant; the cause is for the log and must never reach a client.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy beyond its time limit, or shutting down. Nothing was changed
    /// unless the port says otherwise; trying again later may succeed.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// The database was lost in the middle of a commit: the change may have been made, or may still be
    /// made, or not. Trying again later may succeed.
    #[error("the store was lost during a commit, which may have happened or not")]
    CommitUnknown(#[source] Cause),
    /// The database holds something the domain does not accept, or rejected a statement that should
    /// be valid. Trying again will not help; an operator has to look.
    #[error("the store is broken")]
    Broken(#[source] Cause),
}

impl StoreError {
    /// A failure that may pass.
    pub fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(cause))
    }

    /// A failure in the middle of a commit.
    pub fn commit_unknown(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::CommitUnknown(Arc::new(cause))
    }

    /// A failure that needs an operator.
    pub fn broken(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Broken(Arc::new(cause))
    }
}
