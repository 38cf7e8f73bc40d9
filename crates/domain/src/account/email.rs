//! Email addresses.

use std::fmt;

use email_address::{EmailAddress as Rfc5321, Options};

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Not of the form `name@example.com` (RFC 5321 and RFC 6531).
    #[error("must be an email address, such as name@example.com")]
    Malformed,
}

/// An email address in lower case, because addresses compare without case here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The most characters an address may have (RFC 5321, section 4.5.3.1.3, less the brackets).
    pub const MAX_CHARS: usize = 254;

    /// Parses an address; white space around it is ignored.
    ///
    /// # Errors
    /// [`EmailError::Malformed`] if it is not an address, or its domain has no dot.
    pub fn parse(raw: &str) -> Result<Self, EmailError> {
        // The lower-case form is checked, as it is the one that is stored: it can be longer, or no
        // longer an address, and a store that reads it back parses it again.
        let address = raw.trim().to_lowercase();
        let options =
            Options::default().with_required_tld().without_domain_literal().without_display_text();
        if address.chars().count() > Self::MAX_CHARS
            || address.chars().any(char::is_control)
            || Rfc5321::parse_with_options(&address, options).is_err()
        {
            return Err(EmailError::Malformed);
        }
        Ok(Self(address))
    }

    /// The address, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`: the name of a person who gave none.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _domain)| local)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_without_case_and_surrounding_space() {
        let address = EmailAddress::parse(" Ada.Lovelace+shop@Example.COM\n").unwrap();
        assert_eq!(address.as_str(), "ada.lovelace+shop@example.com");
        assert_eq!(EmailAddress::parse("ada.lovelace+shop@example.com"), Ok(address));
    }

    #[test]
    fn common_forms_of_addresses_are_accepted() {
        let accepted = [
            "a@b.co",
            "o'neil@example.ie",
            "first_last@sub.example.co.uk",
            "user@xn--bcher-kva.example",
            "jürgen@bücher.example",
            "1@2.example",
        ];
        for raw in accepted {
            assert!(EmailAddress::parse(raw).is_ok(), "{raw}");
        }
    }

    #[test]
    fn malformed_addresses_are_refused() {
        let refused = [
            "",
            " ",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "ada@@example.com",
            "ada@example..com",
            ".ada@example.com",
            "ada.@example.com",
            "ada lovelace@example.com",
            "Ada <ada@example.com>",
            "ada@[127.0.0.1]",
            "ada@exam\0ple.com",
            "a\0da@example.com",
            "ada\r\nbcc:eve@example.com",
        ];
        for raw in refused {
            assert_eq!(EmailAddress::parse(raw), Err(EmailError::Malformed), "{raw:?}");
        }
    }

    #[test]
    fn an_address_with_a_part_that_is_too_long_is_refused() {
        let local = "a".repeat(64);
        assert!(EmailAddress::parse(&format!("{local}@example.com")).is_ok());
        assert!(EmailAddress::parse(&format!("a{local}@example.com")).is_err());
        let label = "b".repeat(60);
        let domain = format!("{label}.{label}.{label}.com");
        assert!(EmailAddress::parse(&format!("{local}@{domain}")).is_ok());
        assert!(EmailAddress::parse(&format!("{local}@bbbb.{domain}")).is_err());
    }

    #[test]
    fn an_address_that_lower_case_makes_invalid_is_refused() {
        // Two bytes become three.
        let address = |letters: usize| format!("{}@example.com", "Ⱥ".repeat(letters));
        let longest = EmailAddress::parse(&address(21)).unwrap();
        assert_eq!(EmailAddress::parse(longest.as_str()), Ok(longest));
        assert_eq!(EmailAddress::parse(&address(22)), Err(EmailError::Malformed));
        // Lower-casing turns this letter into two characters, the second of which (U+0307) is
        // invalid in an address.
        assert_eq!(EmailAddress::parse("İ@example.com"), Err(EmailError::Malformed));
        assert_eq!(EmailAddress::parse("ada@example.İ"), Err(EmailError::Malformed));
    }

    #[test]
    fn the_local_part_ends_at_the_last_at_sign() {
        assert_eq!(EmailAddress::parse("ada@example.com").unwrap().local_part(), "ada");
        let quoted = EmailAddress::parse("\"a@b\"@example.com").unwrap();
        assert_eq!(quoted.local_part(), "\"a@b\"");
    }
}
