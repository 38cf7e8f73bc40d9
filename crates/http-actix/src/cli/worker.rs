//! `oms worker`: delivers messages, and nothing else, until a signal.

use std::net::SocketAddr;

use super::{
    banner::metrics_at,
    error::CommandError,
    output,
    stopping::{Running, listen_for_signals},
};
use crate::{
    composition,
    config::{Config, LogFormat},
    metrics::Exporter,
    operators::{self, Listener},
    worker::{Heartbeat, Worker},
};

const LONG_ABOUT: &str = "Deliver the messages of the outbox until a signal.

What happens to accounts and orders waits in the outbox, in the transaction in which it happened. A worker writes \
it to the log, mails the customers (with SMTP_URL) and adds it to the stream of events (with REDIS_URL). Any \
number of workers may run; `oms serve` has one inside, unless OUTBOX_WORKER=off. With METRICS_PORT it answers \
/livez, /readyz and /metrics there. SIGTERM and SIGINT finish the deliveries under way and hand the rest back.";

/// Deliver the messages of the outbox until a signal
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Example:\n  DATABASE_URL=postgres://oms@db/shop oms worker")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config, format: LogFormat) -> Result<(), CommandError> {
    let exporter = Exporter::install()?;
    composition::prepare_start(config).await.map_err(CommandError::not_composed(config))?;
    let app = composition::compose(config).await.map_err(CommandError::not_composed(config))?;
    let _watch = app.register_metrics(&exporter);
    let heartbeat = Heartbeat::new(&config.outbox);
    let operators = operators::operators(exporter, app.dependencies(), Some(heartbeat.clone()));
    // Before anything is leased: a port that is taken must not leave deliveries unfinished.
    let own = operators::listen_if_configured(&config.operators, &operators)?;
    let mut signals = listen_for_signals()?;
    let worker = Worker::start(app.relay(config.outbox.relay), &config.outbox, heartbeat);
    announce(config, format, own.as_ref().map(Listener::address));
    signals.asked().await;
    operators.stop();
    tracing::info!("stopping: finishing the deliveries under way");
    Running { worker: Some(worker), app, own }
        .stop(config, &mut signals, "leaving deliveries unfinished")
        .await;
    Ok(())
}

/// Says that it works, and where that can be seen.
fn announce(config: &Config, format: LogFormat, operators: Option<SocketAddr>) {
    let metrics = operators.map(metrics_at);
    if let (LogFormat::Text, Some(metrics)) = (format, &metrics) {
        output::print(format_args!("  metrics  {metrics}"));
    }
    tracing::info!(store = config.store.describe(), metrics, "delivering messages");
}
