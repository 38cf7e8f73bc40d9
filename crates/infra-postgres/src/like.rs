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

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn every_character_stands_for_itself() {
        assert_eq!(containing("lamp"), "%lamp%");
        assert_eq!(containing("50 %_\\"), "%50 \\%\\_\\\\%");
    }
}
