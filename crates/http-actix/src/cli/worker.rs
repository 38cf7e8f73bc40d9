//! `oms worker`: delivers events, and nothing else, until a signal.

use std::net::SocketAddr;

use super::{
    banner::metrics_url,
    error::CommandError,
    output,
    shutdown::{Shutdown, listen_for_signals},
};
use crate::{
    composition,
    config::{Config, LogFormat},
    connections::ConnectionLimits,
    metrics::MetricsExporter,
    operators::{self, OperatorsListener},
    worker::{Heartbeat, Worker},
};

const LONG_ABOUT: &str = "\
Deliver the events of the journal until a signal.

Everything that happens to accounts, products and orders is an event of the journal, written in \
the transaction of the change. A worker writes each event to the log, sends mails to customers \
(with SMTP_URL) and adds it to the Redis stream (with REDIS_URL). Each of the three has its own \
position in the journal, and none waits for another. On PostgreSQL any number of workers may run; \
`oms serve` runs one too, unless OUTBOX_WORKER=off. With METRICS_PORT a worker serves /livez, \
/readyz and /metrics at that port. On SIGTERM or SIGINT it finishes the deliveries in progress \
and leaves the rest to other workers.";

/// Deliver the events of the journal until a signal
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Example:\n  DATABASE_URL=postgres://oms@db/shop oms worker")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config, format: LogFormat) -> Result<(), CommandError> {
    // Before anything is written: a port in use must not leave a migrated database.
    let sockets = operators::bind_if_configured(&config.operators)?;
    let exporter = MetricsExporter::install()?;
    let claim =
        composition::prepare_start(config).await.map_err(CommandError::from_composition(config))?;
    let app = composition::compose_to_serve(config, claim)
        .await
        .map_err(CommandError::from_composition(config))?;
    let _poller = app.register_metrics(&exporter);
    let heartbeat = Heartbeat::new(&config.outbox);
    let operators = operators::operators(exporter, app.dependencies(), Some(heartbeat.clone()));
    // Before the first lease: if the port is in use, no delivery is left unfinished.
    let limits = ConnectionLimits::raised(config);
    let operators_listener = operators::listen_if_bound(sockets, &limits, &operators)?;
    let mut signals = listen_for_signals()?;
    let (relays, purge) = (app.relays(config.outbox.relay), app.recipient_purge());
    let worker = Worker::start(relays, purge, &config.outbox, &heartbeat);
    announce(config, format, operators_listener.as_ref().map(OperatorsListener::address));
    signals.first_signal().await;
    operators.stop();
    tracing::info!("stopping: finishing the deliveries in progress");
    Shutdown { worker: Some(worker), app, operators_listener }
        .run(config, &mut signals, "leaving deliveries unfinished")
        .await;
    Ok(())
}

/// Prints the URL of the metrics, and logs that the worker has started.
fn announce(config: &Config, format: LogFormat, operators_address: Option<SocketAddr>) {
    let metrics = operators_address.map(metrics_url);
    if let (LogFormat::Text, Some(metrics)) = (format, &metrics) {
        output::print(format_args!("  metrics  {metrics}"));
    }
    tracing::info!(store = config.store.describe(), metrics, "delivering events");
}
