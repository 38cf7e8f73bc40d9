//! What can go wrong with Redis.

use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why Redis did not do what it was asked. It may have, if it answered too late.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RedisFailure {
    /// It was away before, and was not asked.
    #[error("Redis is away")]
    Away,
    /// It does not do that, and says nothing about anything else: the rights are missing, or there is
    /// something of another kind.
    #[error("Redis refused: {0}")]
    Refused(#[source] RedisError),
    /// It could not be reached, did not answer in time, or does nothing at the moment.
    #[error("Redis failed: {0}")]
    Failed(#[from] RedisError),
}

impl RedisFailure {
    /// What an error means that came as the answer to a command. Before a connection is made `ERR` means
    /// more than a refusal: that there are too many already, for one.
    pub(crate) fn of_answer(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::NoPerm) => {
                Self::Refused(error)
            }
            _ if error.code() == Some("WRONGTYPE") => Self::Refused(error),
            _ => Self::Failed(error),
        }
    }
}

/// Why Redis cannot be used at all, as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum RedisSetupError {
    /// The client library does not take the address.
    #[error("the address cannot be used")]
    Client(#[source] RedisError),
    /// The pool of connections does not take its settings.
    #[error("the pool of connections cannot be made")]
    Pool(#[source] deadpool_redis::BuildError),
    /// The certificates to trust are no PEM.
    #[error("the certificates cannot be read")]
    Certificates(#[source] RedisError),
}
