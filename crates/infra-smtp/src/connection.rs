//! A connection to the mail server: greeting, TLS, authentication, and one mail transaction after
//! the other.

use std::time::{Duration, Instant};

use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::Mechanism,
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Noop, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
};

use crate::{
    error::{SendError, Stage},
    mime::MimeMessage,
    settings::{Encryption, SmtpServer, SmtpTimeouts},
};

/// How long connecting to one of a server's addresses may take before the next is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a server may take to reply to `NOOP` on an idle connection. A new connection is cheaper
/// than a longer wait, which counts towards the mail's timeout.
const NOOP_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that is ready for a mail. Dropping it closes it.
///
/// A caller that is cancelled within a mail transaction drops the connection, since the server
/// could take the next command for content. The client library's pool would keep such a connection,
/// which is why this crate has its own.
pub(crate) struct SmtpConnection {
    connection: AsyncSmtpConnection,
    /// When the last mail transaction ended.
    pub(crate) idle_since: Instant,
}

/// The result of submitting a mail.
pub(crate) enum Submission {
    /// The server accepted the mail. The connection is ready for the next one.
    Accepted(SmtpConnection),
    /// The mail was not sent. The connection is present if it is ready for another mail.
    Failed(SendError, Option<SmtpConnection>),
}

impl SmtpConnection {
    /// Connects, encrypts and authenticates according to the settings, within that time.
    pub(crate) async fn open(server: &SmtpServer, limit: Duration) -> Result<Self, SendError> {
        let opened = tokio::time::timeout(limit, Self::open_unlimited(server)).await;
        opened.unwrap_or(Err(SendError::TimedOut { stage: Stage::Connection, limit }))
    }

    async fn open_unlimited(server: &SmtpServer) -> Result<Self, SendError> {
        let connection_error = |error| SendError::new(Stage::Connection, &error);
        let implicit_tls = match &server.encryption {
            Encryption::Always(tls) => Some(tls.clone()),
            _ => None,
        };
        let address = (server.host.as_str(), server.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(CONNECT_TIMEOUT),
            &server.client_id,
            implicit_tls,
            None,
        )
        .await
        .map_err(connection_error)?;
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
                connection
                    .starttls(tls.clone(), &server.client_id)
                    .await
                    .map_err(connection_error)?;
            }
            Encryption::Never | Encryption::Always(_) => {}
        }
        if let Some(credentials) = &server.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let info = connection.server_info();
            if !mechanisms.iter().any(|mechanism| info.supports_auth_mechanism(*mechanism)) {
                return Err(SendError::NotOffered("sign-in by PLAIN or LOGIN"));
            }
            let authenticated = connection.auth(&mechanisms, credentials).await;
            authenticated.map_err(|error| SendError::new(Stage::Authentication, &error))?;
        }
        Ok(Self { connection, idle_since: Instant::now() })
    }

    /// Whether the server replies to `NOOP` in time.
    pub(crate) async fn is_alive(&mut self) -> bool {
        let reply = tokio::time::timeout(NOOP_TIMEOUT, self.connection.command(Noop)).await;
        matches!(reply, Ok(Ok(_)))
    }

    /// Submits a mail in one mail transaction.
    pub(crate) async fn submit(
        mut self,
        message: &MimeMessage,
        timeouts: &SmtpTimeouts,
    ) -> Submission {
        let Err(error) = self.mail_transaction(message, timeouts).await else {
            self.idle_since = Instant::now();
            return Submission::Accepted(self);
        };
        // After a refusal the server expects another mail; after other errors its state is unknown.
        let ready = matches!(error, SendError::Rejected { .. } | SendError::NonAsciiAddress)
            && matches!(
                tokio::time::timeout(NOOP_TIMEOUT, self.connection.command(Rset)).await,
                Ok(Ok(_))
            );
        self.idle_since = Instant::now();
        Submission::Failed(error, ready.then_some(self))
    }

    async fn mail_transaction(
        &mut self,
        message: &MimeMessage,
        timeouts: &SmtpTimeouts,
    ) -> Result<(), SendError> {
        let mut options = Vec::new();
        if message.needs_smtputf8 {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SendError::NonAsciiAddress);
            }
            // The header also contains the address, and is then 8-bit text.
            options.push(MailParameter::SmtpUtfEight);
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = Mail::new(message.envelope.from().cloned(), options);
        self.command(Stage::Sender, from, timeouts.command).await?;
        for to in message.envelope.to() {
            let recipient = Rcpt::new(to.clone(), Vec::new());
            self.command(Stage::Recipient, recipient, timeouts.command).await?;
        }
        self.command(Stage::Data, Data, timeouts.data).await?;
        // The client library writes the content and reads the reply in one call.
        let limit = timeouts.content.saturating_add(timeouts.reply);
        let reply = self.connection.message(&message.bytes);
        within(Stage::Content, limit, reply).await
    }

    async fn command(
        &mut self,
        stage: Stage,
        command: impl std::fmt::Display,
        limit: Duration,
    ) -> Result<(), SendError> {
        within(stage, limit, self.connection.command(command)).await
    }

    pub(crate) async fn quit(mut self) {
        self.connection.abort().await;
    }
}

/// Waits for a reply of the server within that time.
async fn within<T>(
    stage: Stage,
    limit: Duration,
    reply: impl Future<Output = Result<T, SmtpError>>,
) -> Result<(), SendError> {
    match tokio::time::timeout(limit, reply).await {
        Ok(reply) => reply.map(drop).map_err(|error| SendError::new(stage, &error)),
        Err(_elapsed) => Err(SendError::TimedOut { stage, limit }),
    }
}
