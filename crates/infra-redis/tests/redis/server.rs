//! A Redis server for a single test, queried through the library that the adapter uses.

use std::ops::{Deref, DerefMut};

use deadpool_redis::redis::{Client, Cmd, FromRedisValue};
use infra_redis::RedisUrl;

/// A server that stops at the end of the test.
pub(crate) struct Server(test_services::Redis);

impl Server {
    /// A server without persistence.
    pub(crate) async fn start() -> Self {
        Self(test_services::Redis::start().await)
    }

    /// A server with additional arguments.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        Self(test_services::Redis::start_with(arguments).await)
    }

    pub(crate) fn absent(arguments: &[&str]) -> Self {
        Self(test_services::Redis::not_started(arguments))
    }

    pub(crate) fn url(&self) -> RedisUrl {
        self.0.url().parse().unwrap()
    }

    pub(crate) async fn query<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let client = Client::open(self.0.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut cmd = Cmd::new();
        for argument in command {
            cmd.arg(argument);
        }
        cmd.query_async(&mut connection).await.unwrap()
    }
}

impl Deref for Server {
    type Target = test_services::Redis;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
