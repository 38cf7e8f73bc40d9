//! Email addresses.

use std::{borrow::Cow, fmt};

use email_address::EmailAddress as Rfc5321;
use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

use crate::text::{PersonName, into_nfc, is_ignorable, nfc};

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Not of the form `name@example.com` (RFC 5321 and RFC 6531), or no mail can be sent to it.
    #[error("must be an email address, such as name@example.com")]
    Malformed,
}

/// An email address that mail can be sent to, in one form for all its spellings.
///
/// Addresses compare without case here. The part before the `@` is in Unicode's normal form C and
/// in lower case. The domain is as people read it (`bücher.example`, UTS 46), also if it was
/// written in Punycode (`xn--bcher-kva.example`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The most bytes an address may have, with its domain in ASCII (RFC 5321, section 4.5.3.1.3,
    /// less the brackets).
    pub const MAX_BYTES: usize = 254;
    /// A longer text is refused before any of it is converted. Spaces around an address, and
    /// accents that are separate characters, may make it longer than [`Self::MAX_BYTES`].
    const MAX_RAW_BYTES: usize = 1_024;

    /// Parses an address; white space around it is ignored.
    ///
    /// Refused are also what some mail servers could deliver, but few programs write: a quoted part
    /// before the `@`, an IP address, a domain without a dot.
    ///
    /// # Errors
    /// [`EmailError::Malformed`] if it is not an address that mail can be sent to.
    ///
    /// ```
    /// use domain::account::EmailAddress;
    ///
    /// let address = EmailAddress::parse("Ju\u{308}rgen@xn--Bcher-kva.example")?;
    /// assert_eq!(address.as_str(), "jürgen@bücher.example");
    /// # Ok::<(), domain::account::EmailError>(())
    /// ```
    pub fn parse(raw: &str) -> Result<Self, EmailError> {
        if raw.len() > Self::MAX_RAW_BYTES {
            return Err(EmailError::Malformed);
        }
        let (local, domain) = raw.trim().rsplit_once('@').ok_or(EmailError::Malformed)?;
        let local = local_part(local).ok_or(EmailError::Malformed)?;
        let ascii = ascii_domain(domain).ok_or(EmailError::Malformed)?;
        if local.len() + 1 + ascii.len() > Self::MAX_BYTES {
            return Err(EmailError::Malformed);
        }
        let (domain, valid) = Uts46::new().to_unicode(ascii.as_bytes(), DENIED, HYPHENS);
        valid.map_err(|_invalid| EmailError::Malformed)?;
        Ok(Self(format!("{local}@{domain}")))
    }

    /// An address that a store kept, unchanged. It may be older than some rules of [`Self::parse`];
    /// then there may be no way to send a mail to it.
    ///
    /// # Errors
    /// [`EmailError::Malformed`] if it has not even an `@` in it, or has control characters.
    pub fn restore(stored: impl Into<String>) -> Result<Self, EmailError> {
        let stored = stored.into();
        let parts = stored.rsplit_once('@');
        let whole = parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if whole && !stored.chars().any(char::is_control) {
            Ok(Self(stored))
        } else {
            Err(EmailError::Malformed)
        }
    }

    /// The address of a login, as the client sent it: parsed, or if it is one that no account could
    /// be made with now, as older accounts had it, in lower case. `None` if no account has it.
    pub fn of_login(raw: &str) -> Option<Self> {
        Self::parse(raw).ok().or_else(|| {
            let short = raw.len() <= Self::MAX_RAW_BYTES;
            short.then(|| Self::restore(raw.trim().to_lowercase()).ok()).flatten()
        })
    }

    /// The address, in its one form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _domain)| local)
    }

    /// The name of a person who gave only this address: the part before the `@`.
    pub fn person_name(&self) -> PersonName {
        PersonName::truncated(self.local_part())
    }

    /// The part after the `@`, as people read it.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_local, domain)| domain)
    }

    /// The domain as mail servers read it: labels with other letters than those of ASCII in
    /// Punycode. `None` only for an address of [`Self::restore`] that no mail can be sent to.
    pub fn ascii_domain(&self) -> Option<String> {
        ascii_domain(self.domain()).map(Cow::into_owned)
    }
}

/// Letters, digits, hyphens and dots only (RFC 1123), and no hyphen at the ends of a label.
const DENIED: AsciiDenyList = AsciiDenyList::STD3;
const HYPHENS: Hyphens = Hyphens::CheckFirstLast;

/// The one form of the part before the `@`, if it is valid.
fn local_part(raw: &str) -> Option<String> {
    // Lower case may decompose what was composed.
    let local = into_nfc(nfc(raw).to_lowercase());
    let valid = Rfc5321::is_valid_local_part(&local)
        && !local.contains('"')
        && !local.chars().any(is_ignorable);
    // The form is one only if it is its own form.
    (valid && into_nfc(local.to_lowercase()) == local).then_some(local)
}

/// The domain in ASCII and lower case, if it is one that mail can be sent to.
fn ascii_domain(raw: &str) -> Option<Cow<'_, str>> {
    let domain = raw.as_bytes();
    let ascii = Uts46::new().to_ascii(domain, DENIED, HYPHENS, DnsLength::Verify).ok()?;
    let (_labels, last) = ascii.rsplit_once('.')?;
    (!is_numeric(last) && Rfc5321::is_valid_domain(&ascii)).then_some(ascii)
}

/// Whether the last label of a domain is a number, so that programs take the domain for an IPv4
/// address (WHATWG URL, "ends in a number").
fn is_numeric(label: &str) -> bool {
    let hexadecimal = label
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    hexadecimal || label.bytes().all(|digit| digit.is_ascii_digit())
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
