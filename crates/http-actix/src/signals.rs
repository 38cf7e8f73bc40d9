//! The signals that stop the program.

use std::io;

use tokio::sync::watch;

/// The SIGTERM and SIGINT (Ctrl-C) that the process has received since [`Self::listen`]. Clones see
/// the same signals.
#[derive(Clone)]
pub(crate) struct Signals {
    received: watch::Receiver<Received>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Received {
    first: Option<StopSignal>,
    second: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// SIGTERM, from a service manager or a container runtime. Load balancers may still send
    /// requests.
    Terminate,
    /// SIGINT, from a person at a terminal, who waits for the end.
    Interrupt,
}

impl Signals {
    /// Starts handling signals. Before, a signal ends the program at once.
    pub(crate) fn listen() -> io::Result<Self> {
        let mut streams = SignalStreams::listen()?;
        let (sender, received) = watch::channel(Received::default());
        tokio::spawn(async move {
            loop {
                let signal = streams.next().await;
                sender.send_modify(|received| match received.first {
                    None => received.first = Some(signal),
                    Some(_) => received.second = true,
                });
            }
        });
        Ok(Self { received })
    }

    /// Waits for the first signal.
    pub(crate) async fn first_signal(&mut self) -> StopSignal {
        match self.received.wait_for(|received| received.first.is_some()).await {
            Ok(received) => received.first.unwrap_or(StopSignal::Terminate),
            // The runtime is shutting down.
            Err(_closed) => StopSignal::Terminate,
        }
    }

    /// Waits for a second signal, on which the program exits without waiting for anything.
    pub(crate) async fn second_signal(&mut self) {
        let _received_or_closed = self.received.wait_for(|received| received.second).await.is_ok();
    }
}

struct SignalStreams {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl SignalStreams {
    fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> StopSignal {
        #[cfg(unix)]
        return tokio::select! {
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.interrupt.recv() => StopSignal::Interrupt,
        };
        #[cfg(not(unix))]
        {
            let _interrupted = tokio::signal::ctrl_c().await;
            StopSignal::Interrupt
        }
    }
}
