//! Numbers that many threads change at the same time, each in a place of its own.
//!
//! Memory that several cores write to travels from one to the other, and whoever needs it waits: for longer than a
//! hundred additions take. Every request changes about ten numbers. So each number is kept in stripes, and a thread
//! changes its own only; they are added to the whole when somebody wants to know it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Level, Metadata,
    Recorder, SharedString, Unit,
};
use metrics_exporter_prometheus::PrometheusRecorder;
use metrics_util::{
    registry::{Registry, Storage},
    storage::AtomicBucket,
};

/// In how many places a number is kept. If there are more threads than that, some share one, which is only slower.
const STRIPES: usize = 16;

/// How many threads have counted something.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Which place is this thread's: they are given out in turn.
    static STRIPE: usize = THREADS.fetch_add(1, Ordering::Relaxed) % STRIPES;
}

/// A place that shares no memory with another: cores fetch lines of 64 bytes, and two of them at once.
#[derive(Default)]
#[repr(align(128))]
struct Stripe<T>(T);

/// What is kept in as many places.
#[derive(Default)]
struct Striped<T>([Stripe<T>; STRIPES]);

impl<T> Striped<T> {
    /// This thread's.
    fn own(&self) -> &T {
        let Self([first, ..]) = self;
        let Stripe(own) = STRIPE.with(|stripe| self.0.get(*stripe)).unwrap_or(first);
        own
    }

    fn each(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|Stripe(place)| place)
    }
}

/// A counter, and the whole that its stripes are added to.
struct StripedCounter {
    stripes: Striped<AtomicU64>,
    whole: Counter,
}

impl StripedCounter {
    fn settle(&self) {
        let counted = self.stripes.each().map(|stripe| stripe.swap(0, Ordering::Relaxed)).sum();
        if counted > 0 {
            self.whole.increment(counted);
        }
    }
}

impl CounterFn for StripedCounter {
    fn increment(&self, value: u64) {
        self.stripes.own().fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.whole.absolute(value);
    }
}

/// A gauge: stripes of how far it was moved since it was last told, as the bits of an `f64`. 0 is all zeros.
struct StripedGauge {
    stripes: Striped<AtomicU64>,
    whole: Gauge,
}

impl StripedGauge {
    fn settle(&self) {
        let moved = self.take();
        if moved != 0.0 {
            self.whole.increment(moved);
        }
    }

    fn take(&self) -> f64 {
        let moved = self.stripes.each().map(|stripe| stripe.swap(0, Ordering::Relaxed));
        moved.map(f64::from_bits).sum()
    }
}

impl GaugeFn for StripedGauge {
    fn increment(&self, value: f64) {
        let moved = |bits| Some((f64::from_bits(bits) + value).to_bits());
        let own = self.stripes.own();
        // It is never refused.
        let _before = own.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
    }

    fn decrement(&self, value: f64) {
        self.increment(-value);
    }

    fn set(&self, value: f64) {
        self.take();
        self.whole.set(value);
    }
}

/// A histogram: stripes of samples that are in no bucket yet.
struct StripedHistogram {
    stripes: Striped<AtomicBucket<f64>>,
    whole: Histogram,
}

impl StripedHistogram {
    fn settle(&self) {
        for stripe in self.stripes.each() {
            stripe.clear_with(|samples| {
                for sample in samples {
                    self.whole.record(*sample);
                }
            });
        }
    }
}

impl HistogramFn for StripedHistogram {
    fn record(&self, value: f64) {
        self.stripes.own().push(value);
    }
}

/// Makes the stripes of a number, before the whole as Prometheus is told it.
struct Stripes {
    whole: PrometheusRecorder,
}

impl Stripes {
    /// What the whole is not interested in.
    const METADATA: Metadata<'static> = Metadata::new("oms", Level::INFO, None);
}

impl Storage<Key> for Stripes {
    type Counter = Arc<StripedCounter>;
    type Gauge = Arc<StripedGauge>;
    type Histogram = Arc<StripedHistogram>;

    fn counter(&self, key: &Key) -> Self::Counter {
        let whole = self.whole.register_counter(key, &Self::METADATA);
        Arc::new(StripedCounter { stripes: Striped::default(), whole })
    }

    fn gauge(&self, key: &Key) -> Self::Gauge {
        let whole = self.whole.register_gauge(key, &Self::METADATA);
        Arc::new(StripedGauge { stripes: Striped::default(), whole })
    }

