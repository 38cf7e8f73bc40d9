//! Races: tasks that start at the same time.

use std::{future::Future, sync::Arc};

use tokio::sync::Barrier;

/// Runs `racers` tasks that start at the same time, and returns their results in order. `task`
/// makes the task with each number, from 0.
pub async fn race<T, F>(racers: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(racers));
    let running: Vec<_> = (0..racers)
        .map(|number| {
            let (start, task) = (Arc::clone(&start), task(number));
            tokio::spawn(async move {
                start.wait().await;
                task.await
            })
        })
        .collect();
    let mut finished = Vec::with_capacity(racers);
    for racer in running {
        finished.push(racer.await.expect("a racing task does not panic"));
    }
    finished
}
