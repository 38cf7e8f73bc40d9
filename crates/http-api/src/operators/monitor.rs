//! How the dependencies are, as far as is known.
//!
//! However many probes come, the dependencies are asked one at a time, and at most once a second.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    health::{Condition, Dependency, Finding, Readiness},
    with_causes,
};
use futures::future::join_all;
use tokio::{runtime::Handle, sync::Mutex, time};

/// For how long an answer holds.
const FINDINGS_TTL: Duration = Duration::from_secs(1);
/// How long a dependency may take to answer. The port demands no more.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the dependencies, and remembers for a moment what they said.
pub(super) struct Monitor {
    dependencies: Vec<Arc<dyn Dependency>>,
    last: Arc<Mutex<Option<Answer>>>,
    runtime: Handle,
}

struct Answer {
    findings: Arc<[Finding]>,
    at: Instant,
}

impl Monitor {
    /// For these. They are asked on the runtime that is current now, whoever wants to know.
    pub(super) fn new(dependencies: Vec<Arc<dyn Dependency>>) -> Self {
        Self { dependencies, last: Arc::default(), runtime: Handle::current() }
    }

    /// How each of them is, in their order.
    pub(super) async fn findings(&self) -> Arc<[Finding]> {
        // Whoever asks meanwhile waits here, and hears the same.
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some(answer) = last.as_ref().filter(|answer| answer.at.elapsed() < FINDINGS_TTL) {
            return Arc::clone(&answer.findings);
        }
        let dependencies = self.dependencies.clone();
        // In a task of its own, which goes on if the client goes away: the next one is to find an
        // answer.
        let asking = self.runtime.spawn(async move {
            let findings: Arc<[Finding]> = join_all(dependencies.iter().map(ask)).await.into();
            tell(last.as_ref().map(|answer| &*answer.findings), &findings);
            *last = Some(Answer { findings: Arc::clone(&findings), at: Instant::now() });
            findings
        });
        match asking.await {
            Ok(findings) => findings,
            Err(_panicked) => {
                let unknown = |it: &Arc<dyn Dependency>| finding(&**it, down("asking it failed"));
                self.dependencies.iter().map(unknown).collect()
            }
        }
    }
}

async fn ask(dependency: &Arc<dyn Dependency>) -> Finding {
    let asking = time::timeout(CHECK_TIMEOUT, dependency.check()).await;
    let silent = || format!("it did not answer within {} seconds", CHECK_TIMEOUT.as_secs());
    finding(&**dependency, asking.unwrap_or_else(|_late| down(silent())))
}

fn down(problem: impl Into<String>) -> Condition {
    Condition::Down(Arc::new(io::Error::other(problem.into())))
}

fn finding(dependency: &dyn Dependency, condition: Condition) -> Finding {
    Finding { name: dependency.name(), importance: dependency.importance(), condition }
}

/// Logs what has changed, once: probes come every few seconds.
fn tell(before: Option<&[Finding]>, now: &[Finding]) {
    let after = Readiness::of(now);
    let before = before.map_or(Readiness::Ready, Readiness::of);
    if after == before {
        return;
    }
    let problems: Vec<_> = now.iter().filter_map(problem).collect();
    let problems = problems.join("; ");
    match after {
        Readiness::Ready => tracing::info!("ready: everything is there again"),
        Readiness::Degraded => tracing::warn!(problems, "ready, but not everything is there"),
        Readiness::NotReady => tracing::warn!(problems, "not ready"),
    }
}

fn problem(finding: &Finding) -> Option<String> {
    let problem = explain(&finding.condition)?;
    Some(format!("{}: {problem}", finding.name))
}

/// Why it is not as it should be, on one line and without a secret; nothing if it is.
pub(super) fn explain(condition: &Condition) -> Option<String> {
    match condition {
        Condition::Up { .. } => None,
        Condition::Unfit { problem } => Some(problem.clone()),
        Condition::Down(cause) => Some(with_causes(&**cause)),
    }
}

#[cfg(test)]
mod tests;
