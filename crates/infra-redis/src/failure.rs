//! The errors of requests to Redis and of its setup.

use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why a request failed. Redis may have executed the command nevertheless, if it replied too late.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RedisFailure {
    /// The circuit breaker is open: the request was not sent.
    #[error("Redis is away")]
    Unavailable,
    /// Redis refuses this command and may execute others: the user lacks rights, or the key holds a
    /// value of another type.
    #[error("Redis refused: {0}")]
    Refused(#[source] RedisError),
    /// Redis could not be reached, did not reply in time, or executes no commands at present.
    #[error("Redis failed: {0}")]
    Failed(#[from] RedisError),
}

impl RedisFailure {
    /// Classifies the error of a command. Not for errors of connecting, where `ERR` can mean more
    /// than a refusal: too many clients, for example.
    pub(crate) fn from_reply(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::NoPerm) => {
                Self::Refused(error)
            }
            _ if error.code() == Some("WRONGTYPE") => Self::Refused(error),
            _ => Self::Failed(error),
        }
    }
}

/// Why Redis cannot be used with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum RedisSetupError {
    /// The client library does not accept the address.
    #[error("the address cannot be used")]
    Client(#[source] RedisError),
    /// The connection pool does not accept its settings.
    #[error("the pool of connections cannot be made")]
    Pool(#[source] deadpool_redis::BuildError),
    /// The trusted certificates are not valid PEM.
    #[error("the certificates cannot be read")]
    Certificates(#[source] RedisError),
}
