//! A connection to the mail server: greeting, TLS, authentication, and one mail transaction after
//! the other.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::Mechanism,
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Noop, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
};
use tokio::time::timeout;

use crate::{
    content::send_content,
    error::{SendError, Stage},
    mime::MimeMessage,
    settings::{Encryption, SmtpServer},
    timeouts::SmtpTimeouts,
};

/// How long a server may take to reply to `NOOP` on an idle connection, and to `RSET` after a
/// refused mail. A new connection is cheaper than a longer wait.
const REUSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that is ready for a mail. Dropping it closes it.
///
/// A caller that is cancelled within a mail transaction drops the connection, since the server
/// could take the next command for content. The client library's pool would keep such a connection,
/// which is why this crate has its own.
pub(crate) struct SmtpConnection {
    connection: AsyncSmtpConnection,
    timeouts: SmtpTimeouts,
    /// When the last mail transaction ended.
    pub(crate) idle_since: Instant,
}

/// The result of submitting a mail.
pub(crate) enum Submission {
    /// The server accepted the mail. The connection is ready for the next one.
    Accepted(SmtpConnection),
    /// The mail was not sent, or not answered. The connection is present if it is ready for another
    /// mail.
    Failed(SendError, Option<SmtpConnection>),
}

impl SmtpConnection {
    /// Connects, encrypts and authenticates according to the settings.
    pub(crate) async fn open(
        server: &SmtpServer,
        timeouts: SmtpTimeouts,
    ) -> Result<Self, SendError> {
        let implicit_tls = match &server.encryption {
            Encryption::Always(tls) => Some(tls.clone()),
            _ => None,
        };
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (server.host.as_str(), server.port),
            Some(timeouts.connect),
            &server.client_id,
            implicit_tls,
            None,
        );
        let mut connection = within(timeouts.greeting, Stage::Connection, connecting).await?;
        match &server.encryption {
            Encryption::Required(_) if !connection.can_starttls() => {
                return Err(SendError::NotOffered("encryption"));
            }
            // A man in the middle may have removed STARTTLS from the server's reply (STARTTLS
            // stripping).
            Encryption::IfOffered(_)
                if !connection.can_starttls() && server.credentials.is_some() =>
            {
                return Err(SendError::NotOffered(
                    "encryption, without which the client does not authenticate",
                ));
            }
            Encryption::IfOffered(_) if !connection.can_starttls() => {}
            Encryption::Required(tls) | Encryption::IfOffered(tls) => {
                let upgrade = connection.starttls(tls.clone(), &server.client_id);
                within(timeouts.negotiation, Stage::Connection, upgrade).await?;
            }
            Encryption::Never | Encryption::Always(_) => {}
        }
        if let Some(credentials) = &server.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let info = connection.server_info();
            if !mechanisms.iter().any(|mechanism| info.supports_auth_mechanism(*mechanism)) {
                return Err(SendError::NotOffered("sign-in by PLAIN or LOGIN"));
            }
            let authentication = connection.auth(&mechanisms, credentials);
            within(timeouts.negotiation, Stage::Authentication, authentication).await?;
        }
        Ok(Self { connection, timeouts, idle_since: Instant::now() })
    }

    /// Whether the server replies to `NOOP` in time.
    pub(crate) async fn is_alive(&mut self) -> bool {
        self.replies_to(Noop).await
    }

    async fn replies_to(&mut self, command: impl std::fmt::Display) -> bool {
        matches!(timeout(REUSE_TIMEOUT, self.connection.command(command)).await, Ok(Ok(_)))
    }

    /// Submits a mail in one mail transaction.
    pub(crate) async fn submit(mut self, message: &MimeMessage) -> Submission {
        let Err(error) = self.mail_transaction(message).await else {
            self.idle_since = Instant::now();
            return Submission::Accepted(self);
        };
        let ready = error.leaves_connection_usable() && self.replies_to(Rset).await;
        self.idle_since = Instant::now();
        Submission::Failed(error, ready.then_some(self))
    }

    async fn mail_transaction(&mut self, message: &MimeMessage) -> Result<(), SendError> {
        let mut options = Vec::new();
        if message.needs_smtputf8() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(if message.sender_needs_smtputf8 {
                    SendError::NotOffered("SMTPUTF8, which the sender's address needs")
                } else {
                    SendError::NonAsciiAddress
                });
            }
            // The header also contains the address, and is then 8-bit text.
            options.push(MailParameter::SmtpUtfEight);
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let timeouts = self.timeouts;
        let from = Mail::new(message.envelope.from().cloned(), options);
        self.command(timeouts.mail, Stage::Sender, from).await?;
        for to in message.envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            self.command(timeouts.rcpt, Stage::Recipient, to).await?;
        }
        self.command(timeouts.data, Stage::Data, Data).await?;
        send_content(&mut self.connection, &message.bytes, &timeouts).await
    }

    async fn command(
        &mut self,
        limit: Duration,
        stage: Stage,
        command: impl std::fmt::Display,
    ) -> Result<(), SendError> {
        within(limit, stage, self.connection.command(command)).await.map(drop)
    }

    pub(crate) async fn quit(mut self) {
        self.connection.abort().await;
    }
}

/// The result of a stage, which has to end within its limit.
async fn within<T>(
    limit: Duration,
    stage: Stage,
    work: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, SendError> {
    match timeout(limit, work).await {
        Ok(result) => result.map_err(|error| SendError::new(stage, &error)),
        Err(_elapsed) => Err(SendError::TimedOut { stage, limit }),
    }
}
