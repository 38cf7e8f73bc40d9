//! A mail as a MIME message with its envelope (RFC 5322, RFC 2045).

use domain::mail::Mail;
use lettre::{
    Message,
    address::Envelope,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};

use crate::{error::SendError, settings::address_with_ascii_domain};

const CRLF: &[u8] = b"\r\n";

/// The header `Auto-Submitted: auto-generated`, which suppresses automatic replies (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_raw: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// A mail, ready to be submitted.
pub(crate) struct MimeMessage {
    pub(crate) envelope: Envelope,
    /// Whether a local part in the envelope is not ASCII, which needs SMTPUTF8 (RFC 6531).
    pub(crate) needs_smtputf8: bool,
    pub(crate) bytes: Vec<u8>,
}

impl MimeMessage {
    /// Formats a mail. The same mail has the same `Message-ID` each time, so that receivers can
    /// detect duplicates.
    pub(crate) fn new(mail: &Mail, from: &Mailbox) -> Result<Self, SendError> {
        let (user, domain) = mail.to.as_str().rsplit_once('@').ok_or(SendError::InvalidAddress)?;
        let address = address_with_ascii_domain(user, domain).ok_or(SendError::InvalidAddress)?;
        let to = Mailbox::new(mail.name.as_ref().map(|name| one_line(name.as_str())), address);
        let message = Message::builder()
            .from(from.clone())
            .to(to)
            .subject(one_line(&mail.subject))
            .message_id(Some(format!("<oms-{}@{}>", mail.event, from.email.domain())))
            .date_now()
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|_incomplete| SendError::InvalidAddress)?;
        let mut bytes = message.formatted();
        // The client library writes the last line end, with the dot that ends the content.
        if bytes.ends_with(CRLF) {
            bytes.truncate(bytes.len() - CRLF.len());
        }
        Ok(Self {
            envelope: message.envelope().clone(),
            needs_smtputf8: !(user.is_ascii() && from.email.user().is_ascii()),
            bytes,
        })
    }
}

/// The text without control characters, so that it cannot inject header fields.
fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}
