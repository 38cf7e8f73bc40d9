//! Looking a term up in texts: by the index of their n-grams, and by comparing them.
//!
//! `ngrams` of the migrations cuts a text into six characters from each on, fewer near the end of a name.
//! PostgreSQL's own `pg_trgm` will not do here; `migrations/README.md` has the figures.

/// Planner settings for looking a term up. The rows that an index finds for a frequent term have to fit into memory:
/// else the server remembers whole pages, and looks at every row of them.
pub(crate) const SETTINGS: &str = "; SET LOCAL work_mem = '32MB'";

/// How many characters an n-gram has, as the migrations cut texts.
const NGRAM_LENGTH: usize = 6;

/// What an index of n-grams is asked for texts with that term, as a `tsquery`. Each text that has the term
/// matches; one that matches has it too if the n-grams [`decide`].
pub(crate) fn tsquery(term: &str) -> String {
    let characters: Vec<char> = term.chars().collect();
    if characters.len() < NGRAM_LENGTH {
        return format!("{}:*", lexeme(&characters));
    }
    characters.windows(NGRAM_LENGTH).map(lexeme).collect::<Vec<_>>().join("&")
}

/// Whether a text that has all n-grams of the term has the term.
pub(crate) fn is_exact(term: &str) -> bool {
    term.chars().count() <= NGRAM_LENGTH
}

/// The pattern of LIKE that finds this anywhere in a text. Each character stands for itself.
pub(crate) fn like_pattern(term: &str) -> String {
    format!("%{}%", term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// A lexeme between quotes, where two characters have a meaning of their own.
fn lexeme(characters: &[char]) -> String {
    let word: String = characters.iter().collect();
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_stands_for_itself() {
        assert_eq!(like_pattern("lamp"), "%lamp%");
        assert_eq!(like_pattern("50 %_\\"), "%50 \\%\\_\\\\%");
        assert_eq!(tsquery("it's"), "'it''s':*");
        assert_eq!(tsquery("\\&|:*"), "'\\\\&|:*':*");
    }

    #[test]
    fn a_short_part_is_what_a_piece_begins_with_and_a_longer_one_has_query() {
        assert_eq!(tsquery("a"), "'a':*");
        assert_eq!(tsquery("яблок"), "'яблок':*");
        assert_eq!(tsquery("яблоко"), "'яблоко'");
        assert_eq!(tsquery("tea cups"), "'tea cu'&'ea cup'&'a cups'");
    }

    #[test]
    fn what_is_no_longer_than_an_ngram_needs_no_second_look() {
        assert!(is_exact("teacup"));
        assert!(!is_exact("teacups"));
    }
}
