//! Why a mail was not taken. Servers quote the address in their replies, so of a reply only its numbers are
//! kept: the code (RFC 5321, section 4.2) and the enhanced status code (RFC 3463), if there is one.

use std::{error::Error as _, fmt, io, time::Duration};

use domain::mail::MailError;
use lettre::transport::smtp::Error as SmtpError;

/// What was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Connection,
    SignIn,
    Sender,
    Recipient,
    Content,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "the connection",
            Self::SignIn => "the sign-in",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Content => "the mail",
        })
    }
}

/// The numbers of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    code: u16,
    /// Class, subject and detail.
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

/// Why a mail was not taken. Says nothing about who it was for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the address cannot be written in a mail")]
    Address,
    /// The address has characters beyond ASCII before the `@`, and the server knows ASCII alone.
    #[error("the mail server takes no addresses beyond ASCII")]
    BeyondAscii,
    #[error("the mail server refused {stage}: {reply}")]
    Reply {
        /// What it refused.
        stage: Stage,
        /// Its reply.
        reply: Reply,
    },
    /// The server does not offer what the settings ask for.
    #[error("the mail server offers no {0}")]
    NotOffered(&'static str),
    /// The server could not be talked to.
    #[error("the mail server is away: {0}")]
    Away(String),
    #[error("the mail server was not done within {0:?}")]
    TooLong(Duration),
    #[error("no more mails are sent: stopping")]
    Closed,
}

impl Refusal {
    /// What an error of the protocol's client means.
    pub(crate) fn of(stage: Stage, error: &SmtpError) -> Self {
        if let Some(code) = error.status() {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            let reply = Reply { code: code.into(), enhanced: enhanced(&text) };
            return Self::Reply { stage, reply };
        }
        Self::Away(cause(error))
    }

    /// Whether the recipient is why, so that trying again will not help.
    fn is_about_the_recipient(&self) -> bool {
        match self {
            Self::Address | Self::BeyondAscii => true,
            Self::Reply { stage, reply: Reply { code, enhanced } } => match (stage, enhanced) {
                // "Addressing status", less the details 7 to 9, which are about the sender and relays: servers
                // that check the sender late say so when they hear the recipient.
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

impl From<Refusal> for MailError {
    fn from(refusal: Refusal) -> Self {
        let undeliverable = refusal.is_about_the_recipient();
        let cause = std::sync::Arc::new(refusal);
        if undeliverable { Self::Undeliverable(cause) } else { Self::Failed(cause) }
    }
}

/// The enhanced status code that a reply's text begins with.
fn enhanced(text: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = text.split_whitespace().next()?.split('.');
    let mut number = || numbers.next().filter(|digits| digits.len() <= 3)?.parse::<u16>().ok();
    let code = (number()?, number()?, number()?);
    (numbers.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
}

/// Why there is no connection, in words that come from this machine and never from the server.
fn cause(error: &SmtpError) -> String {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            // What stands in a certificate is no secret, and an operator needs to read why it was refused.
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
        let reply = Reply { code, enhanced: enhanced(text) };
        Refusal::Reply { stage, reply }.is_about_the_recipient()
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
    fn what_is_not_the_recipients_doing_is_tried_again() {
        assert!(!undeliverable(Stage::Recipient, 450, "4.1.1 try again"));
        assert!(!undeliverable(Stage::Recipient, 550, "5.7.1 relaying denied"));
        assert!(!undeliverable(Stage::Recipient, 552, "5.2.2 mailbox full"));
        assert!(!undeliverable(Stage::Recipient, 552, "mailbox full"));
        assert!(!undeliverable(Stage::Recipient, 553, "5.1.8 the sender's domain does not exist"));
        assert!(!undeliverable(Stage::Sender, 550, "5.1.1 who are you?"));
        assert!(!undeliverable(Stage::Sender, 550, "who are you?"));
        assert!(!undeliverable(Stage::Content, 554, "spam"));
        assert!(!undeliverable(Stage::SignIn, 535, "5.7.8 wrong password"));
    }

    #[test]
    fn only_a_code_is_an_enhanced_code() {
        assert_eq!(enhanced("5.1.1 <ada@example.com>"), Some((5, 1, 1)));
        assert_eq!(enhanced("4.2.110"), Some((4, 2, 110)));
        for text in ["", "5.1", "5.1.1.1 x", "192.0.2", "3.1.1 x", "5.1.x", "<ada@example.com>"] {
            assert_eq!(enhanced(text), None, "{text}");
        }
    }

    #[test]
    fn a_reply_is_told_by_its_numbers_alone() {
        let reply = Reply { code: 550, enhanced: enhanced("5.1.1 <ada@example.com> unknown") };
        let refusal = Refusal::Reply { stage: Stage::Recipient, reply };
        assert_eq!(refusal.to_string(), "the mail server refused the recipient: 550 5.1.1");
    }
}
