//! Ending the processes of servers.

use std::{
    process::{Child, Command, ExitStatus},
    time::Duration,
};

pub(crate) fn signal(child: &Child, signal: &str) {
    // A program may stand in for a container, to which not every signal passes by itself.
    let kill = std::env::var("OMS_TEST_KILL").unwrap_or_else(|_| "kill".to_owned());
    let sent = Command::new(kill).arg(format!("-{signal}")).arg(child.id().to_string()).status();
    // One that is gone already needs none.
    if !sent.as_ref().is_ok_and(ExitStatus::success) {
        eprintln!("process {} did not get {signal}: {sent:?}", child.id());
    }
}

/// Sends a signal to a child, and returns when it is gone. One that does not go is killed.
pub(crate) fn end(mut child: Child, with: &str) {
    signal(&child, with);
    for _ in 0..1_000 {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // It may be gone by now; either way it is reaped.
    let _ = child.kill();
    let _ = child.wait();
}
