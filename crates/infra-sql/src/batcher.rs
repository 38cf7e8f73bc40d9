//! Batches of requests: the requests that arrive while a batch is in flight form the next batch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::{runtime::Handle, sync::oneshot};

/// The maximum of batches in flight.
const MAX_IN_FLIGHT: usize = 2;
/// The maximum of requests in a batch.
const MAX_BATCH: usize = 256;

/// Answers requests in batches: under load one batch serves dozens of requests; otherwise no
/// request waits.
///
/// Nothing is cached. A batch starts after all of its requests have arrived, so an answer is never
/// older than its request.
///
/// Batches run on the runtime on which the batcher was created, since a caller's runtime may end
/// earlier. A batcher that was created outside of a runtime runs each batch on the runtime of the
/// caller that starts it.
pub struct Batcher<Request, Answer> {
    shared: Arc<Shared<Request, Answer>>,
    runtime: Option<Handle>,
}

/// The batch of a request ended without an answer, after a panic or at the end of the program.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the batch of a request ended without an answer")]
pub struct BatchLost;

type RunBatch<Request, Answer> =
    Box<dyn Fn(Vec<Request>) -> BoxFuture<'static, Vec<Answer>> + Send + Sync>;

struct Shared<Request, Answer> {
    queue: Mutex<Queue<Request, Answer>>,
    run_batch: RunBatch<Request, Answer>,
}

struct Queue<Request, Answer> {
    waiting: Vec<(Request, oneshot::Sender<Answer>)>,
    in_flight: usize,
}

impl<Request, Answer> Batcher<Request, Answer>
where
    Request: Send + 'static,
    Answer: Send + 'static,
{
    /// A batcher with this function, which returns one answer for each request of a batch, in their
    /// order.
    pub fn new(
        run_batch: impl Fn(Vec<Request>) -> BoxFuture<'static, Vec<Answer>> + Send + Sync + 'static,
    ) -> Self {
        let queue = Mutex::new(Queue { waiting: Vec::new(), in_flight: 0 });
        let shared = Arc::new(Shared { queue, run_batch: Box::new(run_batch) });
        Self { shared, runtime: Handle::try_current().ok() }
    }

    /// Adds a request to the next batch and returns its answer.
    ///
    /// # Errors
    /// [`BatchLost`] if the batch panicked or the runtime ended.
    pub async fn submit(&self, request: Request) -> Result<Answer, BatchLost> {
        let (reply, answer) = oneshot::channel();
        if self.shared.enqueue(request, reply) {
            let task = BatchTask { shared: Arc::clone(&self.shared), is_done: false };
            match &self.runtime {
                Some(runtime) => drop(runtime.spawn(task.run())),
                None => drop(tokio::spawn(task.run())),
            }
        }
        answer.await.map_err(|_dropped| BatchLost)
    }
}

impl<Request, Answer> Shared<Request, Answer> {
    fn queue(&self) -> MutexGuard<'_, Queue<Request, Answer>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a request. Returns whether the caller has to start a task, which already counts as in
    /// flight.
    fn enqueue(&self, request: Request, reply: oneshot::Sender<Answer>) -> bool {
        let mut queue = self.queue();
        queue.waiting.push((request, reply));
        let starts = queue.in_flight < MAX_IN_FLIGHT;
        if starts {
            queue.in_flight += 1;
        }
        starts
    }
}

/// A task that runs batches as long as requests are queued.
struct BatchTask<Request, Answer> {
    shared: Arc<Shared<Request, Answer>>,
    is_done: bool,
}

impl<Request, Answer> BatchTask<Request, Answer> {
    async fn run(mut self) {
        while let Some(batch) = self.next_batch() {
            let (requests, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let answers = (self.shared.run_batch)(requests).await;
            for (reply, answer) in replies.into_iter().zip(answers) {
                // The caller may have stopped waiting.
                let _closed = reply.send(answer);
            }
        }
    }

    /// The next batch. `None` ends this task; a later request starts another one.
    fn next_batch(&mut self) -> Option<Vec<(Request, oneshot::Sender<Answer>)>> {
        let mut queue = self.shared.queue();
        let size = queue.waiting.len().min(MAX_BATCH);
        if size == 0 {
            queue.in_flight -= 1;
            self.is_done = true;
            return None;
        }
        Some(queue.waiting.drain(..size).collect())
    }
}

impl<Request, Answer> Drop for BatchTask<Request, Answer> {
    fn drop(&mut self) {
        // The runtime ended, or a batch panicked.
        if !self.is_done {
            let mut queue = self.shared.queue();
            queue.in_flight -= 1;
            // No task is left for the queued requests: their callers get `BatchLost`.
            if queue.in_flight == 0 {
                queue.waiting.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests;
