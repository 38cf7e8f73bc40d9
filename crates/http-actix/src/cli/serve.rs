//! `oms serve`: the HTTP server, from the first start to a graceful shutdown.

use std::sync::Arc;

use http_api::operators::ServerStatus;

use super::{
    banner::Banner,
    error::CommandError,
    first_admin::{self, AdminState},
    session_purge,
    shutdown::{Shutdown, listen_for_signals},
};
use crate::{
    composition::{self, App},
    config::{Config, LogFormat, SecretConfig, StoreConfig},
    connections::{BoundSockets, ConnectionLimits},
    metrics::MetricsExporter,
    operators::{self, OperatorsListener, OperatorsSockets, operators},
    server::{self, BoundServer},
    signals::Signals,
    worker::{Heartbeat, Worker},
};

const LONG_ABOUT: &str = "\
Serve both HTTP surfaces until a signal.

The first start creates the data directory, the database and the secret that signs tokens. If \
there is no admin, a start with ADMIN_EMAIL and ADMIN_PASSWORD creates one. On SIGTERM or SIGINT \
the server finishes the requests in flight and exits, on SIGTERM after SHUTDOWN_DELAY_SECONDS; on \
a second signal it exits without waiting.";

const EXAMPLE: &str = "Example:\n  HOST=0.0.0.0 PORT=8080 oms serve";

const SETTINGS: &str = include_str!("../../../../.env.example");

/// Serve both HTTP surfaces until a signal
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT, after_help = EXAMPLE)]
#[command(after_long_help = format!("{EXAMPLE}\n\nEnvironment variables:\n\n{SETTINGS}"))]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config, format: LogFormat) -> Result<(), CommandError> {
    // Before anything is written: a port in use must not leave a migrated database.
    let sockets = Sockets {
        server: server::bind(&config.listen)?,
        operators: operators::bind_if_configured(&config.operators)?,
    };
    let exporter = MetricsExporter::install()?;
    let claim =
        composition::prepare_start(config).await.map_err(CommandError::from_composition(config))?;
    let app = composition::compose_to_serve(config, claim)
        .await
        .map_err(CommandError::from_composition(config))?;
    warn_if_signing_key_is_local(config);
    let _poller = app.register_metrics(&exporter);
    let outbox = config.outbox;
    let heartbeat = outbox.in_server.then(|| Heartbeat::new(&outbox));
    let operators = operators(exporter, app.dependencies(), heartbeat.clone());
    let Listeners { server, operators_listener, admin, mut signals } =
        listen(config, sockets, &app, &operators).await?;
    Banner {
        address: server.address(),
        operators_address: operators_listener.as_ref().map(OperatorsListener::address),
        store: config.store.describe(),
        admin,
    }
    .show(format);
    let session_purge = session_purge::start(app.services.accounts.clone());
    let worker = heartbeat
        .map(|beat| Worker::start(app.relays(outbox.relay), app.recipient_purge(), &outbox, &beat));
    let served = server.run(signals.clone()).await;
    session_purge.abort();
    Shutdown { worker, app, operators_listener }
        .run(config, &mut signals, "leaving the rest unfinished")
        .await;
    served.map_err(|cause| CommandError::Io { doing: "the server failed", cause })
}

/// The addresses of the listeners, taken.
struct Sockets<'a> {
    server: BoundSockets,
    operators: Option<OperatorsSockets<'a>>,
}

/// The listeners, before the server answers its first request.
struct Listeners {
    server: BoundServer,
    operators_listener: Option<OperatorsListener>,
    admin: AdminState,
    signals: Signals,
}

/// Opens the listeners, the one for requests first: when the operators' listener reports that the
/// server is ready, clients can connect. From then on signals stop the server gracefully.
async fn listen(
    config: &Config,
    sockets: Sockets<'_>,
    app: &App,
    operators: &Arc<ServerStatus>,
) -> Result<Listeners, CommandError> {
    let services = app.services.clone();
    let admin = first_admin::ensure(config.first_admin.as_ref(), &services.accounts).await?;
    let limits = ConnectionLimits::raised(config);
    let server =
        server::listen(config, sockets.server, limits.clone(), services, Arc::clone(operators))?;
    let operators_listener = operators::listen_if_bound(sockets.operators, &limits, operators)?;
    Ok(Listeners { server, operators_listener, admin, signals: listen_for_signals()? })
}

/// Replicas with different signing keys reject each other's tokens.
fn warn_if_signing_key_is_local(config: &Config) {
    if let (StoreConfig::Postgres(_), SecretConfig::File(path)) =
        (&config.store, &config.security.secret)
    {
        tracing::warn!(
            "SECRET_KEY is not set: tokens are signed with the key in {}, which other replicas \
             do not have; set SECRET_KEY to the same value on all replicas",
            path.display()
        );
    }
}
