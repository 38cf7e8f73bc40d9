//! Health checks of the dependencies.
//!
//! However many probes arrive, the dependencies are checked at most once a second, and never twice
//! at the same time.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    health::{Dependency, DependencyStatus, HealthCheck, Readiness},
    with_causes,
};
use futures::future::join_all;
use tokio::{runtime::Handle, sync::Mutex, time};

/// How long the results of a health check are cached.
const CHECKS_TTL: Duration = Duration::from_secs(1);
/// The timeout of a health check. The port requires checks to return within this time.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Checks the health of the dependencies, and caches the results.
pub(super) struct HealthMonitor {
    dependencies: Vec<Arc<dyn Dependency>>,
    cached: Arc<Mutex<Option<CachedChecks>>>,
    runtime: Handle,
}

struct CachedChecks {
    checks: Arc<[HealthCheck]>,
    checked_at: Instant,
}

impl HealthMonitor {
    /// A monitor of `dependencies`. All checks run on the runtime that is current now.
    pub(super) fn new(dependencies: Vec<Arc<dyn Dependency>>) -> Self {
        Self { dependencies, cached: Arc::default(), runtime: Handle::current() }
    }

    /// The health of each dependency, in the order of the dependencies.
    pub(super) async fn checks(&self) -> Arc<[HealthCheck]> {
        // Concurrent callers wait here, and then get the cached results.
        let mut cached = Arc::clone(&self.cached).lock_owned().await;
        if let Some(last) = cached.as_ref().filter(|last| last.checked_at.elapsed() < CHECKS_TTL) {
            return Arc::clone(&last.checks);
        }
        let dependencies = self.dependencies.clone();
        // A detached task completes even if the client disconnects, so that the next probe gets its
        // results.
        let task = self.runtime.spawn(async move {
            let checks: Arc<[HealthCheck]> = join_all(dependencies.iter().map(check)).await.into();
            log_change(cached.as_ref().map(|last| &*last.checks), &checks);
            *cached =
                Some(CachedChecks { checks: Arc::clone(&checks), checked_at: Instant::now() });
            checks
        });
        match task.await {
            Ok(checks) => checks,
            Err(_panicked) => {
                let unknown =
                    |it: &Arc<dyn Dependency>| result(&**it, down("the health check panicked"));
                self.dependencies.iter().map(unknown).collect()
            }
        }
    }
}

async fn check(dependency: &Arc<dyn Dependency>) -> HealthCheck {
    let condition = time::timeout(CHECK_TIMEOUT, dependency.check()).await;
    let timed_out = || format!("it did not answer within {} seconds", CHECK_TIMEOUT.as_secs());
    result(&**dependency, condition.unwrap_or_else(|_elapsed| down(timed_out())))
}

fn down(problem: impl Into<String>) -> DependencyStatus {
    DependencyStatus::Down(Arc::new(io::Error::other(problem.into())))
}

fn result(dependency: &dyn Dependency, condition: DependencyStatus) -> HealthCheck {
    HealthCheck { name: dependency.name(), criticality: dependency.criticality(), condition }
}

/// Logs a change of readiness. Probes arrive every few seconds, so an unchanged readiness is not
/// logged again.
fn log_change(before: Option<&[HealthCheck]>, now: &[HealthCheck]) {
    let after = Readiness::of(now);
    let before = before.map_or(Readiness::Ready, Readiness::of);
    if after == before {
        return;
    }
    let problems: Vec<_> = now.iter().filter_map(problem).collect();
    let problems = problems.join("; ");
    match after {
        Readiness::Ready => tracing::info!("ready: all dependencies are up again"),
        Readiness::Degraded => {
            tracing::warn!(problems, "ready, but degraded: an optional dependency is not up");
        }
        Readiness::NotReady => {
            tracing::warn!(problems, "not ready: a required dependency is not up");
        }
    }
}

fn problem(check: &HealthCheck) -> Option<String> {
    let problem = describe_problem(&check.condition)?;
    Some(format!("{}: {problem}", check.name))
}

/// The reason why a dependency is not up, on one line and without secrets; `None` if it is up.
pub(super) fn describe_problem(condition: &DependencyStatus) -> Option<String> {
    match condition {
        DependencyStatus::Up { .. } => None,
        DependencyStatus::Unusable { problem } => Some(problem.clone()),
        DependencyStatus::Down(cause) => Some(with_causes(&**cause)),
    }
}

#[cfg(test)]
mod tests;
