//! Parsing and formatting of money.

use super::*;
use crate::Quantity;

#[test]
fn a_price_is_read_from_any_decimal_text_of_at_most_two_places() {
    let accepted = [
        ("129.9", 12_990),
        ("129.90", 12_990),
        ("129", 12_900),
        ("0.01", 1),
        ("99999999.99", Price::MAX_MINOR),
        ("1e2", 10_000),
        ("1E+2", 10_000),
        ("1e0", 100),
        ("1e-2", 1),
        ("0.1e-1", 1),
        ("1.299e2", 12_990),
        ("0.00000001e8", 100),
        ("007.5", 750),
        ("12.500", 1_250),
        ("1.25e1", 1_250),
        ("125000e-4", 1_250),
        ("10.500", 1_050),
    ];
    for (text, minor) in accepted {
        assert_eq!(Price::parse(text).map(Price::minor), Ok(minor), "{text}");
    }
}

#[test]
fn a_price_is_refused_with_the_reason() {
    use PriceError::{NotANumber, NotPositive, TooLarge, TooPrecise};
    let refused = [
        ("100000000", TooLarge),
        ("1e8", TooLarge),
        ("1e999999999", TooLarge),
        ("1e99999999999999999999", TooLarge),
        ("100000000.00", TooLarge),
        ("12.345", TooPrecise),
        ("12.5001", TooPrecise),
        ("99999999.991", TooPrecise),
        ("1e-3", TooPrecise),
        ("1e-99999999999999999999", TooPrecise),
        ("-1", NotPositive),
        ("-0.01", NotPositive),
        ("0", NotPositive),
        ("-0", NotPositive),
        ("0.00", NotPositive),
        ("0.000", NotPositive),
        ("0e99999999999999999999", NotPositive),
        ("", NotANumber),
        ("-", NotANumber),
        ("--1", NotANumber),
        ("+5", NotANumber),
        (".5", NotANumber),
        ("5.", NotANumber),
        ("5.e2", NotANumber),
        ("1.2.3", NotANumber),
        ("1,50", NotANumber),
        ("1_000", NotANumber),
        ("0x10", NotANumber),
        ("1e", NotANumber),
        ("e2", NotANumber),
        ("1e1.5", NotANumber),
        ("1e2e3", NotANumber),
        ("NaN", NotANumber),
        ("Infinity", NotANumber),
        (" 1", NotANumber),
        ("1 ", NotANumber),
        ("1 0", NotANumber),
        ("１２", NotANumber),
        ("1e２", NotANumber),
        ("٣", NotANumber),
    ];
    for (text, reason) in refused {
        assert_eq!(Price::parse(text), Err(reason), "{text}");
    }
}

#[test]
fn a_price_with_too_many_digits_is_refused_before_it_is_parsed() {
    assert_eq!(Price::parse(&"1".repeat(1_000_000)), Err(PriceError::TooLarge));
    assert_eq!(
        Price::parse(&format!("{}1.{}", "0".repeat(60), "0".repeat(100))).map(Price::minor),
        Ok(100)
    );
}

#[test]
fn a_price_in_hundredths_has_the_same_bounds() {
    assert_eq!(Price::from_minor(0), Err(PriceError::NotPositive));
    assert_eq!(Price::from_minor(-1), Err(PriceError::NotPositive));
    assert_eq!(Price::from_minor(1).map(Price::minor), Ok(1));
    assert_eq!(Price::from_minor(Price::MAX_MINOR).map(Price::minor), Ok(Price::MAX_MINOR));
    assert_eq!(Price::from_minor(Price::MAX_MINOR + 1), Err(PriceError::TooLarge));
}

#[test]
fn money_always_shows_two_places() {
    let shown = [(0, "0.00"), (1, "0.01"), (10, "0.10"), (100, "1.00"), (12_990, "129.90")];
    for (minor, text) in shown {
        assert_eq!(Money::from_minor(minor).to_string(), text);
    }
    let most = i128::from(u64::MAX);
    assert_eq!(Money::from_minor(most).to_string(), "184467440737095516.15");
    assert_eq!(Money::from_minor(most + 1).to_string(), "184467440737095516.16");
    assert_eq!(Money::from_minor(-5).to_string(), "-0.05");
    assert_eq!(Money::from_minor(-12_990).to_string(), "-129.90");
    assert_eq!(
        Money::from_minor(i128::MIN).to_string(),
        "-1701411834604692317316873037158841057.28"
    );
}

#[test]
fn the_greatest_possible_order_has_an_exact_total() {
    let price = Price::from_minor(Price::MAX_MINOR).unwrap();
    let units = Quantity::new(i64::MAX).unwrap();
    let total: Money = std::iter::repeat_n(price.times(units), 100).sum();
    assert_eq!(total.minor(), 9_999_999_999 * 9_223_372_036_854_775_807 * 100);
}

#[test]
fn a_currency_is_three_capital_letters_with_hundredths() {
    for code in ["EUR", "USD", "INR"] {
        assert_eq!(Currency::parse(code).unwrap().to_string(), code);
    }
    for none in ["", "EU", "EURO", "eur", "E1R", "€", "ÄÖÜ"] {
        assert_eq!(Currency::parse(none), Err(CurrencyError::NotACode), "{none}");
    }
    for other in ["JPY", "KWD", "CLF"] {
        assert_eq!(Currency::parse(other), Err(CurrencyError::NotTwoPlaces), "{other}");
    }
    assert!(Currency::NOT_TWO_PLACES.is_sorted());
    for other in Currency::NOT_TWO_PLACES {
        let code = std::str::from_utf8(&other).unwrap();
        assert_eq!(Currency::parse(code), Err(CurrencyError::NotTwoPlaces), "{code}");
    }
    assert_eq!(Currency::EUR.code(), "EUR");
}
