//! A counter for each value of a label.

use metrics::Counter;

/// A counter for each of a few words. All are made at once, so that each exists before it first counts.
pub(super) struct Counters {
    by_word: Vec<(&'static str, Counter)>,
}

impl Counters {
    /// One for each of these words. `make` makes the one of a word.
    pub(super) fn new(
        words: impl IntoIterator<Item = &'static str>,
        make: impl Fn(&'static str) -> Counter,
    ) -> Self {
        Self { by_word: words.into_iter().map(|word| (word, make(word))).collect() }
    }

    /// Counts one more of that word. One that is not among them is a mistake, and counted nowhere.
    pub(super) fn count(&self, word: &str) {
        let found = self.by_word.iter().find(|(known, _)| *known == word);
        debug_assert!(found.is_some(), "there is no counter for {word}");
        if let Some((_, counter)) = found {
            counter.increment(1);
        }
    }
}
