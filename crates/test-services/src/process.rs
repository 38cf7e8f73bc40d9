//! Signals to server processes.

use std::{
    fs,
    process::{Child, Command, ExitStatus},
    time::Duration,
};

pub(crate) fn signal(child: &Child, signal: &str) {
    signal_id(child.id(), signal);
}

/// Sends a signal to the process with this id.
pub(crate) fn signal_id(id: u32, signal: &str) {
    // The process may be the client of a container, which does not forward every signal.
    let kill = std::env::var("OMS_TEST_KILL").unwrap_or_else(|_| "kill".to_owned());
    let sent = Command::new(kill).arg(format!("-{signal}")).arg(id.to_string()).status();
    // A process that has ended needs no signal.
    if !sent.as_ref().is_ok_and(ExitStatus::success) {
        eprintln!("process {id} did not get {signal}: {sent:?}");
    }
}

/// The ids of the processes that this one has started. Empty where `/proc` does not tell.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let child = |id: u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The state and the parent follow the program's name, which is in parentheses.
        let (_, fields) = stat.rsplit_once(") ")?;
        (fields.split(' ').nth(1)? == parent.to_string()).then_some(id)
    };
    let ids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(child).collect()
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
