//! What a program can say about itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use domain::health::{Dependency, Finding, Readiness};

use super::monitor::Monitor;

/// What a program can say about itself: one for all listeners of a process.
pub struct Operators {
    /// The commit that it is made of.
    pub(super) commit: &'static str,
    /// Renders its numbers as they are now, for Prometheus.
    pub(super) metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Whether it works at all: false if only a restart helps.
    pub(super) alive: Box<dyn Fn() -> bool + Send + Sync>,
    monitor: Monitor,
    stopping: AtomicBool,
    pub(super) started: Instant,
}

/// Whether requests may come, and why not.
pub(super) struct State {
    /// Whether it has been told to stop.
    pub(super) stopping: bool,
    pub(super) readiness: Readiness,
    /// How the dependencies are. None are asked any more once it is stopping.
    pub(super) findings: Arc<[Finding]>,
}

impl Operators {
    /// For a program of that commit, which rests on these dependencies. `metrics` renders its
    /// numbers for Prometheus; `alive` is false if only a restart helps.
    ///
    /// Must be called on the runtime that connections live on.
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
            monitor: Monitor::new(dependencies),
            stopping: AtomicBool::new(false),
            started: Instant::now(),
        })
    }

    /// Notes that the program was told to stop: it is not ready from now on.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether requests may come. Asks the dependencies, unless they were asked a moment ago.
    pub(super) async fn state(&self) -> State {
        if self.stopping.load(Ordering::SeqCst) {
            let findings = Arc::default();
            return State { stopping: true, readiness: Readiness::NotReady, findings };
        }
        let findings = self.monitor.findings().await;
        State { stopping: false, readiness: Readiness::of(&findings), findings }
    }
}
