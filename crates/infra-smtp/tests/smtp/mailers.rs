//! Mailers and mails for tests.

use std::{error::Error, time::Duration};

use domain::{
    EventId, PersonName,
    account::EmailAddress,
    mail::{Mail, MailError},
};
use infra_smtp::{SmtpMailer, SmtpSettings, SmtpTimeouts};

/// A mailer for that server, with the sender `Käthe's Shop <shop@example.com>`.
pub(crate) fn mailer(url: &str) -> SmtpMailer {
    SmtpMailer::new(&settings(url)).unwrap()
}

pub(crate) fn settings(url: &str) -> SmtpSettings {
    SmtpSettings {
        url: url.to_owned(),
        from: "Käthe's Shop <shop@example.com>".to_owned(),
        shop: "0011aabb".to_owned(),
        timeouts: SmtpTimeouts::with(Some(Duration::from_secs(30)), Some(Duration::from_secs(30))),
    }
}

pub(crate) fn mail(to: &str) -> Mail {
    Mail {
        event: EventId::new(17),
        to: EmailAddress::parse(to).unwrap(),
        name: PersonName::parse("Ada Lovelace").ok(),
        subject: "Your order 3 was placed".to_owned(),
        text: "Dear Ada Lovelace,\n".to_owned(),
    }
}

/// The texts of an error (display, debug) and of its causes. Asserts that they do not name the
/// address or the person.
pub(crate) fn full_text(error: &MailError) -> String {
    let mut text = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    for secret in ["Ada", "Lovelace", "example.com>", "@", "ssword"] {
        assert!(!text.contains(secret), "{secret} is in: {text}");
    }
    text
}
