//! The messages on the channel of invalidations.

use std::fmt::Write;

use domain::ProductId;

/// What a cache is told to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Invalidation {
    /// These products, and every page.
    Products(Vec<ProductId>),
    /// Everything.
    All,
}

/// The message for some products: their numbers with a comma between.
pub(crate) fn encode(products: &[ProductId]) -> String {
    let mut text = String::new();
    for (place, id) in products.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{comma}{id}");
    }
    text
}

/// What a message means. One that is not understood, by a later version perhaps, is taken for everything.
pub(crate) fn decode(text: &[u8]) -> Invalidation {
    if text.is_empty() {
        return Invalidation::Products(Vec::new());
    }
    let ids = std::str::from_utf8(text).ok().and_then(|text| {
        text.split(',').map(|id| id.parse().ok().map(ProductId::new)).collect::<Option<Vec<_>>>()
    });
    ids.map_or(Invalidation::All, Invalidation::Products)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_the_same() {
        for ids in [&[][..], &[7], &[1, 2, 3], &[i64::MIN, 0, i64::MAX]] {
            let products: Vec<_> = ids.iter().copied().map(ProductId::new).collect();
            assert_eq!(decode(encode(&products).as_bytes()), Invalidation::Products(products));
        }
    }

    #[test]
    fn what_is_not_understood_means_everything() {
        for text in ["all", "1,", ",", "1 2", "1,x", "9223372036854775808", "v2:1"] {
            assert_eq!(decode(text.as_bytes()), Invalidation::All, "{text}");
        }
        assert_eq!(decode(&[0xff]), Invalidation::All);
    }
}
