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

    /// Reads an address; white space around it does not count.
    ///
    /// # Errors
    /// [`EmailError::Malformed`] if it is none, or its domain has no dot.
    pub fn parse(raw: &str) -> Result<Self, EmailError> {
        let address = raw.trim();
        let options =
            Options::default().with_required_tld().without_domain_literal().without_display_text();
        if address.chars().count() > Self::MAX_CHARS
            || address.chars().any(char::is_control)
            || Rfc5321::parse_with_options(address, options).is_err()
        {
            return Err(EmailError::Malformed);
        }
        Ok(Self(address.to_lowercase()))
    }

    /// The address, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`: what a person is called who gave no name.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _domain)| local)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
