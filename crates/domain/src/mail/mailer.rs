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

/// Why a mail was not sent, or may not have been. The variants differ in what the trouble is about:
/// the mail server, or this one mail.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MailError {
    /// The mail server is in trouble: it cannot be reached, does not accept this client, or breaks
    /// off. The mail was not sent, and the next one would fail as well. A caller should pause all
    /// mails and then send this one again; that says nothing against the mail, so it should not
    /// count as an attempt.
    #[error("the mail server is unavailable")]
    ServerUnavailable(#[source] Cause),
    /// The mail server works, but did not accept this mail for now. The mail was not sent. A caller
    /// should send it again later, a limited number of times, and meanwhile send others.
    #[error("the mail server did not accept the mail for now")]
    Deferred(#[source] Cause),
    /// The mail server refuses this mail, or its address cannot be written. This is final: a caller
    /// should record it, and not send the mail again.
    #[error("the mail server refuses the mail")]
    Refused(#[source] Cause),
    /// The whole mail was sent, and the server's reply did not arrive: it may have accepted the
    /// mail. Sending it again may deliver it twice, so a caller should do so at most once.
    #[error("the mail server did not say whether it accepted the mail")]
    Unanswered(#[source] Cause),
}

/// Sends mails.
///
/// An implementation MUST return within its time limits, which may be minutes. It returns once the
/// next server has accepted the mail. Errors MUST NOT contain the address or the name.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
