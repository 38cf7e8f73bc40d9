//! The health check of Redis. The program works without Redis, so the check is optional.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use domain::health::{Criticality, Dependency, DependencyStatus};

use crate::{client::Request, connection::Redis, failure::RedisFailure};

#[async_trait]
impl Dependency for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn criticality(&self) -> Criticality {
        Criticality::Optional
    }

    /// Sends a `PING` unless the breaker is open. The ping has the timeouts of every other command,
    /// and a failure opens the breaker as well.
    async fn check(&self) -> DependencyStatus {
        let ping = cmd("PING");
        let reply: Result<String, RedisFailure> =
            self.client().request(Request::Command(&ping)).await;
        match reply {
            Ok(_pong) => DependencyStatus::Up { note: None },
            Err(failure @ RedisFailure::Refused(_)) => {
                DependencyStatus::Unusable { problem: failure.to_string() }
            }
            Err(failure) => DependencyStatus::Down(Arc::new(failure)),
        }
    }
}
