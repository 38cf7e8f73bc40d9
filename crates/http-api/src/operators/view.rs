//! The responses of the probes.

use domain::health::{Criticality, DependencyStatus, HealthCheck, Readiness};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    monitor::describe_problem,
    server_status::{ReadinessState, ServerStatus},
};

/// The version of the program, which all crates share.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The liveness of the process.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Liveness)]
pub(crate) struct LivenessView {
    /// `ok`, or `stuck` with status 503.
    #[schema(example = "ok")]
    pub(super) status: &'static str,
}

/// The readiness of the server. Only operators get the members besides `status`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadinessView {
    /// `ready`; `degraded`: an optional dependency is not up; `not_ready`; or `stopping`.
    #[schema(example = "ready")]
    status: &'static str,
    /// The version of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.1.0")]
    version: Option<&'static str>,
    /// The commit that the program was built from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0123456789ab")]
    commit: Option<&'static str>,
    /// The uptime in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 86_400)]
    uptime_seconds: Option<u64>,
    /// The dependencies. Empty while the server is stopping, since they are no longer checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    dependencies: Option<Vec<DependencyView>>,
}

/// A dependency of the program.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Dependency)]
pub(crate) struct DependencyView {
    /// The name of the dependency.
    #[schema(example = "redis")]
    name: &'static str,
    /// `required`, or `optional` if the program also works without it.
    #[schema(example = "optional")]
    importance: &'static str,
    /// `up`; `unfit`: the dependency responds, but is not usable as it is; or `down`.
    #[schema(example = "down")]
    condition: &'static str,
    /// Information about a dependency that is up. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "schema 2025-01-01-000001")]
    note: Option<String>,
    /// The reason why the dependency is not up. Absent if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Redis is away")]
    problem: Option<String>,
}

impl ReadinessView {
    pub(super) fn of(state: &ReadinessState) -> Self {
        let status = match state.readiness {
            _ if state.stopping => "stopping",
            Readiness::Ready => "ready",
            Readiness::Degraded => "degraded",
            Readiness::NotReady => "not_ready",
        };
        Self { status, version: None, commit: None, uptime_seconds: None, dependencies: None }
    }

    /// Adds the members for operators.
    pub(super) fn with_operator_detail(
        self,
        operators: &ServerStatus,
        state: &ReadinessState,
    ) -> Self {
        Self {
            version: Some(VERSION),
            commit: Some(operators.commit),
            uptime_seconds: Some(operators.started.elapsed().as_secs()),
            dependencies: Some(state.checks.iter().map(DependencyView::of).collect()),
            ..self
        }
    }
}

impl DependencyView {
    fn of(check: &HealthCheck) -> Self {
        let (condition, note) = match &check.condition {
            DependencyStatus::Up { note } => ("up", note.clone()),
            DependencyStatus::Unusable { .. } => ("unfit", None),
            DependencyStatus::Down(_) => ("down", None),
        };
        let importance = match check.criticality {
            Criticality::Required => "required",
            Criticality::Optional => "optional",
        };
        let problem = describe_problem(&check.condition);
        Self { name: check.name, importance, condition, note, problem }
    }
}

/// The response to an operator while Redis is unavailable.
pub(super) fn example() -> Value {
    json!({
        "status": "degraded",
        "version": VERSION,
        "commit": "0123456789ab",
        "uptime_seconds": 86_400,
        "dependencies": [
            { "name": "database", "importance": "required", "condition": "up" },
            { "name": "redis", "importance": "optional", "condition": "down", "problem": "Redis is away" },
        ],
    })
}
