//! The health check of Redis. The program works without Redis, so the check is optional.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use domain::health::{Condition, Dependency, Importance};

use crate::{client::Request, connection::Redis, failure::RedisFailure};

#[async_trait]
impl Dependency for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn importance(&self) -> Importance {
        Importance::Optional
    }

    /// Sends a `PING` unless the breaker is open. It has the timeouts of every other command, and a
    /// failure opens the breaker likewise.
    async fn check(&self) -> Condition {
        let ping = cmd("PING");
        let reply: Result<String, RedisFailure> =
            self.client().request(Request::Command(&ping)).await;
        match reply {
            Ok(_pong) => Condition::Up { note: None },
            Err(failure @ RedisFailure::Refused(_)) => {
                Condition::Unfit { problem: failure.to_string() }
            }
            Err(failure) => Condition::Down(Arc::new(failure)),
        }
    }
}
