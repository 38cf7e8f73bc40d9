//! `oms serve`: the HTTP server, from an empty directory to a clean end.

use std::sync::Arc;

use http_api::operators::Operators;

use super::{
    banner::Banner,
    error::CommandError,
    first_admin::{self, AdminState},
    housekeeping,
    stopping::{Running, listen_for_signals},
};
use crate::{
    composition::{self, App},
    config::{Config, LogFormat, SecretConfig, StoreConfig},
    metrics::Exporter,
    operators::{self, Listener, operators},
    server::{self, BoundServer},
    signals::Signals,
    worker::{Heartbeat, Worker},
};

const LONG_ABOUT: &str = "Serve both HTTP surfaces until a signal.

The first run makes the data directory, the database and the secret that signs tokens. With \
ADMIN_EMAIL and ADMIN_PASSWORD it makes that admin if there is none. SIGTERM and SIGINT finish the \
requests in flight, SIGTERM after the delay that SHUTDOWN_DELAY_SECONDS names; a second one does not wait.";

const EXAMPLE: &str = "Example:\n  HOST=0.0.0.0 PORT=8080 oms serve";

const SETTINGS: &str = include_str!("../../../../.env.example");

/// Serve both HTTP surfaces until a signal
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT, after_help = EXAMPLE)]
#[command(after_long_help = format!("{EXAMPLE}\n\nEnvironment variables:\n\n{SETTINGS}"))]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config, format: LogFormat) -> Result<(), CommandError> {
    let exporter = Exporter::install()?;
    composition::prepare_start(config).await.map_err(CommandError::not_composed(config))?;
    let app = composition::compose(config).await.map_err(CommandError::not_composed(config))?;
    warn_of_a_key_of_its_own(config);
    let _watch = app.register_metrics(&exporter);
    let outbox = config.outbox;
    let heartbeat = outbox.in_server.then(|| Heartbeat::new(&outbox));
    let operators = operators(exporter, app.dependencies(), heartbeat.clone());
    let Listening { server, own, admin, mut signals } = listen(config, &app, &operators).await?;
    let (address, operators) = (server.address(), own.as_ref().map(Listener::address));
    Banner { address, operators, store: config.store.describe(), admin }.show(format);
    let housekeeping = housekeeping::start(app.services.accounts.clone());
    let worker = heartbeat.map(|beat| Worker::start(app.relay(outbox.relay), &outbox, beat));
    let served = server.run(signals.clone()).await;
    housekeeping.abort();
    Running { worker, app, own }.stop(config, &mut signals, "leaving the rest unfinished").await;
    served.map_err(|cause| CommandError::Io { doing: "the server failed", cause })
}

/// A server that is about to answer.
struct Listening {
    server: BoundServer,
    own: Option<Listener>,
    admin: AdminState,
    signals: Signals,
}

/// Listens, for requests first: whoever is told that the server is ready finds it there. From then on signals are
/// heard.
async fn listen(
    config: &Config,
    app: &App,
    operators: &Arc<Operators>,
) -> Result<Listening, CommandError> {
    let services = app.services.clone();
    let admin = first_admin::ensure(config.first_admin.as_ref(), &services.accounts).await?;
    let server = server::bind(config, services, Arc::clone(operators))?;
    let own = operators::listen_if_configured(&config.operators, operators)?;
    Ok(Listening { server, own, admin, signals: listen_for_signals()? })
}

/// Replicas that sign with different keys take each other's tokens for forged ones.
fn warn_of_a_key_of_its_own(config: &Config) {
    if let (StoreConfig::Postgres(_), SecretConfig::Kept(path)) =
        (&config.store, &config.security.secret)
    {
        tracing::warn!(
            "SECRET_KEY is not set: tokens are signed with {}, which other replicas do not have",
            path.display()
        );
    }
}
