//! What the log has in place of personal data.

use std::fmt;

/// A keyed hash that stands for an email address or for a client's network in the log: lines about
/// the same one can be counted, and none names it. It cannot be computed without the shop's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pseudonym([u8; 32]);

impl Pseudonym {
    /// The bytes of the hash that are written. Two of a million addresses share them by chance once
    /// in 37 million shops.
    const WRITTEN: usize = 8;

    /// Wraps a hash, which must be keyed: the addresses of a shop can be guessed from plain ones,
    /// and there are few enough IPv4 addresses to try them all.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Pseudonym {
    /// Writes 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(Self::WRITTEN).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_written_in_16_digits() {
        let mut hash = [0xff; 32];
        hash[0] = 0x0a;
        assert_eq!(Pseudonym::from_bytes(hash).to_string(), "0affffffffffffff");
    }
}
