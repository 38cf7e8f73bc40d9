//! Concurrent probes share one health check, and a slow dependency counts as down.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use domain::health::Criticality;
use tokio::sync::Semaphore;

use super::*;

/// A dependency whose checks each need a permit to return; it counts the checks.
struct GatedDependency {
    checks: AtomicU32,
    permits: Semaphore,
}

impl GatedDependency {
    fn with_permits(permits: usize) -> Arc<Self> {
        Arc::new(Self { checks: AtomicU32::new(0), permits: Semaphore::new(permits) })
    }
}

#[async_trait]
impl Dependency for GatedDependency {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn criticality(&self) -> Criticality {
        Criticality::Required
    }

    async fn check(&self) -> DependencyStatus {
        self.checks.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.unwrap().forget();
        DependencyStatus::Up { note: None }
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_probes_share_one_check() {
    let dependency = GatedDependency::with_permits(10);
    let monitor = HealthMonitor::new(vec![dependency.clone()]);
    let all = join_all((0..50).map(|_| monitor.checks())).await;
    assert!(all.iter().all(|checks| checks[0].condition.is_up()));
    assert_eq!(dependency.checks.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_does_not_answer_in_time_is_down() {
    let dependency = GatedDependency::with_permits(0);
    let monitor = HealthMonitor::new(vec![dependency.clone()]);
    let checks = monitor.checks().await;
    let problem = describe_problem(&checks[0].condition).unwrap();
    assert_eq!(problem, "it did not answer within 3 seconds");
    assert_eq!((checks[0].name, Readiness::of(&checks)), ("gate", Readiness::NotReady));
}

#[tokio::test(start_paused = true)]
async fn a_check_completes_for_the_next_probe_although_its_client_disconnected() {
    let dependency = GatedDependency::with_permits(0);
    let monitor = HealthMonitor::new(vec![dependency.clone()]);
    let timed_out = time::timeout(Duration::from_millis(1), monitor.checks()).await;
    assert!(timed_out.is_err());
    dependency.permits.add_permits(1);
    assert!(monitor.checks().await[0].condition.is_up());
    assert_eq!(dependency.checks.load(Ordering::SeqCst), 1);
}
