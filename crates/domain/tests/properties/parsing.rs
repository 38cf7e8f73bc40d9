//! No input makes a parser panic, and a parser accepts the formatted form of every value that it
//! returned.

use domain::{
    Currency, CustomerName, Description, FOLDED_SEPARATOR, ItemName, PageLimit, PageNumber,
    PageRequest, PersonName, Price, ProductId, ProductName, Quantity, SearchTerm, Stock, TextError,
    Version,
    account::{
        EmailAddress, NewPassword, PasswordPolicy, RefreshToken, Role, SessionId, TokenHash,
    },
    order::{IdempotencyKey, LineRequest, LineRequests, OrderStatus},
    rate_limit::RateLimit,
    text::{nfc, search_form},
};
use icu_normalizer::{
    ComposingNormalizer, ComposingNormalizerBorrowed, DecomposingNormalizer,
    DecomposingNormalizerBorrowed,
};
use proptest::{collection::vec, prelude::*};

const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfd();
const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();

/// Any text, NUL and other control characters included.
fn any_text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..300).prop_map(String::from_iter)
}

/// A short text of letters.
fn seen_text() -> impl Strategy<Value = String> {
    "[a-zà-ž茶 '-]{0,110}"
}

/// Texts of characters that normal forms, case folding and searches treat in different ways: marks
/// of several classes, letters whose folding could depend on their neighbours, characters that are
/// not seen, spaces, quotes, conjoining letters, and some of any kind.
fn letters_and_marks() -> impl Strategy<Value = String> {
    let some: Vec<char> = "aΑeisΣσςİıßﬁ½ǅåÅᾳᾼ´¨ˆ\u{345}\u{301}\u{308}\u{323}\u{31b}\u{307}\u{34f}\u{20dd}\
        \u{94d}\u{93c}\u{93f}क\u{e33}\u{e39}กｶﾞか\u{3099}한\u{1112}\u{1161}\u{11ab}ㅎㅏㆎ\u{5bf}\u{5d1}\
        \u{651}\u{64c}ﱞﷺ\u{200b}\u{200d}\u{ad}\u{3164}\u{fe0f}\u{115f} \u{a0}\u{3000}\t\u{1f}’“–`\u{2060}\
        \u{f71}\u{f72}\u{f74}\u{1d165}\u{1d16e}\u{16b30}\u{302a}\u{1ab0}ØłÆ\u{340}\u{341}\u{343}\u{344}\u{1fbe}\u{1ffd}"
        .chars()
        .collect();
    vec(prop_oneof![4 => prop::sample::select(some), 1 => any::<char>()], 0..9)
        .prop_map(String::from_iter)
}

/// The same without the characters that are composed with their neighbours, or sorted, in a search
/// form: a part that begins or ends between them is another text.
fn independent_letters() -> impl Strategy<Value = String> {
    const DEPENDENT: &str = "\u{1112}\u{1161}\u{11ab}ㅎㅏㆎ\u{3099}ﾞ\u{94d}\u{93c}\u{e39}\u{f71}\u{f72}\u{f74}\
        \u{1d165}\u{1d16e}\u{16b30}";
    letters_and_marks().prop_map(|text| text.replace(|letter| DEPENDENT.contains(letter), ""))
}

