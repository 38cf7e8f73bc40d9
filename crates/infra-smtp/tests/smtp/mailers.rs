//! Mailers and mails for tests.

use std::{error::Error, time::Duration};

use domain::{
    EventId, PersonName,
    account::EmailAddress,
    mail::{Mail, MailError},
    shop::ShopId,
};
use infra_smtp::{SmtpMailer, SmtpSettings, SmtpTimeouts};

/// The shop of the mailers.
pub(crate) const SHOP: ShopId = ShopId::from_random([7; 16]);

/// A time limit that no test reaches.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A time limit that ends a stage in which the server does nothing.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// A mailer for that server, with the sender `Käthe's Shop <shop@example.com>`.
pub(crate) fn mailer(url: &str) -> SmtpMailer {
    mailer_with(&settings(url))
}

/// A mailer with these settings.
pub(crate) fn mailer_with(settings: &SmtpSettings) -> SmtpMailer {
    SmtpMailer::new(settings, SHOP).unwrap()
}

/// A mailer for that server, all of whose time limits are long but those that are set.
pub(crate) fn mailer_within(url: &str, set: impl FnOnce(&mut SmtpTimeouts)) -> SmtpMailer {
    let mut settings = settings(url);
    set(&mut settings.timeouts);
    mailer_with(&settings)
}

/// Time limits that no test reaches.
fn long_timeouts() -> SmtpTimeouts {
    SmtpTimeouts { data: LONG, block: LONG, ..SmtpTimeouts::new(LONG, LONG) }
}

pub(crate) fn settings(url: &str) -> SmtpSettings {
    SmtpSettings {
        url: url.to_owned(),
        from: "Käthe's Shop <shop@example.com>".to_owned(),
        timeouts: long_timeouts(),
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
