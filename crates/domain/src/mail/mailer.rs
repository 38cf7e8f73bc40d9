//! Mails, and the port that sends them.

use async_trait::async_trait;

use crate::{Cause, EventId, PersonName, account::EmailAddress};

/// A mail to be sent. It contains personal data, so it must not be logged and does not implement
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The event that the mail is about. It is the same if the mail is sent twice.
    pub event: EventId,
    /// The address of the recipient.
    pub to: EmailAddress,
    /// The name of the recipient; `None` in mails that contain no text that a person typed.
    pub name: Option<PersonName>,
    /// The subject, on one line.
    pub subject: String,
    /// The body: plain text, lines end with a line feed.
    pub text: String,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MailError {
    /// The mail server is in trouble: it cannot be reached, or refuses mails before it knows whom
    /// they are for. No other mail would be taken now either; all can be sent later.
    #[error("the mail server is in trouble")]
    ServerUnavailable(#[source] Cause),
    /// The mail server did not take this mail for now, or for its recipient. It can be sent later.
    #[error("the mail was refused for now")]
    Deferred(#[source] Cause),
    /// The mail server refused this mail for good, or its address cannot be written to: sending it
    /// again does not help.
    #[error("the mail was refused")]
    Refused(#[source] Cause),
    /// The mail server got the content and did not answer: it may have taken the mail. Sending it
    /// again may send it twice.
    #[error("the mail was not answered")]
    Unanswered(#[source] Cause),
}

/// Sends mails.
///
/// An implementation MUST return within its time limits. It returns once the next server has accepted the
/// mail. Errors MUST NOT contain the address or the name.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
