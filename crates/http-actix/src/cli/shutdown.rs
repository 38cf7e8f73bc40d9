//! The graceful shutdown of the commands that run until a signal: `oms serve` and `oms worker`.

use super::error::CommandError;
use crate::{
    composition::App, config::Config, operators::OperatorsListener, signals::Signals,
    worker::Worker,
};

pub(super) fn listen_for_signals() -> Result<Signals, CommandError> {
    let failed = |cause| CommandError::Io { doing: "cannot listen for signals", cause };
    Signals::listen().map_err(failed)
}

/// What is stopped once no request is in flight.
pub(super) struct Shutdown {
    pub(super) worker: Option<Worker>,
    pub(super) app: App,
    /// The operators' listener, if it is separate. It answers until everything else has stopped.
    pub(super) operators_listener: Option<OperatorsListener>,
}

impl Shutdown {
    /// Stops the worker, which has the configured timeout for its deliveries, closes the app, and
    /// stops the operators' listener. A second signal ends the shutdown; `consequence` is logged
    /// then.
    pub(super) async fn run(self, config: &Config, signals: &mut Signals, consequence: &str) {
        let stopped = async {
            if let Some(worker) = self.worker {
                worker.stop_within(config.listen.shutdown_timeout).await;
            }
            self.app.close().await;
            if let Some(listener) = self.operators_listener {
                listener.stop().await;
            }
        };
        tokio::select! {
            () = stopped => tracing::info!("stopped"),
            () = signals.second_signal() => tracing::warn!("second signal: {consequence}"),
        }
    }
}
