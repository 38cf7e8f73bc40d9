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

/// The pieces of so many characters that a part has, or the part itself if it is shorter.
pub(crate) fn pieces(part: &str, characters: usize) -> Vec<String> {
    let all: Vec<char> = part.chars().collect();
    if all.len() < characters {
        return vec![part.to_owned()];
    }
    all.windows(characters).map(String::from_iter).collect()
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
    fn pieces_are_of_one_length_or_the_part_itself() {
        assert_eq!(pieces("a", 2), ["a"]);
        assert_eq!(pieces("äb", 2), ["äb"]);
        assert_eq!(pieces("a b%", 2), ["a ", " b", "b%"]);
        assert_eq!(pieces("tea cup", 5), ["tea c", "ea cu", "a cup"]);
    }
}
