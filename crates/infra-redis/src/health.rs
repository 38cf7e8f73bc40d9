//! Whether Redis is there. A program does without it, so this is for whoever wants to know.

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

    /// As the breaker knows it, and by a `PING` if Redis is believed to be there: the time limits of every other
    /// command hold for that, and a failure counts as much.
    async fn check(&self) -> Condition {
        let ping = cmd("PING");
        let answer: Result<String, RedisFailure> =
            self.client().request(Request::Command(&ping)).await;
        match answer {
            Ok(_pong) => Condition::Up { note: None },
            Err(failure @ RedisFailure::Refused(_)) => {
                Condition::Unfit { problem: failure.to_string() }
            }
            Err(failure) => Condition::Down(Arc::new(failure)),
        }
    }
}
