//! Idempotency keys: a client that does not know whether its order was placed sends it again with
//! the same key, and gets the same order (draft-ietf-httpapi-idempotency-key-header).

use std::fmt;

use sha2::{Digest, Sha256};

use super::RequestedContent;
use crate::CustomerName;

/// Why a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyKeyError {
    /// The key is empty or too long.
    #[error("must have from 1 to {max} characters", max = IdempotencyKey::MAX_CHARS)]
    Length,
    /// The key contains a character that is not printable ASCII.
    #[error("must consist of printable ASCII characters")]
    NotPrintable,
}

/// A key that a client chose for one order. Keys are unique per account: two accounts may use the
/// same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 255;

    /// Checks a key and keeps it unchanged.
    ///
    /// # Errors
    /// [`IdempotencyKeyError`] if it is empty, too long, or not printable ASCII.
    pub fn parse(raw: &str) -> Result<Self, IdempotencyKeyError> {
        if raw.is_empty() || raw.len() > Self::MAX_CHARS {
            return Err(IdempotencyKeyError::Length);
        }
        if !raw.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(IdempotencyKeyError::NotPrintable);
        }
        Ok(Self(raw.to_owned()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Identifies the request that a key was used for: a SHA-256 over what the order asks for. White
/// space, the order of members and unknown members of the JSON make no difference.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of what an order asks for. For an order of products the customer's name is
    /// left out: it is the account's name and not part of the request.
    pub fn of(customer: &CustomerName, content: &RequestedContent) -> Self {
        let mut hash = Sha256::new();
        match content {
            RequestedContent::Products(lines) => {
                hash.update(b"products");
                for line in lines.as_slice() {
                    hash.update(line.product.get().to_be_bytes());
                    hash.update(line.quantity.get().to_be_bytes());
                }
            }
            RequestedContent::FreeForm(item) => {
                hash.update(b"free-form");
                for text in [customer.as_str(), item.name.as_str()] {
                    hash.update(text.as_bytes());
                    // Names cannot contain a NUL, so it separates the two unambiguously.
                    hash.update([0]);
                }
                hash.update(item.quantity.get().to_be_bytes());
            }
        }
        Self(hash.finalize().into())
    }

    /// Wraps a stored fingerprint.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The fingerprint, for a store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint(")?;
        for byte in self.0.iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        ItemName, ProductId, Quantity,
        order::{FreeFormItem, LineRequest, LineRequests},
    };

    fn products(lines: &[(i64, i64)]) -> RequestedContent {
        let line = |(product, units): &(i64, i64)| LineRequest {
            product: ProductId::new(*product),
            quantity: Quantity::new(*units).unwrap(),
        };
        RequestedContent::Products(LineRequests::new(lines.iter().map(line).collect()).unwrap())
    }

    fn free_form(item: &str, units: i64) -> RequestedContent {
        RequestedContent::FreeForm(FreeFormItem {
            name: ItemName::parse(item).unwrap(),
            quantity: Quantity::new(units).unwrap(),
        })
    }

    fn fingerprint(customer: &str, content: &RequestedContent) -> Fingerprint {
        Fingerprint::of(&CustomerName::parse(customer).unwrap(), content)
    }

    #[test]
    fn the_same_request_has_the_same_fingerprint() {
        assert_eq!(
            fingerprint("Ada", &free_form("cake", 2)),
            fingerprint("Ada", &free_form("cake", 2))
        );
        assert_eq!(
            fingerprint("Ada", &products(&[(1, 2)])),
            fingerprint("Ada", &products(&[(1, 2)]))
        );
    }

    #[test]
    fn renaming_an_account_does_not_change_the_fingerprint_of_an_order_for_products() {
        assert_eq!(
            fingerprint("Ada", &products(&[(1, 2)])),
            fingerprint("Countess", &products(&[(1, 2)]))
        );
    }

    #[test]
    fn different_requests_have_different_fingerprints() {
        let requests = [
            ("Ada", products(&[(1, 2)])),
            ("Ada", products(&[(2, 1)])),
            ("Ada", products(&[(1, 3)])),
            ("Ada", products(&[(1, 1), (1, 1)])),
            ("Ada", products(&[(1, 2), (3, 4)])),
            ("Ada", products(&[(3, 4), (1, 2)])),
            ("Ada", free_form("cake", 2)),
            ("Ada", free_form("cake", 3)),
            ("Ada", free_form("tart", 2)),
            ("Bob", free_form("cake", 2)),
            // The same characters, divided differently between the two texts, have another
            // fingerprint.
            ("Adac", free_form("ake", 2)),
        ];
        let fingerprints: HashSet<_> =
            requests.iter().map(|(customer, content)| fingerprint(customer, content)).collect();
        assert_eq!(fingerprints.len(), requests.len());
    }

    #[test]
    fn a_stored_fingerprint_reads_back_equal() {
        let original = fingerprint("Ada", &free_form("cake", 2));
        assert_eq!(Fingerprint::from_bytes(*original.as_bytes()), original);
    }

    #[test]
    fn a_fingerprint_stays_the_same_from_release_to_release() {
        // Keys outlive a deployment: a release with other fingerprints would refuse legitimate
        // retries.
        let shown = format!("{:?}", fingerprint("Ada", &products(&[(1, 2)])));
        assert_eq!(shown, "Fingerprint(ad3d4062…)");
        let shown = format!("{:?}", fingerprint("Ada", &free_form("cake", 2)));
        assert_eq!(shown, "Fingerprint(883314f0…)");
    }

    #[test]
    fn a_key_is_1_to_255_printable_ascii_characters() {
        for key in ["a", "~", " ", "8e03978e-40d5-43e8-bc93-6894a57f9324", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(key).unwrap().as_str(), key);
        }
        assert_eq!(IdempotencyKey::parse(""), Err(IdempotencyKeyError::Length));
        assert_eq!(IdempotencyKey::parse(&"k".repeat(256)), Err(IdempotencyKeyError::Length));
        for key in ["ü", "a\nb", "\0", "\u{7f}", "tab\t"] {
            assert_eq!(
                IdempotencyKey::parse(key),
                Err(IdempotencyKeyError::NotPrintable),
                "{key:?}"
            );
        }
    }
}
