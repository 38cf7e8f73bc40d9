//! Totals that took counting, and much of it: they are remembered for a little while.
//!
//! No count is kept of what a search or a combination of filters finds. Few are counted each time. Many are counted
//! again after [`FRESH`] by whoever asks next, while the others get the old total; what is older than [`LAST`] is
//! nobody's answer any more.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Totals up to this are counted each time.
const FEW: u64 = 2_000;
/// For how long a total is nobody's to count again.
const FRESH: Duration = Duration::from_secs(10);
/// For how long a total is an answer.
const LAST: Duration = Duration::from_secs(30);
/// How many totals are remembered.
const MOST: usize = 1_000;

/// Totals by what they count.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    totals: Mutex<HashMap<String, Entry>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    total: u64,
    counted: Instant,
    /// Whether somebody is counting again.
    is_renewed: bool,
}

impl Remembered {
    /// The total of what that key stands for, unless whoever asks is to count it.
    pub(crate) fn recall(&self, key: &str, now: Instant) -> Option<u64> {
        let mut totals = self.lock();
        let entry = totals.get_mut(key)?;
        let age = now.saturating_duration_since(entry.counted);
        if age >= LAST {
            totals.remove(key);
            return None;
        }
        if age >= FRESH && !entry.is_renewed {
            entry.is_renewed = true;
            return None;
        }
        Some(entry.total)
    }

    /// Takes note of a total that was counted, if it is worth it.
    pub(crate) fn note(&self, key: String, total: u64, now: Instant) {
        let mut totals = self.lock();
        if total <= FEW {
            totals.remove(&key);
            return;
        }
        if totals.len() >= MOST {
            totals.retain(|_key, entry| now.saturating_duration_since(entry.counted) < FRESH);
        }
        if totals.len() < MOST || totals.contains_key(&key) {
            totals.insert(key, Entry { total, counted: now, is_renewed: false });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: u64 = FEW + 1;

    fn noted(total: u64) -> (Remembered, Instant) {
        let (remembered, now) = (Remembered::default(), Instant::now());
        remembered.note("lamp".to_owned(), total, now);
        (remembered, now)
    }

    #[test]
    fn few_are_counted_each_time() {
        let (remembered, now) = noted(FEW);
        assert_eq!(remembered.recall("lamp", now), None);
    }

    #[test]
    fn many_are_not_counted_again_at_once() {
        let (remembered, now) = noted(MANY);
        assert_eq!(remembered.recall("lamp", now), Some(MANY));
        assert_eq!(remembered.recall("desk", now), None);
    }

    #[test]
    fn one_counts_again_and_the_others_do_not_wait() {
        let (remembered, now) = noted(MANY);
        let later = now + FRESH;
        assert_eq!(remembered.recall("lamp", later), None);
        assert_eq!(remembered.recall("lamp", later), Some(MANY));
        remembered.note("lamp".to_owned(), MANY + 5, later);
        assert_eq!(remembered.recall("lamp", later), Some(MANY + 5));
    }

    #[test]
    fn an_old_total_is_nobodys_answer() {
        let (remembered, now) = noted(MANY);
        assert_eq!(remembered.recall("lamp", now + FRESH), None);
        assert_eq!(remembered.recall("lamp", now + LAST), None);
        assert_eq!(remembered.recall("lamp", now), None);
    }

    #[test]
    fn what_became_few_is_forgotten() {
        let (remembered, now) = noted(MANY);
        remembered.note("lamp".to_owned(), 1, now);
        assert_eq!(remembered.recall("lamp", now), None);
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let (remembered, now) = noted(MANY);
        for number in 0..2 * MOST {
            remembered.note(number.to_string(), MANY, now);
        }
        assert_eq!(remembered.lock().len(), MOST);
        remembered.note("desk".to_owned(), MANY, now + FRESH);
        assert_eq!(remembered.lock().len(), 1);
    }
}
