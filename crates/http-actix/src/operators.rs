//! The operators' surface: probes for whoever runs the program, and its numbers.
//!
//! | module | what lives there |
//! |---|---|
//! | `access` | what a listener tells, and to whom |
//! | `monitor` | how the dependencies are, asked at most once a second |
//! | `pages` | `/livez`, `/readyz` and `/metrics` |
//! | `listener` | a port of their own |
//!
//! Who an operator is on the main port, [`request::Operator`](crate::request::Operator) decides.

mod access;
mod listener;
mod monitor;
pub(crate) mod pages;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::health::{Dependency, Finding, Readiness};

use self::monitor::Monitor;
pub(crate) use self::{
    access::Access,
    listener::{Listener, listen_if_configured},
};
use crate::{metrics::Exporter, worker::Heartbeat};

/// What a program can say about itself: one for all listeners of a process.
pub(crate) struct Operators {
    exporter: Exporter,
    monitor: Monitor,
    heartbeat: Option<Heartbeat>,
    stopping: AtomicBool,
    started: Instant,
}

/// Whether requests may come, and why not.
pub(crate) struct State {
    /// Whether it has been told to stop.
    pub(crate) stopping: bool,
    /// What follows from the findings.
    pub(crate) readiness: Readiness,
    /// How the dependencies are. Nobody asks them any more once it is stopping.
    pub(crate) findings: Arc<[Finding]>,
}

impl Operators {
    /// For a program that rests on these. A heartbeat is that of the loop without which it does nothing.
    ///
    /// Must be called on the runtime that connections live on.
    pub(crate) fn new(
        exporter: Exporter,
        dependencies: Vec<Arc<dyn Dependency>>,
        heartbeat: Option<Heartbeat>,
    ) -> Arc<Self> {
        Arc::new(Self {
            exporter,
            monitor: Monitor::new(dependencies),
            heartbeat,
            stopping: AtomicBool::new(false),
            started: Instant::now(),
        })
    }

    /// Notes that the program was told to stop: it is not ready from now on.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether it works at all: false if only a restart helps.
    pub(crate) fn is_alive(&self) -> bool {
        self.heartbeat.as_ref().is_none_or(Heartbeat::is_beating)
    }

    /// Whether requests may come. Asks the dependencies, unless they were asked a moment ago.
    pub(crate) async fn state(&self) -> State {
        if self.stopping.load(Ordering::SeqCst) {
            let findings = Arc::default();
            return State { stopping: true, readiness: Readiness::NotReady, findings };
        }
        let findings = self.monitor.findings().await;
        State { stopping: false, readiness: Readiness::of(&findings), findings }
    }

    /// Its numbers as they are now, for Prometheus.
    pub(crate) fn metrics(&self) -> String {
        self.exporter.render()
    }

    /// For how long it has been there.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}
