//! `SMTP_URL`, `MAIL_FROM`: the mail server and the sender of mails to customers.

use std::time::Duration;

use super::{ConfigError, Env, SecretUrl};
use crate::adapters::{SmtpMailer, SmtpSettings, SmtpSettingsError, SmtpTimeouts};

/// A mail server and the sender's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailConfig {
    pub(crate) url: SecretUrl,
    /// The sender of all mails: an address, or a name with an address in angle brackets.
    pub(crate) from: String,
    pub(crate) timeouts: SmtpTimeouts,
}

impl MailConfig {
    /// Reads the variables. `None` without `SMTP_URL`: then no mail is sent.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let Some(url) = env.text("SMTP_URL")? else {
            return match env.text("MAIL_FROM")? {
                None => Ok(None),
                Some(_) => Err(ConfigError::new(
                    "SMTP_URL",
                    "must be set together with MAIL_FROM, such as smtp://mail.example.com",
                )),
            };
        };
        if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
            let problem = "must be the URL of a mail server, such as smtp://user:password@mail.example.com:587";
            return Err(ConfigError::new("SMTP_URL", problem));
        }
        let Some(from) = env.text("MAIL_FROM")? else {
            let problem = "must be set together with SMTP_URL, such as 'Shop <shop@example.com>'";
            return Err(ConfigError::new("MAIL_FROM", problem));
        };
        let command = env.number("SMTP_COMMAND_TIMEOUT_SECONDS", &(1..=3_600), &300)?;
        let reply = env.number("SMTP_TIMEOUT_SECONDS", &(1..=3_600), &600)?;
        let timeouts =
            SmtpTimeouts::with(command.map(Duration::from_secs), reply.map(Duration::from_secs));
        let mail = Self { url: SecretUrl::new(url), from: from.to_owned(), timeouts };
        match SmtpMailer::new(&mail.settings("oms".to_owned())) {
            Ok(_valid) => Ok(Some(mail)),
            Err(error @ SmtpSettingsError::From) => {
                Err(ConfigError::new("MAIL_FROM", error.to_string()))
            }
            Err(error) => Err(ConfigError::new("SMTP_URL", error.to_string())),
        }
    }

    /// The settings of the mailer. The name of the shop begins the `Message-ID`s.
    pub(crate) fn settings(&self, shop: String) -> SmtpSettings {
        SmtpSettings {
            url: self.url.expose().to_owned(),
            from: self.from.clone(),
            shop,
            timeouts: self.timeouts,
        }
    }
}
