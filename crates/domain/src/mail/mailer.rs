//! Mails, and the port that sends them.

use async_trait::async_trait;

use crate::{Cause, OutboxEventId, PersonName, account::EmailAddress};

/// A mail to be sent. It contains personal data, so it must not be logged and does not implement
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The event that the mail is about. It is the same if the mail is sent twice.
    pub event: OutboxEventId,
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
    /// The address does not exist or accepts no mail: trying again does not help.
    #[error("the address takes no mail")]
    Undeliverable(#[source] Cause),
    /// The mail server cannot be reached, or refused the mail for another reason; trying again
    /// later may succeed.
    #[error("the mail was not sent")]
    Failed(#[source] Cause),
}

/// Sends mails.
///
/// An implementation MUST return within seconds. It returns once the next server has accepted the
/// mail. Errors MUST NOT contain the address or the name.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
