//! A Redis server of a test's own, asked by the library that the adapter uses.

use std::ops::{Deref, DerefMut};

use deadpool_redis::redis::{Client, Cmd, FromRedisValue};
use infra_redis::RedisUrl;

/// A server, which ends with the test.
pub(crate) struct Server(test_services::Redis);

impl Server {
    /// One that keeps nothing when it dies.
    pub(crate) async fn start() -> Self {
        Self(test_services::Redis::start().await)
    }

    /// One with these arguments besides.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        Self(test_services::Redis::start_with(arguments).await)
    }

    pub(crate) fn absent(arguments: &[&str]) -> Self {
        Self(test_services::Redis::absent(arguments))
    }

    pub(crate) fn url(&self) -> RedisUrl {
        self.0.url().parse().unwrap()
    }

    pub(crate) async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let client = Client::open(self.0.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = Cmd::new();
        for word in words {
            command.arg(word);
        }
        command.query_async(&mut connection).await.unwrap()
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
