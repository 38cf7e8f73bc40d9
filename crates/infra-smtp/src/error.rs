//! Why a mail was not sent. Servers quote the address in their replies, so only the codes of a
//! reply are kept: the reply code (RFC 5321, section 4.2) and the enhanced status code (RFC 3463),
//! if there is one.

use std::{error::Error as _, fmt, io, time::Duration};

use lettre::transport::smtp::Error as SmtpError;

/// The stage of a submission at which an error occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Connecting, TLS, the greeting and `EHLO`.
    Connection,
    /// `AUTH`.
    Authentication,
    /// `MAIL`.
    Sender,
    /// `RCPT`.
    Recipient,
    /// `DATA`.
    Data,
    /// The content, before its end.
    Content,
    /// The end of the content: the final dot, and the reply to it.
    End,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "the connection",
            Self::Authentication => "the sign-in",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Data => "DATA",
            Self::Content => "the content",
            Self::End => "the mail",
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

impl Reply {
    /// The reply with this code and this text.
    pub(crate) fn new(code: u16, text: &str) -> Self {
        Self { code, enhanced: enhanced_code(text) }
    }

    /// Whether the server closes the connection: it shuts down, or is busy.
    pub(crate) const fn closes_connection(self) -> bool {
        self.code == 421
    }

    /// Whether the same command will not succeed later either.
    pub(crate) const fn is_permanent(self) -> bool {
        self.code >= 500
    }
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
    /// The local part of the recipient's address is not ASCII, and the server does not support
    /// SMTPUTF8.
    #[error("the mail server takes no addresses beyond ASCII")]
    NonAsciiAddress,
    #[error("the mail server refused {stage}: {reply}")]
    Rejected { stage: Stage, reply: Reply },
    /// The server does not offer what the settings require.
    #[error("the mail server offers no {0}")]
    NotOffered(&'static str),
    /// There is no connection to the server, or it broke, or does not speak SMTP.
    #[error("the mail server is away at {stage}: {problem}")]
    Lost { stage: Stage, problem: String },
    #[error("the mail server did not finish {stage} within {limit:?}")]
    TimedOut { stage: Stage, limit: Duration },
    #[error("no more mails are sent: stopping")]
    Closed,
}

impl SendError {
    /// The error of the SMTP client at a stage.
    pub(crate) fn new(stage: Stage, error: &SmtpError) -> Self {
        if let Some(code) = error.status() {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            return Self::Rejected { stage, reply: Reply::new(code.into(), &text) };
        }
        Self::Lost { stage, problem: connection_error(error) }
    }

    /// Whether the server expects another mail on the same connection. After other errors its state
    /// is unknown.
    pub(crate) const fn leaves_connection_usable(&self) -> bool {
        match self {
            Self::Rejected { reply, .. } => !reply.closes_connection(),
            Self::NonAsciiAddress | Self::NotOffered(_) => true,
            _ => false,
        }
    }

    /// Whether it may only mean that the server is done with this connection, as after a number of
    /// mails, before it has taken anything of this mail.
    pub(crate) const fn ends_idle_connection(&self) -> bool {
        match self {
            Self::Lost { stage: Stage::Sender, .. } => true,
            Self::Rejected { stage: Stage::Sender, reply } => reply.closes_connection(),
            _ => false,
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
        let reply = Reply::new(550, "5.1.1 <ada@example.com> unknown");
        let error = SendError::Rejected { stage: Stage::Recipient, reply };
        assert_eq!(error.to_string(), "the mail server refused the recipient: 550 5.1.1");
    }

    #[test]
    fn a_connection_is_used_again_only_after_a_refusal_that_leaves_it_open() {
        let rejected = |code| {
            let reply = Reply::new(code, "");
            SendError::Rejected { stage: Stage::Sender, reply }
        };
        let limit = Duration::from_secs(1);
        for (error, usable, ends_idle) in [
            (rejected(450), true, false),
            (rejected(550), true, false),
            (rejected(421), false, true),
            (SendError::NonAsciiAddress, true, false),
            (SendError::Lost { stage: Stage::Sender, problem: String::new() }, false, true),
            (SendError::Lost { stage: Stage::Recipient, problem: String::new() }, false, false),
            (SendError::TimedOut { stage: Stage::Sender, limit }, false, false),
        ] {
            assert_eq!(error.leaves_connection_usable(), usable, "{error}");
            assert_eq!(error.ends_idle_connection(), ends_idle, "{error}");
        }
    }
}
