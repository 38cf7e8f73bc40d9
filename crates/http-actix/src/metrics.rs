//! What this program counts and measures, for Prometheus.
//!
//! Whoever has something to count says so through the `metrics` facade; here is who listens, and what each
//! number means. Names start with `oms_`, except those that Prometheus gives to every process.

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Collects what is counted in this process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Exporter {
    handle: PrometheusHandle,
}

impl Exporter {
    /// Starts collecting. A process can do so once.
    ///
    /// # Errors
    /// [`BuildError`] if somebody collects already.
    pub(crate) fn install() -> Result<Self, BuildError> {
        Ok(Self { handle: PrometheusBuilder::new().install_recorder()? })
    }

    /// All numbers as they are now, in Prometheus' text format (version 0.0.4).
    pub(crate) fn render(&self) -> String {
        self.handle.render()
    }
}
