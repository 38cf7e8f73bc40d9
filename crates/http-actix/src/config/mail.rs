//! `SMTP_URL`, `MAIL_FROM`, `SMTP_CONNECT_TIMEOUT_SECONDS`, `SMTP_COMMAND_TIMEOUT_SECONDS`,
//! `SMTP_TIMEOUT_SECONDS`: the mail server and the sender of mails to customers, and how long the
//! server may take.

use std::time::Duration;

use super::{ConfigError, Env, SecretUrl};
use crate::adapters::{SmtpSettings, SmtpSettingsError, SmtpTimeouts};

/// A mail server and the sender's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailConfig {
    pub(crate) url: SecretUrl,
    /// The sender of all mails: an address, or a name with an address in angle brackets.
    pub(crate) from: String,
    /// How long the server may take at each stage of a mail.
    pub(crate) timeouts: SmtpTimeouts,
}

impl MailConfig {
    /// Reads the variables. `None` without `SMTP_URL`: then no mail is sent.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let timeouts = timeouts(env)?;
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
        let mail = Self { url: SecretUrl::new(url), from: from.to_owned(), timeouts };
        match mail.settings().check() {
            Ok(()) => Ok(Some(mail)),
            Err(error @ SmtpSettingsError::From) => {
                Err(ConfigError::new("MAIL_FROM", error.to_string()))
            }
            Err(error) => Err(ConfigError::new("SMTP_URL", error.to_string())),
        }
    }

    /// The settings of the mailer.
    pub(crate) fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            url: self.url.expose().to_owned(),
            from: self.from.clone(),
            timeouts: self.timeouts,
        }
    }
}

fn timeouts(env: &Env) -> Result<SmtpTimeouts, ConfigError> {
    let connect = env.number("SMTP_CONNECT_TIMEOUT_SECONDS", &(1..=300), &5)?;
    let command = env.number("SMTP_COMMAND_TIMEOUT_SECONDS", &(1..=3_600), &300)?;
    let reply = env.number("SMTP_TIMEOUT_SECONDS", &(1..=3_600), &600)?;
    let limits = SmtpTimeouts::new(
        command.map_or(SmtpTimeouts::DEFAULT_COMMAND, Duration::from_secs),
        reply.map_or(SmtpTimeouts::DEFAULT_REPLY, Duration::from_secs),
    );
    let connect = connect.map_or(SmtpTimeouts::DEFAULT_CONNECT, Duration::from_secs);
    Ok(SmtpTimeouts { connect, ..limits })
}
