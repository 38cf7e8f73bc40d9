//! Whether what a program stands on is there: what a program asks before it says that it is ready.

use async_trait::async_trait;

use crate::Cause;

/// What becomes of a program without a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Importance {
    /// It cannot do its work.
    Required,
    /// It does its work, if more slowly or with less: nobody has to be sent elsewhere.
    Optional,
}

/// How a dependency is.
#[derive(Debug, Clone)]
pub enum Condition {
    /// It answers, and is as it should be.
    Up {
        /// Something an operator may want to know, such as the version of a schema.
        note: Option<String>,
    },
    /// It answers, but not as this program needs it: an older schema, or a database that takes no writes.
    Unfit {
        /// Why, for an operator. No secret.
        problem: String,
    },
    /// It does not answer.
    Down(Cause),
}

impl Condition {
    /// How a database is by its schema: `newest` is the last step that the program knows, `lacking` are those it knows
    /// and the database has not, `unknown` those that only the database has.
    ///
    /// A newer schema is no fault: an update migrates before the last program of the version before is gone.
    pub fn of_schema(newest: &str, lacking: &[String], unknown: &[String]) -> Self {
        let steps = lacking.join(", ");
        match (lacking, unknown) {
            ([], []) => Self::Up { note: Some(format!("schema {newest}")) },
            ([], _) => {
                let newer = unknown.join(", ");
                Self::Up { note: Some(format!("the schema is newer than this program: {newer}")) }
            }
            (_, []) => Self::Unfit { problem: format!("the schema lacks migrations: {steps}") },
            (_, _) => Self::Unfit {
                problem: format!("the schema is another program's, and lacks migrations: {steps}"),
            },
        }
    }

    /// Whether it is as it should be.
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

/// Something outside of the program that it uses.
#[async_trait]
pub trait Dependency: Send + Sync {
    /// What it is called: `database`, `redis`.
    fn name(&self) -> &'static str;

    /// What becomes of the program without it.
    fn importance(&self) -> Importance;

    /// Asks it. MUST return within three seconds whatever is wrong, MUST NOT change anything, and MUST NOT need
    /// what requests compete for: a program that has much to do is ready all the same.
    async fn check(&self) -> Condition;
}

/// A dependency, and how it is.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is called.
    pub name: &'static str,
    /// What becomes of the program without it.
    pub importance: Importance,
    /// How it is.
    pub condition: Condition,
}

/// How a program is, all in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Everything is there.
    Ready,
    /// Something is missing that it can do without.
    Degraded,
    /// Something is missing that it cannot do without.
    NotReady,
}

impl Readiness {
    /// What follows from how the dependencies are.
    pub fn of(findings: &[Finding]) -> Self {
        let missing = |importance| {
            findings
                .iter()
                .any(|finding| finding.importance == importance && !finding.condition.is_up())
        };
        if missing(Importance::Required) {
            Self::NotReady
        } else if missing(Importance::Optional) {
            Self::Degraded
        } else {
            Self::Ready
        }
    }

    /// Whether requests may come.
    pub const fn takes_requests(self) -> bool {
        !matches!(self, Self::NotReady)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use super::*;

    fn finding(importance: Importance, condition: Condition) -> Finding {
        Finding { name: "it", importance, condition }
    }

    fn up(importance: Importance) -> Finding {
        finding(importance, Condition::Up { note: None })
    }

    fn down(importance: Importance) -> Finding {
        finding(importance, Condition::Down(Arc::new(io::Error::other("away"))))
    }

    #[test]
    fn a_schema_that_is_newer_will_do_and_one_that_lacks_something_will_not() {
        let [first, second] = ["first".to_owned(), "second".to_owned()];
        let of = |lacking: &[String], unknown: &[String]| match Condition::of_schema(
            "first", lacking, unknown,
        ) {
            Condition::Up { note } => (true, note.unwrap()),
            Condition::Unfit { problem } => (false, problem),
            Condition::Down(cause) => panic!("{cause}"),
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
    fn a_program_is_ready_when_everything_is_there() {
        assert_eq!(Readiness::of(&[]), Readiness::Ready);
        let all = [up(Importance::Required), up(Importance::Optional)];
        assert_eq!(Readiness::of(&all), Readiness::Ready);
    }

    #[test]
    fn it_is_degraded_without_something_optional_and_takes_requests() {
        let found = Readiness::of(&[up(Importance::Required), down(Importance::Optional)]);
        assert_eq!(found, Readiness::Degraded);
        assert!(found.takes_requests());
    }

    #[test]
    fn it_is_not_ready_without_something_required_whatever_else_is_there() {
        let found = Readiness::of(&[down(Importance::Required), down(Importance::Optional)]);
        assert_eq!(found, Readiness::NotReady);
        assert!(!found.takes_requests());
        let unfit = Condition::Unfit { problem: "an older schema".to_owned() };
        let found = Readiness::of(&[finding(Importance::Required, unfit)]);
        assert_eq!(found, Readiness::NotReady);
    }
}
