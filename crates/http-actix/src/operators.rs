//! The operators' surface (probes and metrics), and a separate listener for it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App,
    dev::ServerHandle,
    middleware::{NormalizePath, from_fn},
    web::Data,
};
use domain::{health::Dependency, with_causes};
use http_api::operators::{ProbeAccess, ServerStatus};
use tokio::task::JoinHandle;

use crate::{
    config::{OperatorsConfig, OperatorsListenerConfig},
    connections::{
        BoundSockets, ConnectionLimits, Connections, Listener, ListenerOptions, track_request,
    },
    metrics::{MetricsExporter, connections::ConnectionMetrics},
    server::BindError,
    trace::trace,
    version::COMMIT,
    worker::Heartbeat,
};

/// The state behind probes and metrics. The program is ready if its dependencies are, and alive
/// while the worker's heartbeat, if there is one, is not overdue.
///
/// Must be called on the runtime that runs the connections to the dependencies.
pub(crate) fn operators(
    exporter: MetricsExporter,
    dependencies: Vec<Arc<dyn Dependency>>,
    heartbeat: Option<Heartbeat>,
) -> Arc<ServerStatus> {
    let alive = move || heartbeat.as_ref().is_none_or(Heartbeat::is_beating);
    ServerStatus::new(COMMIT, move || exporter.render(), alive, dependencies)
}

/// The running server of the separate listener.
pub(crate) struct OperatorsListener {
    handle: ServerHandle,
    serving: JoinHandle<()>,
    address: SocketAddr,
}

/// The sockets of the separate listener, at which clients cannot connect yet.
pub(crate) struct OperatorsSockets<'a> {
    config: &'a OperatorsListenerConfig,
    sockets: BoundSockets,
}

/// Takes the address of the separate listener, if one is configured. Port 0 takes any free port.
pub(crate) fn bind_if_configured(
    config: &OperatorsConfig,
) -> Result<Option<OperatorsSockets<'_>>, BindError> {
    let Some(config) = &config.listener else { return Ok(None) };
    let sockets = BoundSockets::bind(&config.host, config.port)
        .map_err(|reason| BindError::new(&config.host, config.port, reason))?;
    Ok(Some(OperatorsSockets { config, sockets }))
}

/// Serves the operators' surface at its separate address, if there is one.
pub(crate) fn listen_if_bound(
    bound: Option<OperatorsSockets<'_>>,
    limits: &ConnectionLimits,
    operators: &Arc<ServerStatus>,
) -> Result<Option<OperatorsListener>, BindError> {
    let listen = |bound| listen(bound, limits.clone(), Arc::clone(operators));
    bound.map(listen).transpose()
}

/// Serves the operators' surface to every client that reaches the address.
///
/// The server has its own thread, and its connections are counted for themselves, so it answers
/// under load too.
fn listen(
    OperatorsSockets { config, sockets }: OperatorsSockets<'_>,
    limits: ConnectionLimits,
    operators: Arc<ServerStatus>,
) -> Result<OperatorsListener, BindError> {
    let failed = |reason| BindError::new(&config.host, config.port, reason);
    let operators = Data::from(operators);
    let access = Data::new(ProbeAccess::Everyone);
    let app = move || {
        App::new()
            .app_data(operators.clone())
            .app_data(access.clone())
            .configure(http_api::probe_routes)
            .wrap(NormalizePath::trim())
            .wrap(from_fn(trace))
            .wrap(from_fn(track_request))
    };
    let options = ListenerOptions { workers: 1, shutdown_timeout: Duration::ZERO };
    let connections = Connections::new(limits, ConnectionMetrics::unexposed());
    let Listener { server, address } =
        Listener::start(sockets, &options, &connections, app).map_err(failed)?;
    let handle = server.handle();
    let serving = tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(error = with_causes(&error), "the operators' listener failed");
        }
    });
    Ok(OperatorsListener { handle, serving, address })
}

impl OperatorsListener {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops without waiting for requests in flight.
    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
        // The task ends with its server. A panic of the task has been printed.
        let _ended = self.serving.await;
    }
}
