//! Sending mails, each within the time limits of its stages.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    mail::{Mail, MailError, Mailer},
    shop::ShopId,
};
use lettre::message::Mailbox;

use crate::{
    connection::{SmtpConnection, Submission},
    error::SendError,
    mime::MimeMessage,
    pool::{ConnectionPool, PoolClosed},
    settings::{SmtpServer, SmtpSettings, SmtpSettingsError, parse_sender},
    timeouts::SmtpTimeouts,
};

/// How long a server may take to reply to `QUIT`.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// Sends mails through one mail server. There are as many connections as mails are sent at the same
/// time, and a few idle ones for the next mails.
pub struct SmtpMailer {
    server: SmtpServer,
    from: Mailbox,
    shop: ShopId,
    timeouts: SmtpTimeouts,
    pool: ConnectionPool,
}

impl SmtpMailer {
    /// A mailer with these settings, for the mails of this shop. Does not connect yet.
    ///
    /// # Errors
    /// [`SmtpSettingsError`] if a setting is invalid.
    pub fn new(settings: &SmtpSettings, shop: ShopId) -> Result<Self, SmtpSettingsError> {
        let from = parse_sender(&settings.from)?;
        let server = SmtpServer::parse(&settings.url, &from)?;
        Ok(Self { server, from, shop, timeouts: settings.timeouts, pool: ConnectionPool::new() })
    }

    /// Closes the idle connections, and refuses further mails. Connections in use close after their
    /// mail.
    pub async fn close(&self) {
        for connection in self.pool.close() {
            // The connection is closed also if the server does not reply in time.
            let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        }
    }

    async fn submit(&self, message: &MimeMessage) -> Result<(), SendError> {
        if let Some(connection) = self.idle_connection().await? {
            match connection.submit(message).await {
                // A new connection gets the mail, as if the idle one had been found dead.
                Submission::Failed(error, _) if error.ends_idle_connection() => {}
                submission => return self.finish(submission),
            }
        }
        let connection = SmtpConnection::open(&self.server, self.timeouts).await?;
        self.finish(connection.submit(message).await)
    }

    /// Returns the connection to the pool if it can be used again.
    fn finish(&self, submission: Submission) -> Result<(), SendError> {
        let (result, connection) = match submission {
            Submission::Accepted(connection) => (Ok(()), Some(connection)),
            Submission::Failed(error, connection) => (Err(error), connection),
        };
        if let Some(connection) = connection {
            self.pool.put_back(connection);
        }
        result
    }

    /// An idle connection that still works, if there is one.
    async fn idle_connection(&self) -> Result<Option<SmtpConnection>, SendError> {
        while let Some(mut connection) = self.pool.take().map_err(|PoolClosed| SendError::Closed)? {
            if connection.is_alive().await {
                return Ok(Some(connection));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = MimeMessage::new(mail, &self.from, self.shop)?;
        Ok(self.submit(&message).await?)
    }
}
