//! Whether Redis is there. A program does without it, so this is for whoever wants to know.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use domain::health::{Condition, Dependency, Importance};

use crate::{connection::Redis, failure::RedisFailure, line::Call};

#[async_trait]
impl Dependency for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn importance(&self) -> Importance {
        Importance::Optional
    }

    /// As the breaker knows it, and by a `PING` if it believes that Redis is there: the time limits of every other
    /// command hold for that, and a failure counts as much.
    async fn check(&self) -> Condition {
        let ping = cmd("PING");
        let answer: Result<String, RedisFailure> = self.line().call(Call::Command(&ping)).await;
        match answer {
            Ok(_pong) => Condition::Up { note: None },
            // That says nothing about Redis, except that it works.
            Err(RedisFailure::Busy) => {
                Condition::Up { note: Some("all connections are in use".to_owned()) }
            }
            Err(failure @ RedisFailure::Refused(_)) => {
                Condition::Unfit { problem: failure.to_string() }
            }
            Err(failure) => Condition::Down(Arc::new(failure)),
        }
    }
}
