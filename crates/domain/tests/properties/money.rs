//! Parsing and formatting of money, compared with an independent computation on the digits alone.

use domain::{Money, Price, PriceError, Quantity};
use proptest::prelude::*;

/// The text of a decimal number, in parts.
#[derive(Debug, Clone)]
struct DecimalText {
    negative: bool,
    whole: String,
    fraction: Option<String>,
    exponent: Option<i32>,
}

impl DecimalText {
    fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let fraction = self.fraction.as_ref().map(|digits| format!(".{digits}"));
        let exponent = self.exponent.map(|exponent| format!("e{exponent}"));
        let (fraction, exponent) = (fraction.unwrap_or_default(), exponent.unwrap_or_default());
        format!("{sign}{}{fraction}{exponent}", self.whole)
    }

    /// The price in hundredths, computed by moving the decimal point in the text.
    fn price(&self) -> Result<i64, PriceError> {
        let fraction = self.fraction.clone().unwrap_or_default();
        let mut digits = format!("{}{fraction}", self.whole);
        if self.negative || digits.chars().all(|digit| digit == '0') {
            return Err(PriceError::NotPositive);
        }
        let mut places = fraction.len();
        for _ in 0..self.exponent.unwrap_or(0) {
            // Moves the point right, past a decimal place or, when there are none, past an appended
            // zero.
            if places > 0 {
                places -= 1;
            } else {
                digits.push('0');
            }
        }
        for _ in self.exponent.unwrap_or(0)..0 {
            places += 1;
        }
        // Zeros at the end are no places.
        while places > 2 && digits.ends_with('0') {
            digits.pop();
            places -= 1;
        }
        if places > 2 {
            return Err(PriceError::TooPrecise);
        }
        digits.extend(std::iter::repeat_n('0', 2 - places));
        match digits.trim_start_matches('0') {
            digits if digits.len() > 10 => Err(PriceError::TooLarge),
            digits => digits.parse().map_err(|_no_number| PriceError::NotANumber),
        }
    }
}

prop_compose! {
    fn decimal()(
        negative in prop::bool::weighted(0.1),
        whole in "[0-9]{1,11}",
        fraction in prop::option::of("[0-9]{1,4}"),
        exponent in prop::option::of(-12..12_i32),
    ) -> DecimalText {
        DecimalText { negative, whole, fraction, exponent }
    }
}

fn price() -> impl Strategy<Value = Price> {
    (1..=Price::MAX_MINOR).prop_filter_map("a price", |minor| Price::from_minor(minor).ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_decimal_number_is_read_exactly(number in decimal()) {
        let text = number.text();
        prop_assert_eq!(Price::parse(&text).map(Price::minor), number.price(), "{}", text);
    }

    #[test]
    fn a_price_reads_back_from_its_text(price in price()) {
        prop_assert_eq!(Price::parse(&price.to_string()), Ok(price));
    }

    #[test]
    fn a_price_in_another_notation_is_the_same_price(price in price()) {
        let hundredths = format!("{}e-2", price.minor());
        prop_assert_eq!(Price::parse(&hundredths), Ok(price));
        let padded = format!("000{price}");
        prop_assert_eq!(Price::parse(&padded), Ok(price));
    }

    #[test]
    fn money_shows_its_digits_with_a_point_before_the_last_two(minor in any::<i128>()) {
        let digits = format!("{:03}", minor.unsigned_abs());
        let (whole, hundredths) = digits.split_at(digits.len() - 2);
        let sign = if minor < 0 { "-" } else { "" };
        prop_assert_eq!(
            Money::from_minor(minor).to_string(),
            format!("{sign}{whole}.{hundredths}")
        );
    }

    #[test]
    fn the_price_of_a_quantity_is_the_sum_of_the_prices_of_its_units(price in price(), units in 1..200_i64) {
        let one_by_one: Money =
            (0..units).map(|_| price.times(Quantity::ONE)).sum();
        let quantity = Quantity::new(units).unwrap_or(Quantity::ONE);
        prop_assert_eq!(price.times(quantity), one_by_one);
    }
}
