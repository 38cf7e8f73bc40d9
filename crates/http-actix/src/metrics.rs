//! The metrics of this program, for Prometheus.
//!
//! Metrics are recorded through the `metrics` facade; this module installs the exporter. Names
//! start with `oms_`, except the standard ones of a process.
//!
//! | module | contents |
//! |---|---|
//! | `catalogue` | the name, type and description of every metric |
//! | `connections` | the open connections of clients, and why some were closed |
//! | `http` | requests by route and status; problems by code |
//! | `outbox` | how far the subscriptions are behind, polled in the background |
//!
//! The use cases and adapters record theirs in modules named `metrics`. Series whose labels have
//! few values are initialized to zero: a missing series could not be distinguished from one without
//! events.

mod catalogue;
pub(crate) mod connections;
pub(crate) mod http;
mod outbox;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use metrics_process::Collector;

pub(crate) use self::outbox::SubscriptionLagPoller;
use crate::version::{COMMIT, VERSION};

/// How often the samples of histograms are aggregated. Until then each sample takes 8 bytes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Renders the metrics of this process for Prometheus. Clones share the same metrics.
#[derive(Clone)]
pub(crate) struct MetricsExporter {
    handle: PrometheusHandle,
    process: Collector,
    scrape_hooks: Arc<RwLock<Vec<ScrapeHook>>>,
}

type ScrapeHook = Box<dyn Fn() + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    #[error(transparent)]
    Catalogue(#[from] BuildError),
    #[error("another metrics recorder is installed already")]
    AlreadyInstalled,
}

impl MetricsExporter {
    /// Installs the recorder of this process. Must be called once, before any metric is registered:
    /// earlier ones are lost.
    ///
    /// # Errors
    /// [`InstallError`] if a recorder is installed already.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub(crate) fn install() -> Result<Self, InstallError> {
        let recorder = catalogue::recorder()?;
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder)
            .map_err(|_recorder| InstallError::AlreadyInstalled)?;
        let process = Collector::default();
        process.describe();
        catalogue::describe();
        gauge!("oms_build_info", "version" => VERSION, "commit" => COMMIT).set(1.0);
        tokio::spawn(run_upkeep(handle.clone()));
        Ok(Self { handle, process, scrape_hooks: Arc::default() })
    }

    /// Runs `hook` at every scrape, to set gauges. It must be quick and must not block.
    pub(crate) fn on_scrape(&self, hook: impl Fn() + Send + Sync + 'static) {
        let mut hooks = self.scrape_hooks.write().unwrap_or_else(PoisonError::into_inner);
        hooks.push(Box::new(hook));
    }

    /// All metrics in Prometheus' text format (version 0.0.4). Sends no request to another server.
    pub(crate) fn render(&self) -> String {
        self.process.collect();
        for hook in &*self.scrape_hooks.read().unwrap_or_else(PoisonError::into_inner) {
            hook();
        }
        self.handle.render()
    }
}

async fn run_upkeep(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        handle.run_upkeep();
    }
}
