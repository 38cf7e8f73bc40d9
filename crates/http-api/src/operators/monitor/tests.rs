//! The dependencies are asked once for many, and the answer does not outlive its moment.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use domain::health::Importance;
use tokio::sync::Semaphore;

use super::*;

/// A dependency that answers as often as it is let, and counts how often it was asked.
struct Gate {
    asked: AtomicU32,
    answers: Semaphore,
}

impl Gate {
    fn with_answers(answers: usize) -> Arc<Self> {
        Arc::new(Self { asked: AtomicU32::new(0), answers: Semaphore::new(answers) })
    }
}

#[async_trait]
impl Dependency for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn importance(&self) -> Importance {
        Importance::Required
    }

    async fn check(&self) -> Condition {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answers.acquire().await.unwrap().forget();
        Condition::Up { note: None }
    }
}

#[tokio::test(start_paused = true)]
async fn many_who_ask_at_once_are_one_question() {
    let gate = Gate::with_answers(10);
    let monitor = Monitor::new(vec![gate.clone()]);
    let all = join_all((0..50).map(|_| monitor.findings())).await;
    assert!(all.iter().all(|findings| findings[0].condition.is_up()));
    assert_eq!(gate.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_answer_is_down() {
    let gate = Gate::with_answers(0);
    let monitor = Monitor::new(vec![gate.clone()]);
    let findings = monitor.findings().await;
    let problem = explain(&findings[0].condition).unwrap();
    assert_eq!(problem, "it did not answer within 3 seconds");
    assert_eq!((findings[0].name, Readiness::of(&findings)), ("gate", Readiness::NotReady));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_there_for_the_next_also_if_the_first_who_asked_went_away() {
    let gate = Gate::with_answers(0);
    let monitor = Monitor::new(vec![gate.clone()]);
    let gone = time::timeout(Duration::from_millis(1), monitor.findings()).await;
    assert!(gone.is_err());
    gate.answers.add_permits(1);
    assert!(monitor.findings().await[0].condition.is_up());
    assert_eq!(gate.asked.load(Ordering::SeqCst), 1);
}
