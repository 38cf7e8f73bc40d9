//! What each thread has at hand of a cache that all threads share.
//!
//! Whoever reads a shared entry writes to memory all the same: that one more holds the value, that it was asked for.
//! While that memory travels from core to core, everybody waits. So a thread keeps copies of what it is asked
//! for again and again, which no other thread touches.

use std::{
    cell::{RefCell, RefMut},
    collections::HashMap,
    hash::Hash,
    sync::Arc,
    time::{Duration, Instant},
};

use foldhash::quality::RandomState;
use thread_local::ThreadLocal;

/// Copies of values of a shared cache, for each thread.
pub(super) struct AtHand<K: Send, V: Send + Sync> {
    by_thread: ThreadLocal<RefCell<Hand<K, V>>>,
    /// For how long a copy is used without a look at the shared cache, which is to know what is in use.
    time: Duration,
    /// The most bytes of one thread's copies, roughly.
    bytes: usize,
}

struct Hand<K, V> {
    by_key: HashMap<K, Copied<V>, RandomState>,
    bytes: usize,
}

struct Copied<V> {
    epoch: u64,
    until: Instant,
    /// What the shared cache had. Nobody is handed it.
    shared: Arc<V>,
    own: Arc<V>,
    bytes: usize,
}

impl<K: Hash + Eq + Clone + Send, V: Clone + Send + Sync> AtHand<K, V> {
    /// Nothing yet. Copies are used for that time, and are thrown away when they are more than so many bytes.
    pub(super) fn new(time: Duration, bytes: usize) -> Self {
        Self { by_thread: ThreadLocal::new(), time, bytes }
    }

    /// This thread's copy, if it is of that epoch and was compared with the shared value a moment ago.
    pub(super) fn get(&self, key: &K, epoch: u64) -> Option<Arc<V>> {
        let hand = self.hand();
        let copied = hand.by_key.get(key).filter(|copied| copied.epoch == epoch)?;
        (Instant::now() < copied.until).then(|| Arc::clone(&copied.own))
    }

    /// This thread's copy of what the shared cache has: the one from before, if it has not changed. It takes so many
    /// bytes.
    pub(super) fn copy(&self, key: &K, epoch: u64, shared: Arc<V>, bytes: usize) -> Arc<V> {
        // What is copied takes as much again, and so does its key.
        let bytes = 2 * bytes + size_of::<(K, Copied<V>)>();
        if self.time.is_zero() || bytes > self.bytes {
            return shared;
        }
        let mut hand = self.hand();
        let until = Instant::now() + self.time;
        if let Some(copied) = hand.by_key.get_mut(key)
            && Arc::ptr_eq(&copied.shared, &shared)
        {
            (copied.epoch, copied.until) = (epoch, until);
            return Arc::clone(&copied.own);
        }
        let own = Arc::new(V::clone(&shared));
        let copied = Copied { epoch, until, shared, own: Arc::clone(&own), bytes };
        hand.keep(key.clone(), copied, self.bytes);
        own
    }

    fn hand(&self) -> RefMut<'_, Hand<K, V>> {
        let none = || RefCell::new(Hand { by_key: HashMap::default(), bytes: 0 });
        self.by_thread.get_or(none).borrow_mut()
    }
}

impl<K: Hash + Eq, V> Hand<K, V> {
    fn keep(&mut self, key: K, copied: Copied<V>, most: usize) {
        if self.bytes + copied.bytes > most {
            self.by_key.clear();
            self.bytes = 0;
        }
        self.bytes += copied.bytes;
        if let Some(before) = self.by_key.insert(key, copied) {
            self.bytes -= before.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);
    const MANY: usize = 1_000;

    fn tea() -> Arc<String> {
        Arc::new("tea".to_owned())
    }

    #[test]
    fn a_copy_is_used_until_its_epoch_is_over() {
        let at_hand = AtHand::new(LONG, MANY);
        assert_eq!(at_hand.get(&1, 0), None);
        let copy = at_hand.copy(&1, 0, tea(), 3);
        assert!(Arc::ptr_eq(&at_hand.get(&1, 0).unwrap(), &copy));
        assert_eq!(at_hand.get(&1, 1), None, "another epoch");
        assert_eq!(at_hand.get(&2, 0), None, "another key");
    }

    #[test]
    fn a_copy_is_used_until_its_time_is_over() {
        let at_hand = AtHand::new(Duration::from_nanos(1), MANY);
        at_hand.copy(&1, 0, tea(), 3);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_micros(1) {}
        assert_eq!(at_hand.get(&1, 0), None);
    }

    #[test]
    fn a_value_that_is_still_the_same_keeps_its_copy() {
        let at_hand = AtHand::new(LONG, MANY);
        let shared = tea();
        let copy = at_hand.copy(&1, 0, Arc::clone(&shared), 3);
        assert!(!Arc::ptr_eq(&copy, &shared));
        let again = at_hand.copy(&1, 0, shared, 3);
        assert!(Arc::ptr_eq(&copy, &again));
        let anew = at_hand.copy(&1, 0, tea(), 3);
        assert!(!Arc::ptr_eq(&copy, &anew), "an equal value is another one");
        assert!(Arc::ptr_eq(&at_hand.get(&1, 0).unwrap(), &anew));
    }

    #[test]
    fn each_thread_has_its_own() {
        let at_hand = AtHand::new(LONG, MANY);
        at_hand.copy(&1, 0, tea(), 3);
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(at_hand.get(&1, 0), None));
        });
        assert!(at_hand.get(&1, 0).is_some());
    }

    #[test]
    fn copies_take_no_more_room_than_they_may() {
        let at_hand = AtHand::new(LONG, MANY);
        for key in 0..100 {
            at_hand.copy(&key, 0, tea(), 100);
            assert!(at_hand.get(&key, 0).is_some());
            assert!(at_hand.hand().bytes <= MANY);
        }
        assert!(at_hand.hand().by_key.len() < 5);
        for _ in 0..100 {
            at_hand.copy(&1, 0, tea(), 10);
        }
        assert!(
            at_hand.get(&99, 0).is_some(),
            "a value that changes all the time takes the room of one"
        );
    }

    #[test]
    fn what_is_too_large_to_be_copied_is_shared() {
        let at_hand = AtHand::new(LONG, MANY);
        let shared = tea();
        assert!(Arc::ptr_eq(&at_hand.copy(&1, 0, Arc::clone(&shared), MANY), &shared));
        assert_eq!(at_hand.get(&1, 0), None);
    }
}
