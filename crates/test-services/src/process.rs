//! Signals to server processes.

use std::{
    process::{Child, Command, ExitStatus},
    time::Duration,
};

pub(crate) fn signal(child: &Child, signal: &str) {
    // The process may be the client of a container, which does not forward every signal.
    let kill = std::env::var("OMS_TEST_KILL").unwrap_or_else(|_| "kill".to_owned());
    let sent = Command::new(kill).arg(format!("-{signal}")).arg(child.id().to_string()).status();
    // A process that has ended needs no signal.
    if !sent.as_ref().is_ok_and(ExitStatus::success) {
        eprintln!("process {} did not get {signal}: {sent:?}", child.id());
    }
}

/// Sends a signal to a child, and returns when it has ended. Kills a child that does not end.
pub(crate) fn end(mut child: Child, with: &str) {
    signal(&child, with);
    for _ in 0..1_000 {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // The process may have ended by now. It is reaped in either case.
    let _ = child.kill();
    let _ = child.wait();
}
