//! A connection to the mail server: greeting, TLS, authentication, and one mail transaction after
//! the other.

use std::time::{Duration, Instant};

use lettre::transport::smtp::{
    authentication::Mechanism,
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Noop, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
};

use crate::{
    error::{SendError, Stage},
    mime::MimeMessage,
    settings::{Encryption, SmtpServer},
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
    /// Connects, encrypts and authenticates according to the settings.
    pub(crate) async fn open(server: &SmtpServer) -> Result<Self, SendError> {
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
            // The offer may have been removed by a man in the middle (STARTTLS stripping).
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
    pub(crate) async fn submit(mut self, message: &MimeMessage) -> Submission {
        let Err(error) = self.mail_transaction(message).await else {
            self.idle_since = Instant::now();
            return Submission::Accepted(self);
        };
        // After a refusal the server expects another mail; after other errors its state is unknown.
        let ready = matches!(error, SendError::Rejected { .. } | SendError::NonAsciiAddress)
            && self.connection.command(Rset).await.is_ok();
        self.idle_since = Instant::now();
        Submission::Failed(error, ready.then_some(self))
    }

    async fn mail_transaction(&mut self, message: &MimeMessage) -> Result<(), SendError> {
        let mut options = Vec::new();
        if message.needs_smtputf8 {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SendError::NonAsciiAddress);
            }
            // The header contains the address too, and is 8-bit text then.
            options.push(MailParameter::SmtpUtfEight);
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = Mail::new(message.envelope.from().cloned(), options);
        self.command(Stage::Sender, from).await?;
        for to in message.envelope.to() {
            self.command(Stage::Recipient, Rcpt::new(to.clone(), Vec::new())).await?;
        }
        self.command(Stage::Content, Data).await?;
        let reply = self.connection.message(&message.bytes).await;
        reply.map(drop).map_err(|error| SendError::new(Stage::Content, &error))
    }

    async fn command(
        &mut self,
        stage: Stage,
        command: impl std::fmt::Display,
    ) -> Result<(), SendError> {
        let reply = self.connection.command(command).await;
        reply.map(drop).map_err(|error| SendError::new(stage, &error))
    }

    pub(crate) async fn quit(mut self) {
        self.connection.abort().await;
    }
}
