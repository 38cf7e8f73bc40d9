//! Names and descriptions: what is accepted, refused and restored.

use super::*;

#[test]
fn a_name_is_kept_as_it_was_typed() {
    for name in ["A", "  Ada  ", "Ζωή", "👩‍🚀", "می‌خواهم", "a\u{a0}b", "क्‍ष"]
    {
        assert_eq!(PersonName::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn a_text_is_kept_in_the_composed_form() {
    assert_eq!(ProductName::parse("Cafe\u{301}").unwrap().as_str(), "Café");
    assert_eq!(Description::parse("Cafe\u{301}").unwrap().as_str(), "Café");
    let composed = ProductName::parse("e\u{301}".repeat(255)).unwrap();
    assert_eq!(composed.as_str(), "é".repeat(255));
    let too_long = Err(TextError::TooLong { max: 255 });
    assert_eq!(ProductName::parse("e\u{301}".repeat(256)), too_long);
    assert_eq!(ProductName::parse("e\u{301}".repeat(1_000_000)), too_long);
}

#[test]
fn a_name_with_a_character_that_changes_the_text_around_it_is_refused() {
    for forbidden in [
        '\u{1}',
        '\n',
        '\t',
        '\u{7f}',
        '\u{85}',
        '\u{202e}',
        '\u{2066}',
        '\u{200f}',
        '\u{61c}',
        '\u{2028}',
        '\u{2029}',
        '\u{fffe}',
        '\u{10ffff}',
    ] {
        let name = format!("Tea{forbidden}pot");
        let refused = TextError::Forbidden(forbidden);
        assert_eq!(PersonName::parse(name.as_str()), Err(refused), "{name:?}");
        assert_eq!(ProductName::parse(name.as_str()), Err(refused), "{name:?}");
        assert_eq!(CustomerName::parse(name.as_str()), Err(refused), "{name:?}");
        assert_eq!(ItemName::parse(name.as_str()), Err(refused), "{name:?}");
        let layout = matches!(forbidden, '\n' | '\t');
        assert_eq!(Description::parse(name.as_str()).is_ok(), layout, "{name:?}");
    }
    let message = TextError::Forbidden('\u{202e}').to_string();
    assert_eq!(message, "must not contain the character U+202E");
}

#[test]
fn a_stored_text_is_restored_even_if_it_would_be_refused_now() {
    for old in ["a\tb\nc", "\u{200b}", "Tea\u{202e}pot", "Cafe\u{301}"] {
        assert_eq!(ProductName::restore(old).unwrap().as_str(), old);
        assert_eq!(Description::restore(old).unwrap().as_str(), old);
    }
    assert_eq!(ProductName::restore(""), Err(TextError::Blank));
    assert_eq!(ProductName::restore("x".repeat(256)), Err(TextError::TooLong { max: 255 }));
}

#[test]
fn a_blank_name_is_refused() {
    for blank in
        ["", " ", "\t\n", "\u{3000}", "\u{200b}", "\u{200d} \u{ad}", "\u{3164}", "\u{2800}"]
    {
        assert_eq!(PersonName::parse(blank), Err(TextError::Blank), "{blank:?}");
    }
}

#[test]
fn a_nul_is_refused_in_every_text() {
    assert_eq!(ProductName::parse("a\0"), Err(TextError::Nul));
    assert_eq!(Description::parse("\0"), Err(TextError::Nul));
    assert_eq!(SearchTerm::parse("\0"), Err(TextError::Nul));
    assert_eq!(ItemName::parse("\0".repeat(1_000)), Err(TextError::Nul));
}

#[test]
fn lengths_are_counted_in_characters() {
    let name = "ü".repeat(100);
    assert!(PersonName::parse(name.clone()).is_ok());
    assert_eq!(PersonName::parse(name + "ü"), Err(TextError::TooLong { max: 100 }));
    assert!(ProductName::parse("é".repeat(255)).is_ok());
    assert_eq!(ProductName::parse("é".repeat(256)), Err(TextError::TooLong { max: 255 }));
    assert!(CustomerName::parse("я".repeat(200)).is_ok());
    assert_eq!(CustomerName::parse("я".repeat(201)), Err(TextError::TooLong { max: 200 }));
    assert!(ItemName::parse("茶".repeat(200)).is_ok());
    assert_eq!(ItemName::parse("茶".repeat(201)), Err(TextError::TooLong { max: 200 }));
    assert!(Description::parse("…".repeat(1_000)).is_ok());
    assert_eq!(Description::parse("…".repeat(1_001)), Err(TextError::TooLong { max: 1_000 }));
}

#[test]
fn a_description_may_be_empty() {
    assert_eq!(Description::parse("").unwrap().as_str(), "");
}

#[test]
fn the_longest_person_name_is_a_valid_customer_name() {
    let person = PersonName::parse("x".repeat(PersonName::MAX_CHARS)).unwrap();
    let customer = CustomerName::from(&person);
    assert_eq!(CustomerName::parse(person.as_str()), Ok(customer));
}
