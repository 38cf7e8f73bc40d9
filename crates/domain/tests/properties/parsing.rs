//! No input makes a parser panic, and a parser accepts the formatted form of every value that it
//! returned.

use domain::{
    Currency, CustomerName, Description, ItemName, PageLimit, PageNumber, PageRequest, PersonName,
    Price, ProductId, ProductName, Quantity, SearchTerm, Stock, Version,
    account::{
        EmailAddress, NewPassword, PasswordPolicy, RefreshToken, Role, SessionId, TokenHash,
    },
    fold_case,
    order::{IdempotencyKey, LineRequest, LineRequests, OrderStatus},
    rate_limit::RateLimit,
};
use proptest::{collection::vec, prelude::*};

/// Any text, NUL and other control characters included.
fn any_text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..300).prop_map(String::from_iter)
}

/// Any text, or Greek letters whose case folding could depend on their neighbours.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![any_text(), "[ΟΔΣσς .]{0,6}"]
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
            let name = PersonName::from_address(&email);
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
    fn a_name_is_accepted_exactly_when_it_is_short_enough_and_not_blank(text in any_text()) {
        let chars = text.chars().count();
        let without_nul = !text.contains('\0');
        let blank = text.trim().is_empty();
        let fits = |max: usize| without_nul && !blank && chars <= max;
        prop_assert_eq!(PersonName::parse(text.as_str()).is_ok(), fits(100));
        prop_assert_eq!(ProductName::parse(text.as_str()).is_ok(), fits(255));
        prop_assert_eq!(CustomerName::parse(text.as_str()).is_ok(), fits(200));
        prop_assert_eq!(ItemName::parse(text.as_str()).is_ok(), fits(200));
        prop_assert_eq!(Description::parse(text.as_str()).is_ok(), without_nul && chars <= 1_000);
        let searched = SearchTerm::parse(&text);
        prop_assert_eq!(searched.is_ok(), without_nul);
        prop_assert_eq!(searched.is_ok_and(|term| term.is_some()), without_nul && !blank);
    }

    #[test]
    fn a_case_folded_part_is_a_part_of_the_case_folded_whole(
        before in word(),
        part in word(),
        after in word(),
    ) {
        let whole = fold_case(&[before, part.clone(), after].concat());
        prop_assert!(whole.contains(&fold_case(&part)));
        prop_assert_eq!(fold_case(&fold_case(&part)), fold_case(&part));
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
