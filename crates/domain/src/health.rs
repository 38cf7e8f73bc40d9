//! Health checks of dependencies, and the readiness that follows from them.

use async_trait::async_trait;

use crate::Cause;

/// Whether the program can work without a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criticality {
    /// The program cannot work without it.
    Required,
    /// The program works without it, more slowly or with fewer features, and still takes requests.
    Optional,
}

/// The result of a health check.
#[derive(Debug, Clone)]
pub enum DependencyStatus {
    /// The dependency responds and can be used.
    Up {
        /// A note for operators, such as the version of the schema.
        note: Option<String>,
    },
    /// The dependency responds but cannot be used: an older schema, or a database that is
    /// read-only.
    Unusable {
        /// The problem, for operators, without secrets.
        problem: String,
    },
    /// The dependency does not respond.
    Down(Cause),
}

impl DependencyStatus {
    /// The status of a database according to its migrations: `newest` is the last one that the
    /// program knows, `lacking` are those that the program knows and the database lacks, `unknown`
    /// those that only the database has.
    ///
    /// A newer schema is usable: during an update, programs of the previous version run on it.
    pub fn of_schema(newest: &str, lacking: &[String], unknown: &[String]) -> Self {
        let migrations = lacking.join(", ");
        match (lacking, unknown) {
            ([], []) => Self::Up { note: Some(format!("schema {newest}")) },
            ([], _) => {
                let newer = unknown.join(", ");
                Self::Up { note: Some(format!("the schema is newer than this program: {newer}")) }
            }
            (_, []) => {
                Self::Unusable { problem: format!("the schema lacks migrations: {migrations}") }
            }
            (_, _) => Self::Unusable {
                problem: format!(
                    "the schema is another program's, and lacks migrations: {migrations}"
                ),
            },
        }
    }

    /// Whether the dependency can be used.
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

/// A service outside the program that it uses.
#[async_trait]
pub trait Dependency: Send + Sync {
    /// The name of the dependency: `database`, `redis`.
    fn name(&self) -> &'static str;

    /// Whether the program can work without it.
    fn criticality(&self) -> Criticality;

    /// Checks the dependency. MUST return within three seconds in every case, MUST NOT change
    /// anything, and MUST NOT use resources that requests compete for, such as pooled connections:
    /// a busy program is still ready.
    async fn check(&self) -> DependencyStatus;
}

/// A dependency and the result of its health check.
#[derive(Debug, Clone)]
pub struct HealthCheck {
    /// The name of the dependency.
    pub name: &'static str,
    /// Whether the program can work without it.
    pub criticality: Criticality,
    /// The result of the check.
    pub condition: DependencyStatus,
}

/// The readiness of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// All dependencies can be used.
    Ready,
    /// An optional dependency cannot be used.
    Degraded,
    /// A required dependency cannot be used.
    NotReady,
}

impl Readiness {
    /// The readiness that follows from these checks.
    pub fn of(checks: &[HealthCheck]) -> Self {
        let missing = |criticality| {
            checks.iter().any(|check| check.criticality == criticality && !check.condition.is_up())
        };
        if missing(Criticality::Required) {
            Self::NotReady
        } else if missing(Criticality::Optional) {
            Self::Degraded
        } else {
            Self::Ready
        }
    }

    /// Whether the program takes requests.
    pub const fn takes_requests(self) -> bool {
        !matches!(self, Self::NotReady)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use super::*;

    fn check(criticality: Criticality, condition: DependencyStatus) -> HealthCheck {
        HealthCheck { name: "it", criticality, condition }
    }

    fn up(criticality: Criticality) -> HealthCheck {
        check(criticality, DependencyStatus::Up { note: None })
    }

    fn down(criticality: Criticality) -> HealthCheck {
        check(criticality, DependencyStatus::Down(Arc::new(io::Error::other("away"))))
    }

    #[test]
    fn a_newer_schema_is_up_and_one_that_lacks_migrations_is_unfit() {
        let [first, second] = ["first".to_owned(), "second".to_owned()];
        let of = |lacking: &[String], unknown: &[String]| match DependencyStatus::of_schema(
            "first", lacking, unknown,
        ) {
            DependencyStatus::Up { note } => (true, note.unwrap()),
            DependencyStatus::Unusable { problem } => (false, problem),
            DependencyStatus::Down(cause) => panic!("{cause}"),
        };
        assert_eq!(of(&[], &[]), (true, "schema first".to_owned()));
        let (fit, note) = of(&[], std::slice::from_ref(&second));
        assert!(fit && note.contains("newer") && note.contains("second"), "{note}");
        for unknown in [&[][..], &[second][..]] {
            let (fit, problem) = of(std::slice::from_ref(&first), unknown);
            assert!(!fit && problem.contains("first"), "{problem}");
        }
    }

    #[test]
    fn a_program_is_ready_when_all_dependencies_are_up() {
        assert_eq!(Readiness::of(&[]), Readiness::Ready);
        let all = [up(Criticality::Required), up(Criticality::Optional)];
        assert_eq!(Readiness::of(&all), Readiness::Ready);
    }

    #[test]
    fn a_program_without_an_optional_dependency_is_degraded_and_takes_requests() {
        let readiness = Readiness::of(&[up(Criticality::Required), down(Criticality::Optional)]);
        assert_eq!(readiness, Readiness::Degraded);
        assert!(readiness.takes_requests());
    }

    #[test]
    fn a_program_without_a_required_dependency_is_not_ready() {
        let readiness = Readiness::of(&[down(Criticality::Required), down(Criticality::Optional)]);
        assert_eq!(readiness, Readiness::NotReady);
        assert!(!readiness.takes_requests());
        let unfit = DependencyStatus::Unusable { problem: "an older schema".to_owned() };
        let readiness = Readiness::of(&[check(Criticality::Required, unfit)]);
        assert_eq!(readiness, Readiness::NotReady);
    }
}
