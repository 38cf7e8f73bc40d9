//! The end of a program that runs until a signal: what both of them hear, and close.

use super::error::CommandError;
use crate::{
    composition::App, config::Config, operators::Listener, signals::Signals, worker::Worker,
};

pub(super) fn listen_for_signals() -> Result<Signals, CommandError> {
    let failed = |cause| CommandError::Io { doing: "cannot listen for signals", cause };
    Signals::listen().map_err(failed)
}

/// What is running beside requests, and ends after them.
pub(super) struct Running {
    pub(super) worker: Option<Worker>,
    pub(super) app: App,
    /// The operators' own port, which answers to the last.
    pub(super) own: Option<Listener>,
}

impl Running {
    /// Ends everything in order, within the time that the configuration gives deliveries. A second signal leaves it
    /// unfinished, which is logged in these words.
    pub(super) async fn stop(self, config: &Config, signals: &mut Signals, unfinished: &str) {
        let stopped = async {
            if let Some(worker) = self.worker {
                worker.stop_within(config.listen.shutdown_timeout).await;
            }
            self.app.close().await;
            if let Some(own) = self.own {
                own.stop().await;
            }
        };
        tokio::select! {
            () = stopped => tracing::info!("stopped"),
            () = signals.asked_again() => tracing::warn!("second signal: {unfinished}"),
        }
    }
}
