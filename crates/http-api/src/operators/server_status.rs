//! The status of the process: liveness, readiness, metrics.

use std::{sync::Arc, time::Instant};

use domain::health::{Dependency, HealthCheck, Readiness};
use tokio::sync::watch;

use super::monitor::HealthMonitor;

/// The status of the process, shared by all of its listeners.
pub struct ServerStatus {
    /// The commit that the program was built from.
    pub(super) commit: &'static str,
    /// Renders the current metrics in the Prometheus format.
    pub(super) metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Whether the process is alive: false if only a restart helps.
    pub(super) alive: Box<dyn Fn() -> bool + Send + Sync>,
    monitor: HealthMonitor,
    stopping: watch::Sender<bool>,
    pub(super) started: Instant,
}

/// The readiness of the server, and the health of its dependencies.
pub(super) struct ReadinessState {
    /// Whether a shutdown has begun.
    pub(super) stopping: bool,
    pub(super) readiness: Readiness,
    /// The health of the dependencies. Empty during a shutdown, when they are no longer checked.
    pub(super) checks: Arc<[HealthCheck]>,
}

impl ServerStatus {
    /// The status of a program that was built from `commit` and uses `dependencies`. `metrics`
    /// renders the metrics in the Prometheus format; `alive` is false if only a restart helps.
    ///
    /// Must be called on the runtime that the dependencies' connections use, since health checks
    /// run on it.
    pub fn new(
        commit: &'static str,
        metrics: impl Fn() -> String + Send + Sync + 'static,
        alive: impl Fn() -> bool + Send + Sync + 'static,
        dependencies: Vec<Arc<dyn Dependency>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            commit,
            metrics: Box::new(metrics),
            alive: Box::new(alive),
            monitor: HealthMonitor::new(dependencies),
            stopping: watch::Sender::new(false),
            started: Instant::now(),
        })
    }

    /// Marks the beginning of the shutdown: the server is not ready from then on.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether the shutdown has begun.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Returns when the shutdown begins.
    pub(crate) async fn stopped(&self) {
        // It fails only if this status is gone, so never.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// The readiness of the server. Checks the dependencies unless their cached results are fresh.
    pub(super) async fn readiness(&self) -> ReadinessState {
        if self.is_stopping() {
            let checks = Arc::default();
            return ReadinessState { stopping: true, readiness: Readiness::NotReady, checks };
        }
        let checks = self.monitor.checks().await;
        ReadinessState { stopping: false, readiness: Readiness::of(&checks), checks }
    }
}
