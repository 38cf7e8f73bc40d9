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

/// Whether an index of pieces of three letters finds texts with that part: whether it has three in a row.
pub(crate) fn has_pieces_of_three(part: &str) -> bool {
    has_three_in_a_row(part, char::is_alphanumeric)
}

/// The same, whatever the server takes for a letter: some know those of ASCII alone.
pub(crate) fn has_plain_pieces_of_three(part: &str) -> bool {
    has_three_in_a_row(part, |letter| letter.is_ascii_alphanumeric())
}

fn has_three_in_a_row(part: &str, is_letter: impl Fn(char) -> bool) -> bool {
    part.split(|letter| !is_letter(letter)).any(|run| run.chars().count() >= 3)
}

/// The pieces of two characters that a part has, or the part itself if it is a single one: all of them are among the
/// short pieces of each text with that part.
pub(crate) fn short_pieces(part: &str) -> Vec<String> {
    let letters: Vec<char> = part.chars().collect();
    match letters.as_slice() {
        [only] => vec![only.to_string()],
        several => several.windows(2).map(String::from_iter).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_stands_for_itself() {
        assert_eq!(containing("lamp"), "%lamp%");
        assert_eq!(containing("50 %_\\"), "%50 \\%\\_\\\\%");
    }

    #[test]
    fn three_letters_in_a_row_make_a_piece() {
        for part in ["abc", "a abc", "%x12%", "яблоко"] {
            assert!(has_pieces_of_three(part), "{part}");
        }
        for part in ["ab", "a b c", "ab%cd", "%%%", "é"] {
            assert!(!has_pieces_of_three(part), "{part}");
        }
        assert!(has_plain_pieces_of_three("é lamp"));
        assert!(!has_plain_pieces_of_three("яблоко"));
    }

    #[test]
    fn short_pieces_are_of_two_characters_or_one() {
        assert_eq!(short_pieces("a"), ["a"]);
        assert_eq!(short_pieces("äb"), ["äb"]);
        assert_eq!(short_pieces("a b%"), ["a ", " b", "b%"]);
    }
}
