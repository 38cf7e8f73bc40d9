//! What this program counts and measures, for Prometheus.
//!
//! Whoever has something to count says so through the `metrics` facade; here is who listens. Names start with
//! `oms_`, except those that Prometheus gives to every process.
//!
//! | module | what lives there |
//! |---|---|
//! | `catalogue` | what each number means: the one table of them all |
//! | `http` | requests, by route and status; refusals, by their code |
//! | `outbox` | how much waits in the outbox, asked in the background |
//!
//! What the adapters and the use cases measure, a module `metrics` in each of them tells. Whatever has only a few values exists
//! from the start, as zero: what is not there cannot be told from what did not happen.

mod catalogue;
pub(crate) mod http;
mod outbox;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use metrics_process::Collector;

pub(crate) use self::outbox::OutboxDepthPoller;
use crate::version::{COMMIT, VERSION};

/// How often samples are folded into their histograms. Until then each is kept: 8 bytes for every request.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Collects what is counted in this process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Exporter {
    handle: PrometheusHandle,
    process: Collector,
    samplers: Arc<RwLock<Vec<Sampler>>>,
}

type Sampler = Box<dyn Fn() + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    #[error(transparent)]
    Catalogue(#[from] BuildError),
    #[error("somebody collects numbers already")]
    Taken,
}

impl Exporter {
    /// Starts collecting. A process can do so once, and before it makes anything that counts: what was made
    /// earlier is not heard.
    ///
    /// # Errors
    /// [`InstallError`] if somebody collects already.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub(crate) fn install() -> Result<Self, InstallError> {
        let recorder = catalogue::recorder()?;
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_ours| InstallError::Taken)?;
        let process = Collector::default();
        process.describe();
        catalogue::describe();
        gauge!("oms_build_info", "version" => VERSION, "commit" => COMMIT).set(1.0);
        tokio::spawn(fold_samples(handle.clone()));
        Ok(Self { handle, process, samplers: Arc::default() })
    }

    /// Has something looked at whenever the numbers are told. It must be quick, and wait for nothing.
    pub(crate) fn sample(&self, look: impl Fn() + Send + Sync + 'static) {
        let mut samplers = self.samplers.write().unwrap_or_else(PoisonError::into_inner);
        samplers.push(Box::new(look));
    }

    /// All numbers as they are now, in Prometheus' text format (version 0.0.4). Asks no server for any of them.
    pub(crate) fn render(&self) -> String {
        self.process.collect();
        for look in &*self.samplers.read().unwrap_or_else(PoisonError::into_inner) {
            look();
        }
        self.handle.render()
    }
}

async fn fold_samples(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        handle.run_upkeep();
    }
}
