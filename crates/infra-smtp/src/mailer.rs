//! Sending mails, each within a time limit.

use std::time::Duration;

use async_trait::async_trait;
use domain::mail::{Mail, MailError, Mailer};
use lettre::message::Mailbox;

use crate::{
    format::MimeMessage,
    idle::{Ended, Idle},
    refusal::Refusal,
    session::{Handed, Session},
    settings::{Server, SmtpSettings, SmtpSettingsError, sender},
};

/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Sends mails through one mail server. As many connections are open as mails are sent at the same time; a few
/// of them wait for the next.
pub struct SmtpMailer {
    server: Server,
    from: Mailbox,
    timeout: Duration,
    idle: Idle,
}

impl SmtpMailer {
    /// A mailer with these settings. Connects to nobody yet.
    ///
    /// # Errors
    /// [`SmtpSettingsError`] if a setting makes no sense.
    pub fn new(settings: &SmtpSettings) -> Result<Self, SmtpSettingsError> {
        let from = sender(&settings.from)?;
        let server = Server::parse(&settings.url, &from)?;
        Ok(Self { server, from, timeout: settings.timeout, idle: Idle::new() })
    }

    /// Sends no more mails, and closes the connections that wait; those in use close when they are done.
    pub async fn close(&self) {
        for session in self.idle.end() {
            // A server that does not answer hears nothing: the connection is closed either way.
            let _ = tokio::time::timeout(GOODBYE, session.quit()).await;
        }
    }

    async fn hand_over(&self, letter: &MimeMessage) -> Result<(), Refusal> {
        let session = self.session().await?;
        match session.hand_over(letter).await {
            Handed::Over(session) => {
                self.idle.put_back(session);
                Ok(())
            }
            Handed::Back(refusal, session) => {
                if let Some(session) = session {
                    self.idle.put_back(session);
                }
                Err(refusal)
            }
        }
    }

    /// A connection that works: one that has waited, or a new one.
    async fn session(&self) -> Result<Session, Refusal> {
        while let Some(mut session) = self.idle.take().map_err(|Ended| Refusal::Closed)? {
            if session.is_alive().await {
                return Ok(session);
            }
        }
        Session::open(&self.server).await
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let letter = MimeMessage::new(mail, &self.from)?;
        // Whatever is under way when the time is over is dropped, and its connection closed with it.
        match tokio::time::timeout(self.timeout, self.hand_over(&letter)).await {
            Ok(handed) => Ok(handed?),
            Err(_elapsed) => Err(Refusal::TooLong(self.timeout).into()),
        }
    }
}
