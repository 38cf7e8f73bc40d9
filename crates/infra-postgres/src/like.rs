//! Looking for a part of a text.

/// The pattern of LIKE that finds this anywhere in a text. Each character stands for itself.
pub(crate) fn containing(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for letter in part.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// How many characters a piece has, as the migrations cut texts.
const PIECE: usize = 6;

/// What an index of pieces is asked for texts with that part, as a `tsquery`. Each text that has the part matches; one
/// that matches has it too if it is [`decided_by_pieces`].
pub(crate) fn pieces(part: &str) -> String {
    let letters: Vec<char> = part.chars().collect();
    let mut query = String::with_capacity(part.len() * (PIECE + 4));
    if letters.len() < PIECE {
        write_piece(&mut query, &letters);
        query.push_str(":*");
        return query;
    }
    for piece in letters.windows(PIECE) {
        if !query.is_empty() {
            query.push('&');
        }
        write_piece(&mut query, piece);
    }
    query
}

/// Whether a text that has all pieces of the part has the part.
pub(crate) fn decided_by_pieces(part: &str) -> bool {
    part.chars().count() <= PIECE
}

/// A lexeme between quotes, where two characters have a meaning of their own.
fn write_piece(query: &mut String, piece: &[char]) {
    query.push('\'');
    for &letter in piece {
        if matches!(letter, '\'' | '\\') {
            query.push(letter);
        }
        query.push(letter);
    }
    query.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_stands_for_itself() {
        assert_eq!(containing("lamp"), "%lamp%");
        assert_eq!(containing("50 %_\\"), "%50 \\%\\_\\\\%");
        assert_eq!(pieces("it's"), "'it''s':*");
        assert_eq!(pieces("\\&|:*"), "'\\\\&|:*':*");
    }

    #[test]
    fn a_short_part_is_what_a_piece_begins_with_and_a_longer_one_has_pieces() {
        assert_eq!(pieces("a"), "'a':*");
        assert_eq!(pieces("яблок"), "'яблок':*");
        assert_eq!(pieces("яблоко"), "'яблоко'");
        assert_eq!(pieces("tea cups"), "'tea cu'&'ea cup'&'a cups'");
    }

    #[test]
    fn what_is_no_longer_than_a_piece_needs_no_second_look() {
        assert!(decided_by_pieces("teacup"));
        assert!(!decided_by_pieces("teacups"));
    }
}
