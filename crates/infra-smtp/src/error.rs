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
    /// The command `DATA`.
    Data,
    /// The content, and the reply after its final dot.
    Content,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "the connection",
            Self::Authentication => "the sign-in",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Data | Self::Content => "the mail",
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
    /// There is no connection to the server, or it broke at this stage.
    #[error("the mail server is away: {reason}")]
    Unavailable { stage: Stage, reason: String },
    #[error("the mail server was not done with {stage} within {limit:?}")]
    TimedOut { stage: Stage, limit: Duration },
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
        Self::Unavailable { stage, reason: connection_error(error) }
    }

    /// What the error means for the mail, and for those after it.
    fn meaning(&self) -> Meaning {
        match self {
            Self::InvalidAddress | Self::NonAsciiAddress => Meaning::Refused,
            Self::Rejected { stage, reply } => match (stage, reply.code) {
                // The server closes the connection (RFC 5321, section 4.2.3).
                (_, 421) => Meaning::ServerUnavailable,
                (Stage::Recipient | Stage::Data | Stage::Content, 500..) => Meaning::Refused,
                (Stage::Recipient | Stage::Data | Stage::Content, _) => Meaning::Deferred,
                // Up to the sender, nothing in the dialogue is about this mail.
                (Stage::Connection | Stage::Authentication | Stage::Sender, _) => {
                    Meaning::ServerUnavailable
                }
            },
            Self::Unavailable { stage: Stage::Content, .. }
            | Self::TimedOut { stage: Stage::Content, .. } => Meaning::Unanswered,
            // A server may look up a recipient or a policy for long.
            Self::TimedOut { stage: Stage::Recipient | Stage::Data, .. } => Meaning::Deferred,
            Self::TimedOut { .. }
            | Self::Unavailable { .. }
            | Self::NotOffered(_)
            | Self::Closed => Meaning::ServerUnavailable,
        }
    }
}

/// The variants of [`MailError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    ServerUnavailable,
    Deferred,
    Refused,
    Unanswered,
}

impl From<SendError> for MailError {
    fn from(error: SendError) -> Self {
        let meaning = error.meaning();
        let cause = std::sync::Arc::new(error);
        match meaning {
            Meaning::ServerUnavailable => Self::ServerUnavailable(cause),
            Meaning::Deferred => Self::Deferred(cause),
            Meaning::Refused => Self::Refused(cause),
            Meaning::Unanswered => Self::Unanswered(cause),
        }
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

    fn rejected(stage: Stage, code: u16) -> Meaning {
        SendError::Rejected { stage, reply: Reply { code, enhanced: None } }.meaning()
    }

    #[test]
    fn a_refusal_is_about_the_mail_from_the_recipient_on() {
        for stage in [Stage::Connection, Stage::Authentication, Stage::Sender] {
            for code in [421, 450, 451, 535, 550, 554] {
                assert_eq!(rejected(stage, code), Meaning::ServerUnavailable, "{stage:?} {code}");
            }
        }
        for stage in [Stage::Recipient, Stage::Data, Stage::Content] {
            assert_eq!(rejected(stage, 421), Meaning::ServerUnavailable, "{stage:?}");
            for code in [450, 451, 452] {
                assert_eq!(rejected(stage, code), Meaning::Deferred, "{stage:?} {code}");
            }
            for code in [550, 551, 552, 553, 554] {
                assert_eq!(rejected(stage, code), Meaning::Refused, "{stage:?} {code}");
            }
        }
    }

    #[test]
    fn silence_and_broken_connections_depend_on_what_was_sent() {
        let limit = Duration::from_secs(1);
        let (away, deferred) = (Meaning::ServerUnavailable, Meaning::Deferred);
        for (stage, timed_out, broken) in [
            (Stage::Connection, away, away),
            (Stage::Authentication, away, away),
            (Stage::Sender, away, away),
            (Stage::Recipient, deferred, away),
            (Stage::Data, deferred, away),
            (Stage::Content, Meaning::Unanswered, Meaning::Unanswered),
        ] {
            assert_eq!(SendError::TimedOut { stage, limit }.meaning(), timed_out, "{stage:?}");
            let unavailable = SendError::Unavailable { stage, reason: String::new() };
            assert_eq!(unavailable.meaning(), broken, "{stage:?}");
        }
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