/// Texts that are nearly valid.
fn near_miss() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+0-9eE.]{0,70}",
        "[ 0-9]{0,12}/ ?(second|minute|hour|day|week)?",
        "[a-zA-Z0-9.+\"@ ]{0,70}@[a-zA-Z0-9.-]{0,260}",
        "[0-9a-fA-F]{30,34}",
        "(?i)(pending|processing|shipped|delivered|cancelled|user|admin)[ a]?",
        "[A-Z]{2,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_makes_a_parser_panic(text in prop_oneof![any_text(), near_miss()]) {
        let _ = Price::parse(&text);
        let _ = NewPassword::parse(text.as_str(), PasswordPolicy::V1);
        let _ = NewPassword::parse(text.as_str(), PasswordPolicy::CLASSIC);
        let _: TokenHash = RefreshToken::presented(text.as_str()).hash();
        let _ = text.parse::<RateLimit>();

        // Every accepted value formats as a text that parses to the same value.
        if let Ok(currency) = Currency::parse(&text) {
            prop_assert_eq!(currency.code(), &text);
        }
        if let Ok(email) = EmailAddress::parse(&text) {
            prop_assert_eq!(EmailAddress::parse(email.as_str()), Ok(email.clone()));
            let name = email.person_name();
            prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name));
        }
        if let Ok(session) = text.parse::<SessionId>() {
            prop_assert_eq!(session.to_string(), text.to_ascii_lowercase());
        }
        if let Ok(status) = text.parse::<OrderStatus>() {
            prop_assert_eq!(status.as_str(), text.to_ascii_lowercase());
        }
        if let Ok(role) = text.parse::<Role>() {
            prop_assert_eq!(role.as_str(), text.to_ascii_lowercase());
        }
        if let Ok(key) = IdempotencyKey::parse(&text) {
            prop_assert_eq!(key.as_str(), &text);
        }
    }

    #[test]
    fn a_name_is_accepted_exactly_when_it_is_short_enough_seen_and_of_one_line(
        text in prop_oneof![any_text(), seen_text()],
    ) {
        let chars = nfc(&text).chars().count();
        let without_nul = !text.contains('\0');
        let parsed = PersonName::parse(text.as_str());
        if chars > 100 && without_nul {
            prop_assert_eq!(parsed, Err(TextError::TooLong { max: 100 }));
        } else if let Ok(name) = parsed {
            prop_assert_eq!(name.as_str(), nfc(&text));
            prop_assert!(!text.contains(char::is_control));
            prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
            prop_assert_eq!(PersonName::restore(name.as_str()), Ok(name));
        }
        let of_a_person = PersonName::parse(text.as_str()).is_ok();
        prop_assert_eq!(ItemName::parse(text.as_str()).is_ok() && chars <= 100, of_a_person);
        prop_assert_eq!(CustomerName::parse(text.as_str()).is_ok() && chars <= 100, of_a_person);
        prop_assert_eq!(ProductName::parse(text.as_str()).is_ok() && chars <= 100, of_a_person);
        prop_assert!(!of_a_person || Description::parse(text.as_str()).is_ok());
        let form = search_form(&text);
        let short = form.chars().count() <= SearchTerm::MAX_CHARS;
        let searched = SearchTerm::parse(&text);
        prop_assert_eq!(searched.is_ok(), without_nul && short);
        if let Ok(term) = searched {
            prop_assert_eq!(term.is_some(), !form.is_empty());
        }
    }

    #[test]
    fn a_search_form_is_stable_and_the_same_for_equal_texts(text in letters_and_marks()) {
        let form = search_form(&text);
        prop_assert_eq!(search_form(&form), form.clone(), "{:?}", text);
        prop_assert_eq!(search_form(&nfc(&text)), form.clone(), "{:?}", text);
        let decomposed: String = NFD.normalize(&text).into_owned();
        prop_assert_eq!(search_form(&decomposed), form.clone(), "{:?}", text);
        prop_assert!(!form.contains([FOLDED_SEPARATOR, '\0', '\n']) && form.trim() == form);
    }

    #[test]
    fn the_search_form_of_a_part_is_a_part_of_that_of_the_whole(
        before in independent_letters(),
        part in independent_letters(),
        after in independent_letters(),
    ) {
        let whole = [before.as_str(), &part, &after].concat();
        // A part that begins or ends within a composed character is another text.
        let parts = [&before, &part, &after].map(|text| NFKC.normalize(text).into_owned());
        prop_assume!(NFKC.normalize(&whole) == parts.concat());
        prop_assert!(search_form(&whole).contains(&search_form(&part)), "{:?} in {:?}", part, whole);
    }

    #[test]
    fn an_address_is_the_same_in_any_case(
        local in "[a-zA-Z0-9äÖéÑ]{1,20}",
        domain in "[a-zA-Z]{1,20}\\.[a-zA-Z]{2,8}",
    ) {
        let address = EmailAddress::parse(&format!("{local}@{domain}"));
        prop_assert!(address.is_ok());
        let upper = format!("{}@{}", local.to_uppercase(), domain.to_uppercase());
        prop_assert_eq!(EmailAddress::parse(&upper), address);
    }

    #[test]
    fn every_number_out_of_bounds_is_refused(number in any::<i64>(), limit in any::<i64>()) {
        prop_assert_eq!(Quantity::new(number).is_ok(), number >= 1);
        prop_assert_eq!(Stock::new(number).is_ok(), (0..=Stock::MAX).contains(&number));
        prop_assert_eq!(Stock::restore(number).is_ok(), number >= 0);
        prop_assert_eq!(PageLimit::new(limit).is_ok(), (1..=100).contains(&limit));
        prop_assert!((1..=100).contains(&PageLimit::clamped(limit).get()));
        prop_assert!(Version::new(number).next() >= Version::FIRST);
        prop_assert_eq!(
            Price::from_minor(number).is_ok(),
            (1..=Price::MAX_MINOR).contains(&number)
        );
        if let Ok(page) = PageNumber::new(number) {
            prop_assert!(PageRequest::number(page, PageLimit::clamped(limit)).offset() >= 0);
        }
    }

    #[test]
    fn lines_are_accepted_exactly_when_their_units_can_be_counted(
        units in vec(prop_oneof![1..1_000_i64, (i64::MAX - 1_000)..=i64::MAX], 0..110),
    ) {
        let lines: Option<Vec<_>> = units
            .iter()
            .map(|units| {
                let quantity = Quantity::new(*units).ok()?;
                Some(LineRequest { product: ProductId::new(1), quantity })
            })
            .collect();
        let sum: i128 = units.iter().copied().map(i128::from).sum();
        let countable = (1..=100).contains(&units.len()) && sum <= i128::from(i64::MAX);
        prop_assert_eq!(LineRequests::new(lines.unwrap_or_default()).is_ok(), countable);
    }
}