    fn histogram(&self, key: &Key) -> Self::Histogram {
        let whole = self.whole.register_histogram(key, &Self::METADATA);
        let stripes = Striped(std::array::from_fn(|_| Stripe(AtomicBucket::new())));
        Arc::new(StripedHistogram { stripes, whole })
    }
}

/// Takes all numbers in stripes, and has a recorder for Prometheus behind it.
pub(super) struct StripedRecorder {
    numbers: Registry<Key, Stripes>,
}

impl StripedRecorder {
    /// Before that recorder, to which nobody else may tell anything.
    pub(super) fn before(whole: PrometheusRecorder) -> Self {
        Self { numbers: Registry::new(Stripes { whole }) }
    }

    /// Tells the recorder behind it everything that was counted until now.
    pub(super) fn settle(&self) {
        self.numbers.visit_counters(|_key, counter| counter.settle());
        self.numbers.visit_gauges(|_key, gauge| gauge.settle());
        self.settle_samples();
    }

    /// Tells the recorder behind it every sample that was taken until now, so that they do not pile up.
    pub(super) fn settle_samples(&self) {
        self.numbers.visit_histograms(|_key, histogram| histogram.settle());
    }

    fn whole(&self) -> &PrometheusRecorder {
        &self.numbers.storage().whole
    }
}

impl Recorder for StripedRecorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.whole().describe_counter(name, unit, help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.whole().describe_gauge(name, unit, help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.whole().describe_histogram(name, unit, help);
    }

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        let handle = |counter: &Arc<_>| Counter::from_arc(Arc::clone(counter));
        self.numbers.get_or_create_counter(&key.to_retained(), handle)
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        let handle = |gauge: &Arc<_>| Gauge::from_arc(Arc::clone(gauge));
        self.numbers.get_or_create_gauge(&key.to_retained(), handle)
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        let handle = |histogram: &Arc<_>| Histogram::from_arc(Arc::clone(histogram));
        self.numbers.get_or_create_histogram(&key.to_retained(), handle)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use metrics::{counter, gauge, histogram, with_local_recorder};
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    /// Does something on each of so many threads, and returns what Prometheus is told then.
    fn told_after(threads: u32, change: impl Fn() + Sync) -> String {
        let whole = PrometheusBuilder::new().set_buckets(&[1.0, 2.0]).unwrap().build_recorder();
        let told = whole.handle();
        let recorder = StripedRecorder::before(whole);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| with_local_recorder(&recorder, &change));
            }
        });
        recorder.settle();
        // Nothing is told twice.
        recorder.settle();
        told.render()
    }

    fn has(told: &str, line: &str) -> bool {
        told.lines().any(|told| told == line)
    }

    #[test]
    fn what_many_threads_count_is_added_up() {
        let told = told_after(40, || {
            let counter = counter!("calls", "of" => "all");
            for _ in 0..100 {
                counter.increment(1);
            }
        });
        assert!(has(&told, r#"calls{of="all"} 4000"#), "{told}");
    }

    #[test]
    fn what_one_thread_begins_another_may_end() {
        let told = told_after(1, || {
            let gauge = gauge!("under_way");
            gauge.increment(3.0);
            thread::scope(|scope| {
                scope.spawn(|| gauge.decrement(2.0));
            });
        });
        assert!(has(&told, "under_way 1"), "{told}");
    }

    #[test]
    fn what_is_set_is_that_whatever_was_before() {
        let told = told_after(1, || {
            let gauge = gauge!("length");
            gauge.increment(3.0);
            gauge.set(7.0);
            gauge.decrement(2.0);
            counter!("seconds").absolute(12);
        });
        assert!(has(&told, "length 5"), "{told}");
        assert!(has(&told, "seconds 12"), "{told}");
    }

    #[test]
    fn every_sample_of_every_thread_is_in_its_bucket_once() {
        let told = told_after(40, || {
            for sample in [0.5, 1.0, 1.5, 7.0] {
                histogram!("wait").record(sample);
            }
        });
        for line in [
            r#"wait_bucket{le="1"} 80"#,
            r#"wait_bucket{le="2"} 120"#,
            r#"wait_bucket{le="+Inf"} 160"#,
            "wait_sum 400",
            "wait_count 160",
        ] {
            assert!(has(&told, line), "{line}: {told}");
        }
    }

    #[test]
    fn what_was_made_and_not_changed_is_there_as_zero() {
        let told = told_after(1, || {
            counter!("calls").increment(0);
            let _made = gauge!("under_way");
        });
        assert!(has(&told, "calls 0") && has(&told, "under_way 0"), "{told}");
    }
}
