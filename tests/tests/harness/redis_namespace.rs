//! The Redis keys of one test on a shared server: those with a unique prefix.

use super::{redis_command, servers_are_disposable, unique_name};

/// A Lua script that deletes all keys that match its only argument.
const DELETE_MATCHING: &str = "local cursor = '0' repeat \
     local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000) cursor = page[1] \
     for _, key in ipairs(page[2]) do redis.call('DEL', key) end until cursor == '0'";

/// A unique key prefix on a Redis server. Its keys are deleted with the test.
#[derive(Debug)]
pub(crate) struct RedisNamespace {
    url: String,
    prefix: String,
}

impl RedisNamespace {
    /// A new namespace on the server at this URL.
    pub(crate) fn fresh(server_url: &str) -> Self {
        Self { url: server_url.to_owned(), prefix: unique_name() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl Drop for RedisNamespace {
    fn drop(&mut self) {
        if servers_are_disposable() {
            return;
        }
        // A server that the test started may have ended already, and its keys with it.
        let pattern = format!("{}*", self.prefix);
        if let Err(error) = redis_command(&self.url, &["EVAL", DELETE_MATCHING, "0", &pattern]) {
            eprintln!("the keys {pattern} are not deleted: {error}");
        }
    }
}
