//! The signals that ask the program for an end.

use std::io;

/// SIGTERM and SIGINT (Ctrl-C).
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

/// Who asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// What runs the program (SIGTERM): systemd, a container's host. Others may not have heard of it yet.
    Manager,
    /// Somebody at a terminal (SIGINT), who waits for it.
    Person,
}

impl Signals {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) -> Asking {
        #[cfg(unix)]
        return tokio::select! {
            _ = self.terminate.recv() => Asking::Manager,
            _ = self.interrupt.recv() => Asking::Person,
        };
        #[cfg(not(unix))]
        {
            let _interrupted = tokio::signal::ctrl_c().await;
            Asking::Person
        }
    }
}
