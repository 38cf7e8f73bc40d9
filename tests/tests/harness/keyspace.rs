//! A part of a Redis server that is a test's own: the keys with one prefix.

use super::{ask_redis, servers_are_thrown_away, unique_name};

/// Removes all keys with a prefix, whose pattern is its only argument.
const REMOVE_ALL: &str = "local cursor = '0' repeat \
     local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000) cursor = page[1] \
     for _, key in ipairs(page[2]) do redis.call('DEL', key) end until cursor == '0'";

/// A prefix that nobody else uses, on a server. Its keys go with the test.
#[derive(Debug)]
pub(crate) struct Keyspace {
    url: String,
    prefix: String,
}

impl Keyspace {
    /// A fresh one on the server that this URL names.
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

impl Drop for Keyspace {
    fn drop(&mut self) {
        if servers_are_thrown_away() {
            return;
        }
        // A server of the test's own may have gone before, and its keys with it.
        let pattern = format!("{}*", self.prefix);
        if let Err(error) = ask_redis(&self.url, &["EVAL", REMOVE_ALL, "0", &pattern]) {
            eprintln!("the keys {pattern} are not removed: {error}");
        }
    }
}
