//! Looking a term up in texts: by the index of their n-grams, and by comparing them.
//!
//! `ngrams` of the migrations cuts a text into six characters from each on, fewer near the end of a name.
//! PostgreSQL's own `pg_trgm` will not do here; `migrations/README.md` has the figures.

/// Planner settings for looking a term up. The rows that an index finds for a frequent term have to fit into memory:
/// else the server remembers whole pages, and looks at every row of them.
pub(crate) const SETTINGS: &str = "; SET LOCAL work_mem = '32MB'";

/// How many characters an n-gram has, as the migrations cut texts.
const LENGTH: usize = 6;

/// What an index of n-grams is asked for texts with that term, as a `tsquery`. Each text that has the term
/// matches; one that matches has it too if the n-grams [`decide`].
pub(crate) fn query(term: &str) -> String {
    let letters: Vec<char> = term.chars().collect();
    if letters.len() < LENGTH {
        return format!("{}:*", lexeme(&letters));
    }
    letters.windows(LENGTH).map(lexeme).collect::<Vec<_>>().join("&")
}

/// Whether a text that has all n-grams of the term has the term.
pub(crate) fn decide(term: &str) -> bool {
    term.chars().count() <= LENGTH
}

/// The pattern of LIKE that finds this anywhere in a text. Each character stands for itself.
pub(crate) fn pattern(term: &str) -> String {
    format!("%{}%", term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// A lexeme between quotes, where two characters have a meaning of their own.
fn lexeme(letters: &[char]) -> String {
    let word: String = letters.iter().collect();
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_stands_for_itself() {
        assert_eq!(pattern("lamp"), "%lamp%");
        assert_eq!(pattern("50 %_\\"), "%50 \\%\\_\\\\%");
        assert_eq!(query("it's"), "'it''s':*");
        assert_eq!(query("\\&|:*"), "'\\\\&|:*':*");
    }

    #[test]
    fn a_short_part_is_what_a_piece_begins_with_and_a_longer_one_has_query() {
        assert_eq!(query("a"), "'a':*");
        assert_eq!(query("яблок"), "'яблок':*");
        assert_eq!(query("яблоко"), "'яблоко'");
        assert_eq!(query("tea cups"), "'tea cu'&'ea cup'&'a cups'");
    }

    #[test]
    fn what_is_no_longer_than_an_ngram_needs_no_second_look() {
        assert!(decide("teacup"));
        assert!(!decide("teacups"));
    }
}
