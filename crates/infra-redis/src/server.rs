//! Which server answers, and what that means for what is cached on it.
//!
//! A server that was restarted from its snapshot, or a replica that took over, may hold values from before
//! an invalidation that was acknowledged. So the content is known to belong to one run of one server, and
//! whoever first meets another voids it, before anything else is asked there.
//!
//! A name may also lead to another server for a while and back to the first, which ran all the time and heard
//! nothing of what changed meanwhile. So whoever comes from another server voids what it finds.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use deadpool_redis::redis::{
    ErrorKind, RedisError, Script, ScriptInvocation, ServerErrorKind, aio::MultiplexedConnection,
    cmd,
};

use crate::{breaker::Breaker, keys::Keys, random};

/// Knows the server.
pub(crate) struct Servers {
    keys: Keys,
    breaker: Arc<Breaker>,
    forget_all: Script,
    last: Mutex<Option<Server>>,
}

/// A run of a server that was met.
struct Server {
    /// What it calls itself, new at each start. `None` if it does not say.
    run: Option<String>,
    /// When the connection was made on which it was first met.
    since: Instant,
}

impl Servers {
    pub(crate) fn new(keys: Keys, breaker: Arc<Breaker>) -> Self {
        let forget_all = Script::new(include_str!("lua/forget_all.lua"));
        Self { keys, breaker, forget_all, last: Mutex::new(None) }
    }

    /// Meets the server at the other end of a new connection. What it holds from another run, or another
    /// server's, is void when this returns; so is everything if it does not say who it is.
    pub(crate) async fn meet(
        &self,
        connection: &mut MultiplexedConnection,
        made_at: Instant,
    ) -> Result<(), RedisError> {
        let run = run_of(connection).await?;
        let mut forget = self.forget_all();
        if let Some(run) = &run {
            forget.key(self.keys.server()).arg(run).arg(u8::from(self.comes_from_another(run)));
        }
        let forgotten: bool = forget.invoke_async(connection).await?;
        if forgotten {
            tracing::debug!("voided what was cached, since the server may be another one");
        }
        self.note(run, made_at);
        Ok(())
    }

    /// Whether this process has used another server since it last used that one.
    fn comes_from_another(&self, run: &str) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_some_and(|known| known.run.as_deref() != Some(run))
    }

    /// The script that voids all that is cached.
    pub(crate) fn forget_all(&self) -> ScriptInvocation<'_> {
        let mut forget = self.forget_all.prepare_invoke();
        forget.key(self.keys.products_generation()).key(self.keys.pages_generation());
        forget.arg(random()).arg(random()).arg(self.keys.invalidations());
        forget
    }

    /// Whether a connection of that moment is to the server that was met last.
    pub(crate) fn still_the_same_since(&self, moment: Instant) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_none_or(|server| moment >= server.since)
    }

    fn note(&self, run: Option<String>, made_at: Instant) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref() {
            Some(known) if known.run == run => return,
            Some(_other) => self.breaker.server_changed(),
            None => {}
        }
        *last = Some(Server { run, since: made_at });
    }
}

/// What the server calls this run of itself, if it says.
async fn run_of(connection: &mut MultiplexedConnection) -> Result<Option<String>, RedisError> {
    let info: Result<String, RedisError> = cmd("INFO").arg("server").query_async(connection).await;
    match info {
        Ok(info) => Ok(find_run(&info)),
        // Not permitted, or not known to something that speaks like Redis.
        Err(error) => match error.kind() {
            ErrorKind::Server(ServerErrorKind::NoPerm | ServerErrorKind::ResponseError)
            | ErrorKind::UnexpectedReturnType => Ok(None),
            _ => Err(error),
        },
    }
}

fn find_run(info: &str) -> Option<String> {
    let run = info.lines().find_map(|line| line.strip_prefix("run_id:"))?.trim();
    (!run.is_empty()).then(|| run.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_is_found_among_what_the_server_says() {
        let info = "# Server\r\nredis_version:7.0.15\r\nrun_id:8f2c\r\ntcp_port:6379\r\n";
        assert_eq!(find_run(info).as_deref(), Some("8f2c"));
        assert_eq!(find_run("# Server\r\nrun_id:\r\n"), None);
        assert_eq!(find_run("redis_version:7.0.15"), None);
    }
}
