//! Numbers that are going to be settled: pairs of a number S of the sequence and a transaction id R
//! that was drawn after it. See [`settled`](super::settled).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// How many pairs of S and R are waited for at most, while a transaction stays open.
const MAX_CANDIDATES: usize = 16;

/// The number that is known to be settled, and those that are going to be.
#[derive(Debug, Default)]
pub(crate) struct SettledNumbers(Mutex<Candidates>);

impl SettledNumbers {
    /// Adds a pair of S and R, and returns the greatest settled number of now.
    pub(super) fn settle(&self, candidate: (i64, i64), ended: Ended) -> i64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).settle(candidate, ended)
    }
}

#[derive(Debug, Default)]
struct Candidates {
    settled: i64,
    /// By transaction id R, the number S.
    waiting: BTreeMap<i64, i64>,
}

impl Candidates {
    /// Adds a pair of S and R, and returns the greatest settled number of now.
    fn settle(&mut self, (number, id): (i64, i64), ended: Ended) -> i64 {
        // After a move to another cluster, the ids of before are those of transactions to come.
        self.waiting.retain(|waiting, _number| *waiting < ended.next);
        if self.waiting.len() < MAX_CANDIDATES {
            self.waiting.insert(id, number);
        }
        let open = self.waiting.split_off(&ended.oldest.saturating_add(1));
        let settled = std::mem::replace(&mut self.waiting, open);
        self.settled = settled.into_values().max().unwrap_or_default().max(self.settled);
        self.settled
    }
}

/// Which transactions had ended in a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    /// The oldest id that may still run: all below it have ended.
    pub(super) oldest: i64,
    /// One past the greatest id that has ended.
    pub(super) next: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(oldest: i64, next: i64) -> Ended {
        Ended { oldest, next }
    }

    #[test]
    fn a_number_is_settled_when_all_older_transactions_have_ended() {
        let mut candidates = Candidates::default();
        assert_eq!(candidates.settle((7, 100), ended(98, 101)), 0, "98 and 99 may run");
        assert_eq!(candidates.settle((9, 103), ended(99, 104)), 0);
        assert_eq!(candidates.settle((12, 105), ended(100, 106)), 7);
        assert_eq!(candidates.settle((12, 107), ended(107, 108)), 12);
    }

    #[test]
    fn a_transaction_that_stays_open_does_not_fill_the_memory() {
        let mut candidates = Candidates::default();
        for id in 100..10_000 {
            assert_eq!(candidates.settle((id, id), ended(50, id + 1)), 0);
        }
        assert_eq!(candidates.waiting.len(), MAX_CANDIDATES);
        let first_waiting = candidates.settle((20_000, 20_000), ended(20_000, 20_001));
        assert!(first_waiting >= 100, "{first_waiting}");
    }

    #[test]
    fn ids_that_start_anew_do_not_hold_up_the_journal() {
        let mut candidates = Candidates::default();
        assert_eq!(candidates.settle((7, 1_000_000), ended(999, 1_000_001)), 0);
        assert_eq!(candidates.settle((8, 700), ended(700, 701)), 8);
    }
}
