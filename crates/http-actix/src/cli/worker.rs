//! `oms worker`: delivers messages, and nothing else, until a signal.

use super::CommandError;
use crate::{config::Config, signals::Signals, wiring, worker::Worker};

const LONG_ABOUT: &str = "Deliver the messages of the outbox until a signal.

What happens to accounts and orders waits in the outbox, in the transaction in which it happened. A worker writes \
it to the log, mails the customers (with SMTP_URL) and adds it to the stream of events (with REDIS_URL). Any \
number of workers may run; `oms serve` has one inside, unless OUTBOX_WORKER=off. SIGTERM and SIGINT finish the \
deliveries under way and hand the rest back.";

/// Deliver the messages of the outbox until a signal
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Example:\n  DATABASE_URL=postgres://oms@db/shop oms worker")]
pub(super) struct Arguments {}

/// Delivers until a signal.
pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    let failed = |cause| CommandError::Io { doing: "cannot listen for signals", cause };
    let mut signals = Signals::listen().map_err(failed)?;
    for name in wiring::prepare(config).await.map_err(CommandError::unwired(config))? {
        tracing::info!(migration = name, "applied a migration");
    }
    let wired = wiring::wire(config).await.map_err(CommandError::unwired(config))?;
    let worker = Worker::start(wired.courier(config.outbox.courier), &config.outbox);
    tracing::info!(store = config.store.describe(), "delivering messages");
    signals.next().await;
    tracing::info!("stopping: finishing the deliveries under way");
    tokio::select! {
        () = worker.stop() => {}
        () = signals.next() => tracing::warn!("second signal: leaving deliveries unfinished"),
    }
    wired.close().await;
    tracing::info!("stopped");
    Ok(())
}
