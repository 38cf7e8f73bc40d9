//! The signals that ask the program for an end.

use std::io;

use tokio::sync::watch;

/// SIGTERM and SIGINT (Ctrl-C), from the moment this is made until the process ends. Cheap to clone: whoever
/// takes part in the end hears all of them.
#[derive(Clone)]
pub(crate) struct Signals {
    heard: watch::Receiver<Heard>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    first: Option<StopSignal>,
    again: bool,
}

/// Who asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// What runs the program (SIGTERM): systemd, a container's host. Others may not have heard of it yet.
    Manager,
    /// Somebody at a terminal (SIGINT), who waits for it.
    Person,
}

impl Signals {
    /// Listens from now on. Until then a signal ends the program at once.
    pub(crate) fn listen() -> io::Result<Self> {
        let mut source = Source::listen()?;
        let (tell, heard) = watch::channel(Heard::default());
        tokio::spawn(async move {
            loop {
                let asking = source.next().await;
                tell.send_modify(|heard| match heard.first {
                    None => heard.first = Some(asking),
                    Some(_) => heard.again = true,
                });
            }
        });
        Ok(Self { heard })
    }

    pub(crate) async fn asked(&mut self) -> StopSignal {
        match self.heard.wait_for(|heard| heard.first.is_some()).await {
            Ok(heard) => heard.first.unwrap_or(StopSignal::Terminate),
            // The runtime ends, and with it who listens.
            Err(_gone) => StopSignal::Terminate,
        }
    }

    /// Waits until somebody has asked again: they do not want to wait.
    pub(crate) async fn second_signal(&mut self) {
        let _gone_or_heard = self.heard.wait_for(|heard| heard.again).await.is_ok();
    }
}

struct Source {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Source {
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
