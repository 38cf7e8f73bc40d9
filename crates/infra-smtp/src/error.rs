//! Why a mail was not sent. Servers quote the address in their replies, so only the codes of a
//! reply are kept: the reply code (RFC 5321, section 4.2) and the enhanced status code (RFC 3463),
//! if there is one.

use std::{error::Error as _, fmt, io, time::Duration};

use domain::mail::MailError;
use lettre::transport::smtp::Error as SmtpError;

/// The stage of a submission at which an error occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Connection,
    Authentication,
    Sender,
    Recipient,
    Content,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "the connection",
            Self::Authentication => "the sign-in",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Content => "the mail",
        })
    }
}

/// The codes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    code: u16,
    /// The enhanced status code: class, subject and detail.
    enhanced: Option<(u16, u16, u16)>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        match self.enhanced {
            Some((class, subject, detail)) => write!(f, " {class}.{subject}.{detail}"),
            None => Ok(()),
        }
    }
}

/// Why a mail was not sent. Does not name the recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    #[error("the address cannot be written in a mail")]
    InvalidAddress,
    /// The local part of an address is not ASCII, and the server does not support SMTPUTF8.
    #[error("the mail server takes no addresses beyond ASCII")]
    NonAsciiAddress,
    #[error("the mail server refused {stage}: {reply}")]
    Rejected { stage: Stage, reply: Reply },
    /// The server does not offer what the settings require.
    #[error("the mail server offers no {0}")]
    NotOffered(&'static str),
    /// There is no connection to the server.
    #[error("the mail server is away: {0}")]
    Unavailable(String),
    #[error("the mail server was not done within {0:?}")]
    TimedOut(Duration),
    #[error("no more mails are sent: stopping")]
    Closed,
}

impl SendError {
    /// Classifies an error of the SMTP client.
    pub(crate) fn new(stage: Stage, error: &SmtpError) -> Self {
        if let Some(code) = error.status() {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            let reply = Reply { code: code.into(), enhanced: enhanced_code(&text) };
            return Self::Rejected { stage, reply };
        }
        Self::Unavailable(connection_error(error))
    }

    /// Whether the recipient's address is invalid, so that a retry cannot succeed.
    fn is_recipient_invalid(&self) -> bool {
        match self {
            Self::InvalidAddress | Self::NonAsciiAddress => true,
            Self::Rejected { stage, reply: Reply { code, enhanced } } => match (stage, enhanced) {
                // "Addressing status" without the details 7 to 9, which concern the sender and
                // relays: servers that check the sender late report it in reply to the recipient.
                (Stage::Recipient | Stage::Content, Some((5, 1, detail))) => {
                    !(7..=9).contains(detail)
                }
                (Stage::Recipient, None) => matches!(code, 550 | 551 | 553),
                _ => false,
            },
            _ => false,
        }
    }
}

impl From<SendError> for MailError {
    fn from(error: SendError) -> Self {
        let undeliverable = error.is_recipient_invalid();
        let cause = std::sync::Arc::new(error);
        if undeliverable { Self::Refused(cause) } else { Self::ServerUnavailable(cause) }
    }
}

/// The enhanced status code at the beginning of a reply's text.
fn enhanced_code(text: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = text.split_whitespace().next()?.split('.');
    let mut number = || numbers.next().filter(|digits| digits.len() <= 3)?.parse::<u16>().ok();
    let code = (number()?, number()?, number()?);
    (numbers.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
}

/// Why there is no connection, in a text that this machine produced and not the server.
fn connection_error(error: &SmtpError) -> String {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            // A certificate contains no secret, and operators need to know why it was rejected.
            return cause.to_string();
        }
        source = cause.source();
    }
    if error.is_response() {
        "it broke off, or does not speak SMTP".to_owned()
    } else {
        "it could not be talked to".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undeliverable(stage: Stage, code: u16, text: &str) -> bool {
        let reply = Reply { code, enhanced: enhanced_code(text) };
        SendError::Rejected { stage, reply }.is_recipient_invalid()
    }

    #[test]
    fn an_address_that_does_not_exist_is_undeliverable() {
        assert!(undeliverable(Stage::Recipient, 550, "5.1.1 <ada@example.com>: user unknown"));
        assert!(undeliverable(Stage::Recipient, 556, "5.1.10 the domain takes no mail"));
        assert!(undeliverable(Stage::Content, 550, "5.1.1 no such user, after all"));
        for code in [550, 551, 553] {
            assert!(undeliverable(Stage::Recipient, code, "no such user"), "{code}");
        }
    }

    #[test]
    fn other_refusals_are_retried() {
        assert!(!undeliverable(Stage::Recipient, 450, "4.1.1 try again"));
        assert!(!undeliverable(Stage::Recipient, 550, "5.7.1 relaying denied"));
        assert!(!undeliverable(Stage::Recipient, 552, "5.2.2 mailbox full"));
        assert!(!undeliverable(Stage::Recipient, 552, "mailbox full"));
        assert!(!undeliverable(Stage::Recipient, 553, "5.1.8 the sender's domain does not exist"));
        assert!(!undeliverable(Stage::Sender, 550, "5.1.1 who are you?"));
        assert!(!undeliverable(Stage::Sender, 550, "who are you?"));
        assert!(!undeliverable(Stage::Content, 554, "spam"));
        assert!(!undeliverable(Stage::Authentication, 535, "5.7.8 wrong password"));
    }

    #[test]
    fn only_well_formed_enhanced_codes_are_parsed() {
        assert_eq!(enhanced_code("5.1.1 <ada@example.com>"), Some((5, 1, 1)));
        assert_eq!(enhanced_code("4.2.110"), Some((4, 2, 110)));
        for text in ["", "5.1", "5.1.1.1 x", "192.0.2", "3.1.1 x", "5.1.x", "<ada@example.com>"] {
            assert_eq!(enhanced_code(text), None, "{text}");
        }
    }

    #[test]
    fn the_text_of_an_error_has_only_the_codes_of_the_reply() {
        let reply = Reply { code: 550, enhanced: enhanced_code("5.1.1 <ada@example.com> unknown") };
        let error = SendError::Rejected { stage: Stage::Recipient, reply };
        assert_eq!(error.to_string(), "the mail server refused the recipient: 550 5.1.1");
    }
}
