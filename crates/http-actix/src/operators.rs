//! What operators are shown of this program, and their own listener for it, apart from the product's requests.

use std::{io, net::SocketAddr, sync::Arc};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::{NormalizePath, from_fn},
    web::Data,
};
use domain::{health::Dependency, with_causes};
use http_api::operators::{Access, Operators};
use tokio::task::JoinHandle;

use crate::{
    config::{OperatorsConfig, OperatorsListenerConfig},
    metrics::Exporter,
    server::BindError,
    trace::trace,
    version::COMMIT,
    worker::Heartbeat,
};

/// What a program that rests on these dependencies shows. A heartbeat is that of the loop without which it does
/// nothing.
///
/// Must be called on the runtime that connections live on.
pub(crate) fn operators(
    exporter: Exporter,
    dependencies: Vec<Arc<dyn Dependency>>,
    heartbeat: Option<Heartbeat>,
) -> Arc<Operators> {
    let alive = move || heartbeat.as_ref().is_none_or(Heartbeat::is_beating);
    Operators::new(COMMIT, move || exporter.render(), alive, dependencies)
}

pub(crate) struct Listener {
    handle: ServerHandle,
    serving: JoinHandle<()>,
    address: SocketAddr,
}

/// Serves the operators' surface at a port of its own, if one is configured.
pub(crate) fn listen_if_configured(
    config: &OperatorsConfig,
    operators: &Arc<Operators>,
) -> Result<Option<Listener>, BindError> {
    config.own.as_ref().map(|at| listen(at, Arc::clone(operators))).transpose()
}

/// Serves the operators' surface to everybody who reaches that address. Port 0 takes any that is free.
///
/// It has a thread of its own, so that it answers however much there is to do elsewhere.
fn listen(at: &OperatorsListenerConfig, operators: Arc<Operators>) -> Result<Listener, BindError> {
    let failed = |reason| BindError::new(&at.host, at.port, reason);
    let operators = Data::from(operators);
    let access = Data::new(Access::Everyone);
    let http = HttpServer::new(move || {
        App::new()
            .app_data(operators.clone())
            .app_data(access.clone())
            .configure(http_api::operators_routes)
            .wrap(NormalizePath::trim())
            .wrap(from_fn(trace))
    })
    .workers(1)
    .disable_signals()
    .bind((at.host.as_str(), at.port))
    .map_err(failed)?;
    let address = http.addrs().first().copied();
    let address = address
        .ok_or_else(|| failed(io::Error::new(io::ErrorKind::AddrNotAvailable, "no address")))?;
    let server = http.run();
    let handle = server.handle();
    let serving = tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(error = with_causes(&error), "probes and metrics are served no more");
        }
    });
    Ok(Listener { handle, serving, address })
}

impl Listener {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops, without waiting for anybody.
    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
        // It ends with its server; a panic there has been told of.
        let _ended = self.serving.await;
    }
}
