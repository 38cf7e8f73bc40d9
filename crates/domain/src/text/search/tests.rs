//! What has the same form, and what has not.

use super::*;

/// Asserts that each text has this form.
fn assert_form(form: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(search_form(text), form, "{text:?}");
    }
}

#[test]
fn texts_compare_without_case_in_full() {
    assert_form("apfel", &["ÄPFEL", "äpfel", "A\u{308}PFEL", "apfel"]);
    assert_form("strasse", &["Straße", "STRASSE", "STRAẞE", "strasse"]);
    assert_form("istanbul", &["İstanbul", "ISTANBUL", "ıstanbul", "I\u{307}stanbul", "istanbul"]);
    assert_form("теа", &["ТЕА", "теа"]);
    assert_form("οδοσ", &["ΟΔΟΣ", "οδος", "οδοσ", "Ὁδός"]);
    assert_form("k", &["K", "\u{212a}"]);
}

#[test]
fn accents_are_ignored_in_either_normal_form() {
    assert_form("cafe", &["Café", "Cafe\u{301}", "CAFÉ", "cafe"]);
    assert_form("pho bo tai", &["Phở bò tái", "Pho\u{31b}\u{309} bo\u{300} ta\u{301}i"]);
    assert_form("елка чаиник", &["Ёлка чайник", "ЕЛКА ЧАИНИК", "Е\u{308}лка чаи\u{306}ник"]);
    assert_form("smorrebrod", &["Smørrebrød", "SMØRREBRØD", "smorrebrod"]);
    assert_form("lodz", &["Łódź", "lodz"]);
    assert_form("oeuvre aether", &["Œuvre Æther"]);
    assert_form("שלום", &["שָׁלוֹם", "שלום"]);
    assert_form("محمد", &["مُحَمَّد", "محمد"]);
}

#[test]
fn marks_that_are_letters_or_change_them_stay() {
    for (one, other) in [
        ("हिन्दी", "हन्द"),
        ("คำ", "คา"),
        ("ガス", "カス"),
        ("が", "か"),
        ("တီ", "တ"),
        ("క్ష", "కష"),
        ("한국", "하국"),
    ] {
        assert_ne!(search_form(one), search_form(other), "{one} {other}");
        assert!(search_form(one).contains(&search_form(one)));
    }
    assert_form("हिन्दी", &["हिन्दी"]);
    assert_form("한국", &["한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"]);
    assert_form("ガス", &["ガス", "ｶﾞｽ", "カ\u{3099}ス"]);
}

#[test]
fn compatible_characters_are_the_same() {
    assert_form("fish", &["ﬁsh", "ＦＩＳＨ", "𝓕𝓲𝓼𝓱"]);
    assert_form("1/2 m2", &["½ m²", "1⁄2 m2"]);
    assert_form("ss", &["ß", "ſs", "ẞ"]);
    assert_form("1.", &["⒈"]);
}

#[test]
fn what_is_not_seen_is_removed() {
    assert_form("teapot", &["tea\u{ad}pot", "tea\u{200b}pot", "\u{feff}teapot", "tea\u{2060}pot"]);
    assert_form("👩🚀", &["👩‍🚀", "👩🚀"]);
    assert_form("❤", &["❤\u{fe0f}", "❤"]);
    assert_form("می خواهم", &["می خواهم"]);
    assert_form("", &["", "\u{200b}\u{200d}", "\u{301}", " \u{3164} "]);
}

#[test]
fn any_white_space_is_one_space_and_none_is_at_the_ends() {
    assert_form(
        "green tea",
        &[
            " Green  Tea ",
            "green\u{a0}tea",
            "green\u{3000}tea",
            "green\t\r\ntea",
            "green\u{2028}tea",
        ],
    );
    assert_form("a b", &["a\u{1f}b", "a\u{1}b", "a \u{301} b", "a\u{85}b"]);
}

#[test]
fn typographic_quotes_and_dashes_are_plain_ones() {
    assert_form("it's", &["it’s", "it‘s", "it´s", "it`s", "itʼs", "it＇s", "it's"]);
    assert_form("\"x\"", &["“x”", "„x“", "«x»", "″x‟", "＂x＂"]);
    assert_form("a-b", &["a–b", "a—b", "a‑b", "a‐b", "a−b", "a－b", "a-b"]);
}

#[test]
fn a_part_that_ends_in_a_sigma_is_found_within_a_word() {
    assert!(search_form("ΟΔΟΣΑ").contains(&search_form("ΟΔΟΣ")));
}

#[test]
fn the_form_of_each_character_is_stable_and_has_no_separator() {
    for character in '\0'..=char::MAX {
        // Most of these planes are one block each of characters of one kind, or are unassigned.
        if matches!(u32::from(character), 0x2_0100..0x2_f800 | 0x2_fa20..0xe_0000 | 0xe_0200..) {
            continue;
        }
        let form = search_form(character.encode_utf8(&mut [0; 4]));
        assert_eq!(search_form(&form), form, "{character:?}");
        assert!(!form.contains(FOLDED_SEPARATOR), "{character:?}");
    }
}

#[test]
fn a_form_ends_within_its_bound() {
    let longest = search_form(&"\u{fdfa}".repeat(255));
    assert!(longest.len() <= MAX_SEARCH_FORM_BYTES && longest.len() > MAX_SEARCH_FORM_BYTES - 8);
    assert_eq!(search_form(&longest), longest);
    let spaced = search_form(&"ab ".repeat(1_000));
    assert_eq!(search_form(&spaced), spaced);
    assert!(!spaced.ends_with(' '));
    // No name without ligatures reaches it.
    let dense = "\u{1f600}".repeat(255);
    assert_eq!(search_form(&dense), dense);
    const { assert!(101 * MAX_SEARCH_FORM_BYTES + 100 <= 131_072) };
}

#[test]
fn a_search_term_is_trimmed_and_a_blank_one_is_none() {
    let term = SearchTerm::parse("  Tea_100% ").unwrap().unwrap();
    assert_eq!(term.folded(), "tea_100%");
    for blank in ["", " \t ", "\u{200b}", "\u{3000}"] {
        assert_eq!(SearchTerm::parse(blank), Ok(None), "{blank:?}");
    }
}

#[test]
fn a_search_term_has_at_most_255_characters_after_normalising() {
    let too_long = Err(TextError::TooLong { max: 255 });
    for unit in ["x", "é", "e\u{301}", "茶", "👩", "\u{1112}\u{1161}\u{11ab}"] {
        let longest = unit.repeat(255);
        let term = SearchTerm::parse(&longest).unwrap().unwrap();
        assert_eq!(term.folded().chars().count(), 255, "{unit}");
        assert_eq!(SearchTerm::parse(&(longest + unit)), too_long, "{unit}");
    }
    assert_eq!(SearchTerm::parse(&"ﬃ".repeat(86)), too_long);
    assert!(SearchTerm::parse(&format!("a{}b", " ".repeat(1_000))).is_ok());
    assert_eq!(SearchTerm::parse(&"x".repeat(1_000_000)), too_long);
    assert_eq!(SearchTerm::parse(&" ".repeat(1_000_000)), too_long);
}
