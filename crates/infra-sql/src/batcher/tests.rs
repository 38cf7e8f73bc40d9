use futures::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use tokio::sync::Semaphore;

use super::*;

/// Doubles numbers after its gate is opened, and records the sizes of the batches.
struct GatedDoubler {
    gate: Semaphore,
    batches: Mutex<Vec<usize>>,
}

/// The number at which a batch panics.
const PANICS_AT: u64 = 1_313;

impl GatedDoubler {
    fn closed() -> Arc<Self> {
        Arc::new(Self { gate: Semaphore::new(0), batches: Mutex::default() })
    }

    fn open(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    fn batcher(self: &Arc<Self>) -> Batcher<u64, u64> {
        let doubler = Arc::clone(self);
        Batcher::new(move |numbers| Arc::clone(&doubler).double(numbers))
    }

    fn double(self: Arc<Self>, numbers: Vec<u64>) -> BoxFuture<'static, Vec<u64>> {
        async move {
            self.batches.lock().unwrap().push(numbers.len());
            self.gate.acquire().await.unwrap().forget();
            assert!(!numbers.contains(&PANICS_AT), "a bug");
            numbers.into_iter().map(|number| number * 2).collect()
        }
        .boxed()
    }

    fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().clone()
    }
}

/// Runs the other tasks until all of them wait.
async fn run_other_tasks() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn requests_that_arrive_while_batches_are_in_flight_share_the_next_batch() {
    let doubler = GatedDoubler::closed();
    let batcher = doubler.batcher();
    let mut all = Box::pin(join_all((0..40).map(|number| batcher.submit(number))));
    assert!((&mut all).now_or_never().is_none());
    run_other_tasks().await;
    doubler.open();
    for (number, answer) in (0..).zip(all.await) {
        assert_eq!(answer.unwrap(), number * 2);
    }
    let sizes = doubler.batches();
    assert_eq!(sizes.iter().sum::<usize>(), 40, "{sizes:?}");
    assert!(sizes.len() <= 3, "two in flight, and one of all that were queued: {sizes:?}");
}

#[tokio::test]
async fn a_batch_has_a_maximum_size() {
    let doubler = GatedDoubler::closed();
    let batcher = doubler.batcher();
    let mut all = Box::pin(join_all((0..300).map(|number| batcher.submit(number))));
    assert!((&mut all).now_or_never().is_none());
    run_other_tasks().await;
    doubler.open();
    assert_eq!(all.await.len(), 300);
    assert!(doubler.batches().iter().all(|size| *size <= MAX_BATCH), "{:?}", doubler.batches());
}

#[tokio::test]
async fn a_request_after_an_answer_gets_a_new_answer() {
    let doubler = GatedDoubler::closed();
    doubler.open();
    let batcher = doubler.batcher();
    for _ in 0..3 {
        assert_eq!(batcher.submit(2).await.unwrap(), 4);
    }
    assert_eq!(doubler.batches(), [1, 1, 1], "nothing is cached");
}

#[tokio::test]
async fn a_caller_that_stops_waiting_does_not_block_others() {
    let doubler = GatedDoubler::closed();
    let batcher = doubler.batcher();
    for number in 0..6 {
        assert!(batcher.submit(number).now_or_never().is_none());
    }
    doubler.open();
    assert_eq!(batcher.submit(8).await.unwrap(), 16);
}

#[tokio::test]
async fn a_batch_that_panics_fails_its_own_requests_only() {
    let doubler = GatedDoubler::closed();
    doubler.open();
    let batcher = doubler.batcher();
    for _ in 0..5 {
        assert!(batcher.submit(PANICS_AT).await.is_err());
    }
    assert_eq!(batcher.submit(2).await.unwrap(), 4);
}

#[test]
fn a_batcher_created_outside_of_a_runtime_runs_on_those_of_its_callers() {
    let doubler = GatedDoubler::closed();
    doubler.open();
    let batcher = doubler.batcher();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(batcher.submit(3)).unwrap(), 6);
}

#[test]
fn a_request_to_a_runtime_that_has_ended_is_lost() {
    let doubler = GatedDoubler::closed();
    doubler.open();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let batcher = runtime.block_on(async { doubler.batcher() });
    drop(runtime);
    let other = tokio::runtime::Runtime::new().unwrap();
    for number in 0..3 {
        assert_eq!(
            other.block_on(batcher.submit(number)).unwrap_err().to_string(),
            BatchLost.to_string()
        );
    }
}
