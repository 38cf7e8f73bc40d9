//! What probes are told.

use domain::health::{Condition, Finding, Importance, Readiness};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    monitor::explain,
    state::{Operators, State},
};

/// The program's version: all crates of it have the same.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether the process works.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Liveness)]
pub(crate) struct LivenessView {
    /// The word.
    #[schema(example = "ok")]
    pub(super) status: &'static str,
}

/// Whether requests may come. All but the word is for operators.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadinessView {
    /// `ready`; `degraded`: without something that it can do without; `not_ready`; or `stopping`.
    #[schema(example = "ready")]
    status: &'static str,
    /// The program's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.1.0")]
    version: Option<&'static str>,
    /// The commit that it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0123456789ab")]
    commit: Option<&'static str>,
    /// For how many seconds it has been running.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 86_400)]
    uptime_seconds: Option<u64>,
    /// What it rests on. Nothing is asked any more once it is stopping.
    #[serde(skip_serializing_if = "Option::is_none")]
    dependencies: Option<Vec<DependencyView>>,
}

/// Something that the program rests on.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Dependency)]
pub(crate) struct DependencyView {
    /// What it is called.
    #[schema(example = "redis")]
    name: &'static str,
    /// `required`, or `optional` if the program works without it.
    #[schema(example = "optional")]
    importance: &'static str,
    /// `up`; `unfit`: it answers, but not as it should; or `down`.
    #[schema(example = "down")]
    condition: &'static str,
    /// Something to know about it though it is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "schema 2025-01-01-000001")]
    note: Option<String>,
    /// Why it is not up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Redis is away")]
    problem: Option<String>,
}

impl ReadinessView {
    pub(super) fn of(state: &State) -> Self {
        let status = match state.readiness {
            _ if state.stopping => "stopping",
            Readiness::Ready => "ready",
            Readiness::Degraded => "degraded",
            Readiness::NotReady => "not_ready",
        };
        Self { status, version: None, commit: None, uptime_seconds: None, dependencies: None }
    }

    /// With what an operator wants to know as well.
    pub(super) fn with_detail(self, operators: &Operators, state: &State) -> Self {
        Self {
            version: Some(VERSION),
            commit: Some(operators.commit),
            uptime_seconds: Some(operators.started.elapsed().as_secs()),
            dependencies: Some(state.findings.iter().map(DependencyView::of).collect()),
            ..self
        }
    }
}

impl DependencyView {
    fn of(finding: &Finding) -> Self {
        let (condition, note) = match &finding.condition {
            Condition::Up { note } => ("up", note.clone()),
            Condition::Unfit { .. } => ("unfit", None),
            Condition::Down(_) => ("down", None),
        };
        let importance = match finding.importance {
            Importance::Required => "required",
            Importance::Optional => "optional",
        };
        let problem = explain(&finding.condition);
        Self { name: finding.name, importance, condition, note, problem }
    }
}

/// What an operator is told of a server whose Redis is away.
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
