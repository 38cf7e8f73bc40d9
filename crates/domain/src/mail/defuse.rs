//! Texts that people typed, made safe to mail: mail programs find no link in them.
//!
//! Mail programs make a link of any text that looks like one. So in the names and items that
//! customers type:
//!
//! - `://` becomes `[:]//`: `https://example.com` becomes `https[:]//example[.]com`;
//! - a dot between a letter or digit and a label that could be a top-level domain (a letter, then
//!   at least one more letter or digit) becomes `[.]`, and so does the dot after `www`. This
//!   includes addresses (`ada@example[.]com`), and the dots that browsers take for dots: `。`, `．`,
//!   `｡`.
//!
//! So `1.5 l`, `No. 5`, `e.g.` and `Tea, 3.90 each.` stay as they are. `St.John` does not: it looks
//! like a domain, and is still easy to read as `St[.]John`.

/// The text without what mail programs take for a link.
pub(super) fn defuse_links(text: &str) -> String {
    let mut defused = String::with_capacity(text.len());
    let mut label = String::new();
    for (at, character) in text.char_indices() {
        let rest = text.get(at + character.len_utf8()..).unwrap_or_default();
        let is_link = match character {
            '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => {
                !label.is_empty() && (label == "www" || starts_with_domain_label(rest))
            }
            ':' => rest.starts_with("//"),
            _ => false,
        };
        if is_link {
            defused.push('[');
            defused.push(character);
            defused.push(']');
        } else {
            defused.push(character);
        }
        if character.is_alphanumeric() {
            label.extend(character.to_lowercase());
        } else {
            label.clear();
        }
    }
    defused
}

/// Whether the text starts with a letter and then another letter, digit or hyphen, as top-level
/// domains do.
fn starts_with_domain_label(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(char::is_alphabetic)
        && characters.next().is_some_and(|second| second.is_alphanumeric() || second == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_looks_like_a_link_is_defused() {
        for (typed, mailed) in [
            ("Win at http://evil.example/x", "Win at http[:]//evil[.]example/x"),
            ("HTTPS://EVIL.EXAMPLE", "HTTPS[:]//EVIL[.]EXAMPLE"),
            ("www.evil.example", "www[.]evil[.]example"),
            ("WWW.1a.de", "WWW[.]1a[.]de"),
            ("t.co/abc", "t[.]co/abc"),
            ("mail ada@evil.example now", "mail ada@evil[.]example now"),
            ("(evil.example)", "(evil[.]example)"),
            ("1.evil.example.", "1[.]evil[.]example."),
            ("evil。example", "evil[。]example"),
            ("пример.рф", "пример[.]рф"),
            ("evil.xn--p1ai", "evil[.]xn--p1ai"),
            ("ftp://127.0.0.1", "ftp[:]//127.0.0.1"),
        ] {
            assert_eq!(defuse_links(typed), mailed);
            assert_eq!(defuse_links(mailed), mailed, "nothing is left to be defused");
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "Ada Lovelace",
            "1.5 l of milk",
            "No. 5, e.g. for tea, 3.90 each.",
            "J. R. Smith jr.",
            "and/or: 12:30",
            "...",
            ".net",
            "",
            "👩\u{200d}🚀",
        ] {
            assert_eq!(defuse_links(text), text);
        }
    }
}
