//! A mail as it travels: its envelope, its header and its text (RFC 5322, RFC 2045).

use domain::mail::Mail;
use lettre::{
    Message,
    address::Envelope,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};

use crate::{refusal::Refusal, settings::ascii_domain};

const LINE_END: &[u8] = b"\r\n";

/// Tells other programs that nobody sits at the other end, so that none answers automatically (RFC 3834).
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

/// A mail, ready to be handed in.
pub(crate) struct MimeMessage {
    pub(crate) envelope: Envelope,
    /// Whether an address in the envelope has characters beyond ASCII.
    pub(crate) beyond_ascii: bool,
    pub(crate) bytes: Vec<u8>,
}

impl MimeMessage {
    /// Writes a mail out. The same mail has the same `Message-ID` each time, by which readers know it.
    pub(crate) fn new(mail: &Mail, from: &Mailbox) -> Result<Self, Refusal> {
        let (user, domain) = mail.to.as_str().rsplit_once('@').ok_or(Refusal::Address)?;
        let address = ascii_domain(user, domain).ok_or(Refusal::Address)?;
        let to = Mailbox::new(Some(one_line(mail.name.as_str())), address);
        let message = Message::builder()
            .from(from.clone())
            .to(to)
            .subject(one_line(&mail.subject))
            .message_id(Some(format!("<oms-{}@{}>", mail.event, from.email.domain())))
            .date_now()
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|_incomplete| Refusal::Address)?;
        let mut bytes = message.formatted();
        // The end of the last line is the client's to write, with the dot that ends a mail.
        if bytes.ends_with(LINE_END) {
            bytes.truncate(bytes.len() - LINE_END.len());
        }
        Ok(Self {
            envelope: message.envelope().clone(),
            beyond_ascii: !(user.is_ascii() && from.email.user().is_ascii()),
            bytes,
        })
    }
}

/// A text of which no part can start a header field of its own.
fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}
