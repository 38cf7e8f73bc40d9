//! Servers of a test's own, which it may stop, kill, and start again: what the tests share must run on.

mod mail;
mod postgres;
mod redis;
#[cfg(test)]
mod tests;

pub(crate) use mail::{Mail, MailServer};
pub(crate) use postgres::PrivatePostgres;
pub(crate) use redis::PrivateRedis;

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    net::TcpListener,
    process::{Child, Command},
    time::Duration,
};

use super::eventually;

/// A port of 127.0.0.1 that is free now, below those that the system hands out for outgoing connections: it
/// stays free while a server is down.
fn free_port() -> u16 {
    loop {
        let random = RandomState::new().hash_one("a port") % 12_000;
        let port = 20_000 + u16::try_from(random).expect("less than 12,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Sends a signal to a child, and waits until it is gone.
async fn end(mut child: Child, signal: &str) {
    tell(&child, signal);
    eventually("the server ends", async || child.try_wait().expect("its status").is_some()).await;
}

/// The same where nothing can be awaited: a child that does not go by itself is killed.
fn end_at_last(mut child: Child, signal: &str) {
    tell(&child, signal);
    for _ in 0..500 {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // It may be gone by now; either way it is reaped.
    let _ = child.kill();
    let _ = child.wait();
}

fn tell(child: &Child, signal: &str) {
    // A program may stand in for a container, to which not every signal passes by itself.
    let kill = std::env::var("OMS_TEST_KILL").unwrap_or_else(|_| "kill".to_owned());
    let told = Command::new(kill).arg(format!("-{signal}")).arg(child.id().to_string()).status();
    // One that is gone already needs no telling.
    if !told.as_ref().is_ok_and(std::process::ExitStatus::success) {
        eprintln!("process {} was not told {signal}: {told:?}", child.id());
    }
}
