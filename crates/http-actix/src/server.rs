//! The HTTP server: bind, serve, stop gracefully.

use std::{io, net::SocketAddr, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use actix_web::{
    App,
    dev::Server,
    middleware::{NormalizePath, from_fn},
    web::Data,
};

use http_api::{
    ApiDocument, ResponseCaches,
    operators::{ProbeAccess, ServerStatus},
};
use http_request::{Services, TrustedProxies};

use crate::{
    config::{Config, ListenConfig, OperatorsConfig, Secret},
    connections::{BoundSockets, ConnectionLimits, Connections, Listener, ListenerOptions},
    cors::{self, RefusedOrigins},
    metrics::{
        connections::ConnectionMetrics,
        http::{self, measure},
    },
    signals::{Signals, StopSignal},
    trace::trace,
};

#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {host}:{port}: {reason}")]
pub(crate) struct BindError {
    host: String,
    port: u16,
    reason: io::Error,
}

impl BindError {
    pub(crate) fn new(host: &str, port: u16, reason: io::Error) -> Self {
        Self { host: host.to_owned(), port, reason }
    }
}

/// A server that listens but does not answer yet.
pub(crate) struct BoundServer {
    server: Server,
    address: SocketAddr,
    operators: Arc<ServerStatus>,
    shutdown_delay: Duration,
}

/// Takes the configured address, at which clients cannot connect yet. Port 0 takes any free port.
pub(crate) fn bind(config: &ListenConfig) -> Result<BoundSockets, BindError> {
    BoundSockets::bind(&config.host, config.port)
        .map_err(|reason| BindError::new(&config.host, config.port, reason))
}

/// Listens on the sockets.
pub(crate) fn listen(
    config: &Config,
    sockets: BoundSockets,
    limits: ConnectionLimits,
    services: Services,
    operators: Arc<ServerStatus>,
) -> Result<BoundServer, BindError> {
    let failed = |reason| BindError::new(&config.listen.host, config.listen.port, reason);
    let document = Data::new(ApiDocument::new(http_api::document));
    let feed = Data::new(http_api::FeedWatch::default());
    let swagger = Data::new(http_api::swagger_config());
    let proxies = Data::new(TrustedProxies(config.trusted_proxies.clone()));
    let probes = Data::from(Arc::clone(&operators));
    let access = Data::new(access(&config.operators));
    let origins = config.cors.clone();
    if let Some(url) = &config.public_url {
        http_api::set_public_url(url.clone());
    }
    let refused_origins = Data::new(RefusedOrigins::new(origins.clone()));
    http::register();
    let app = move || {
        App::new()
            .app_data(Data::new(ResponseCaches::default()))
            // A clone for each thread: each request increments a reference count, for which threads
            // would contend if they shared it.
            .app_data(Data::new(services.clone()))
            .app_data(feed.clone())
            .app_data(document.clone())
            .app_data(swagger.clone())
            .app_data(proxies.clone())
            .app_data(probes.clone())
            .app_data(access.clone())
            .app_data(refused_origins.clone())
            .configure(http_api::routes)
            // The innermost middleware first.
            .wrap(NormalizePath::trim())
            .wrap(cors::allow(&origins))
            .wrap(from_fn(cors::explain_refusal))
            .wrap(from_fn(trace))
            .wrap(from_fn(measure))
    };
    let options = ListenerOptions {
        workers: workers(config),
        shutdown_timeout: config.listen.shutdown_timeout,
    };
    let connections = Connections::new(limits, ConnectionMetrics::register());
    let Listener { server, address } =
        Listener::start(sockets, &options, &connections, app).map_err(failed)?;
    let shutdown_delay = config.listen.shutdown_delay;
    Ok(BoundServer { server, address, operators, shutdown_delay })
}

/// The operators' access at the main port.
fn access(config: &OperatorsConfig) -> ProbeAccess {
    let token = config.token.as_ref().map(Secret::expose).map(Into::into);
    ProbeAccess::on_api_listener(token, config.listener.is_none())
}

/// How many threads serve requests: one for each core by default.
fn workers(config: &Config) -> usize {
    let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    config.listen.workers.unwrap_or_else(cores).get()
}

impl BoundServer {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until a signal. On the first signal the server reports that it is not ready; after
    /// SIGTERM it keeps serving for the configured delay. Then it stops accepting connections and
    /// finishes the requests in flight. On a second signal it returns at once.
    pub(crate) async fn run(self, mut signals: Signals) -> io::Result<()> {
        let handle = self.server.handle();
        let (abort, aborted) = tokio::sync::oneshot::channel();
        let stopping = tokio::spawn(async move {
            let signal = signals.first_signal().await;
            self.operators.stop();
            let stopping = async {
                // The delay is for load balancers; after Ctrl-C there is none.
                if signal == StopSignal::Terminate && !self.shutdown_delay.is_zero() {
                    let seconds = self.shutdown_delay.as_secs();
                    tracing::info!(
                        seconds,
                        "stopping: reporting not ready, and serving for {seconds} more seconds"
                    );
                    tokio::time::sleep(self.shutdown_delay).await;
                }
                tracing::info!("stopping: finishing the requests in flight");
                handle.stop(true).await;
            };
            tokio::select! {
                () = stopping => {}
                () = signals.second_signal() => {
                    tracing::warn!("second signal: dropping the requests in flight");
                    // The receiver is gone if the server has just ended.
                    let _ended = abort.send(());
                }
            }
        });
        // A server that is stopping gracefully ignores further commands, so it is dropped. Its
        // threads end with the process.
        let served = tokio::select! {
            served = self.server => served,
            Ok(()) = aborted => Ok(()),
        };
        stopping.abort();
        served
    }
}
