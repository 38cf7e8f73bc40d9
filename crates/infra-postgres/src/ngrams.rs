//! Searching texts for a term: by the index of their n-grams, and by comparing them.
//!
//! The SQL function `ngrams` of the migrations yields six characters from each position of a text,
//! fewer near the end of a name. PostgreSQL's `pg_trgm` is not used; `migrations/README.md` has the
//! figures.

use domain::SearchTerm;

use crate::statement::Statement;

/// Settings for a search. The row pointers that an index returns for a frequent term must fit into
/// memory: otherwise the bitmap becomes lossy, and the server checks every row of its pages.
pub(crate) const SETTINGS: &str = "; SET LOCAL work_mem = '32MB'";

/// The length of an n-gram in the migrations, in characters.
const NGRAM_LENGTH: usize = 6;

/// The `tsquery` for an index of n-grams. Each text that contains the term matches; a match
/// contains the term if the query [`is_exact`].
pub(crate) fn tsquery(term: &str) -> String {
    let characters: Vec<char> = term.chars().collect();
    if characters.len() < NGRAM_LENGTH {
        return format!("{}:*", lexeme(&characters));
    }
    characters.windows(NGRAM_LENGTH).map(lexeme).collect::<Vec<_>>().join("&")
}

/// Writes the condition that a column contains the term, for the column's n-gram index.
pub(crate) fn write_condition<Row>(
    select: &mut Statement<Row>,
    column: &'static str,
    term: &SearchTerm,
) {
    let term = term.folded();
    select.sql(" AND ngrams(").sql(column).sql(") @@ ").text(&tsquery(term)).sql("::tsquery");
    if !is_exact(term) {
        select.sql(" AND ").sql(column).sql(" LIKE ").text(&like_pattern(term));
    }
}

/// Whether a text that has all n-grams of the term contains the term.
pub(crate) fn is_exact(term: &str) -> bool {
    term.chars().count() <= NGRAM_LENGTH
}

/// The LIKE pattern that finds the term anywhere in a text, with wildcards escaped.
pub(crate) fn like_pattern(term: &str) -> String {
    format!("%{}%", term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// A quoted lexeme. Backslashes and quotes in it are doubled.
fn lexeme(characters: &[char]) -> String {
    let word: String = characters.iter().collect();
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(like_pattern("lamp"), "%lamp%");
        assert_eq!(like_pattern("50 %_\\"), "%50 \\%\\_\\\\%");
        assert_eq!(tsquery("it's"), "'it''s':*");
        assert_eq!(tsquery("\\&|:*"), "'\\\\&|:*':*");
    }

    #[test]
    fn a_short_term_is_a_prefix_query_and_a_long_one_a_conjunction_of_ngrams() {
        assert_eq!(tsquery("a"), "'a':*");
        assert_eq!(tsquery("яблок"), "'яблок':*");
        assert_eq!(tsquery("яблоко"), "'яблоко'");
        assert_eq!(tsquery("tea cups"), "'tea cu'&'ea cup'&'a cups'");
    }

    #[test]
    fn a_term_no_longer_than_an_ngram_needs_no_recheck() {
        assert!(is_exact("teacup"));
        assert!(!is_exact("teacups"));
    }
}
