//! Mailers, and mails to send with them.

use std::{error::Error, time::Duration};

use domain::{
    OutboxEventId, PersonName,
    account::EmailAddress,
    mail::{Mail, MailError},
};
use infra_smtp::{SmtpMailer, SmtpSettings};

/// A mailer that hands mails in there, in the name of `Käthe's Shop <shop@example.com>`.
pub(crate) fn mailer(url: &str) -> SmtpMailer {
    SmtpMailer::new(&settings(url)).unwrap()
}

pub(crate) fn settings(url: &str) -> SmtpSettings {
    SmtpSettings {
        url: url.to_owned(),
        from: "Käthe's Shop <shop@example.com>".to_owned(),
        timeout: Duration::from_secs(30),
    }
}

pub(crate) fn mail(to: &str) -> Mail {
    Mail {
        event: OutboxEventId::new(17),
        to: EmailAddress::parse(to).unwrap(),
        name: PersonName::parse("Ada Lovelace").unwrap(),
        subject: "Your order 3 was placed".to_owned(),
        text: "Dear Ada Lovelace,\n".to_owned(),
    }
}

/// All that an error says, to people and to developers: none of it may name the address or the person.
pub(crate) fn everything_said(error: &MailError) -> String {
    let mut said = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    for secret in ["Ada", "Lovelace", "example.com>", "@", "ssword"] {
        assert!(!said.contains(secret), "{secret} is in: {said}");
    }
    said
}
