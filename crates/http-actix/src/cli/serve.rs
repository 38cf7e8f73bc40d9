//! `oms serve`: the HTTP server, from an empty directory to a clean end.

use std::sync::Arc;

use tokio::time;

use super::{CommandError, banner::Banner, first_admin, housekeeping};
use crate::{
    config::{Config, LogFormat, SecretConfig, StoreConfig},
    operators::{self, Listener, Operators},
    server,
    wiring::{self, Wired},
    worker::Worker,
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

/// Serves until a signal.
pub(super) async fn run(config: &Config, format: LogFormat) -> Result<(), CommandError> {
    let exporter = super::exporter()?;
    wiring::prepare_start(config).await.map_err(CommandError::unwired(config))?;
    let wired = wiring::wire(config).await.map_err(CommandError::unwired(config))?;
    warn_of_a_key_of_its_own(config);
    let _watch = wired.measure(&exporter);
    let operators = Operators::new(exporter, wired.dependencies(), None);
    let own = operators::listen_if_configured(&config.operators, &operators)?;
    let served = serve(config, format, &wired, &operators, own.as_ref()).await;
    wired.close().await;
    if let Some(own) = own {
        own.stop().await;
    }
    served?;
    tracing::info!("stopped");
    Ok(())
}

async fn serve(
    config: &Config,
    format: LogFormat,
    wired: &Wired,
    operators: &Arc<Operators>,
    own: Option<&Listener>,
) -> Result<(), CommandError> {
    let services = wired.services.clone();
    let admin = first_admin::ensure(config.first_admin.as_ref(), &services.accounts).await?;
    let accounts = services.accounts.clone();
    let server = server::bind(config, services, Arc::clone(operators))?;
    let (address, operators) = (server.address(), own.map(Listener::address));
    Banner { address, operators, store: config.store.describe(), admin }.show(format);
    let housekeeping = housekeeping::start(accounts);
    let outbox = config.outbox;
    let worker = outbox.in_server.then(|| Worker::start(wired.courier(outbox.courier), &outbox));
    let ended = server.run().await;
    housekeeping.abort();
    if let Some(worker) = worker
        && time::timeout(config.listen.shutdown_timeout, worker.stop()).await.is_err()
    {
        tracing::warn!("left deliveries unfinished: they begin again when their leases are over");
    }
    ended.map_err(|cause| CommandError::Io { doing: "the server failed", cause })
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
