//! One connection to the mail server: greeting, encryption, sign-in, and one mail after the other.

use std::time::{Duration, Instant};

use lettre::transport::smtp::{
    authentication::Mechanism,
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Noop, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
};

use crate::{
    format::MimeMessage,
    refusal::{Refusal, Stage},
    settings::{Encryption, Server},
};

/// How long one of a server's addresses may take to answer before the next is tried.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a server that has waited may take to say that it is still there. A new connection is cheaper than a
/// longer wait, as the mail's own time runs meanwhile.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A connection that is ready for a mail. Dropping it closes it.
///
/// Whoever is stopped in the middle of a mail drops it: nobody knows what the server would take the next
/// command for. That is why it is not one of the client's own pool, which keeps such a connection.
pub(crate) struct Session {
    connection: AsyncSmtpConnection,
    /// Since when it has had nothing to do.
    pub(crate) idle_since: Instant,
}

/// What came of a mail.
pub(crate) enum Handed {
    /// The server has taken it over. The connection is ready for the next one.
    Over(Session),
    /// The server refused it. The connection is there still, if it is ready for another one.
    Back(Refusal, Option<Session>),
}

impl Session {
    /// Connects, encrypts and signs in, as the settings say.
    pub(crate) async fn open(server: &Server) -> Result<Self, Refusal> {
        let failed = |error| Refusal::of(Stage::Connection, &error);
        let at_once = match &server.encryption {
            Encryption::Always(tls) => Some(tls.clone()),
            _ => None,
        };
        let address = (server.host.as_str(), server.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(PATIENCE),
            &server.hello,
            at_once,
            None,
        )
        .await
        .map_err(failed)?;
        match &server.encryption {
            Encryption::Required(_) if !connection.can_starttls() => {
                return Err(Refusal::NotOffered("encryption"));
            }
            // Whoever is in between may have taken the offer away, to see the password.
            Encryption::IfOffered(_)
                if !connection.can_starttls() && server.credentials.is_some() =>
            {
                return Err(Refusal::NotOffered("encryption, without which nobody signs in"));
            }
            Encryption::IfOffered(_) if !connection.can_starttls() => {}
            Encryption::Required(tls) | Encryption::IfOffered(tls) => {
                connection.starttls(tls.clone(), &server.hello).await.map_err(failed)?;
            }
            Encryption::Never | Encryption::Always(_) => {}
        }
        if let Some(credentials) = &server.credentials {
            let ways = [Mechanism::Plain, Mechanism::Login];
            if !ways.iter().any(|way| connection.server_info().supports_auth_mechanism(*way)) {
                return Err(Refusal::NotOffered("sign-in by PLAIN or LOGIN"));
            }
            let signed_in = connection.auth(&ways, credentials).await;
            signed_in.map_err(|error| Refusal::of(Stage::SignIn, &error))?;
        }
        Ok(Self { connection, idle_since: Instant::now() })
    }

    pub(crate) async fn is_alive(&mut self) -> bool {
        let answer = tokio::time::timeout(SIGN_OF_LIFE, self.connection.command(Noop)).await;
        matches!(answer, Ok(Ok(_)))
    }

    pub(crate) async fn hand_over(mut self, letter: &MimeMessage) -> Handed {
        let Err(refusal) = self.converse(letter).await else {
            self.idle_since = Instant::now();
            return Handed::Over(self);
        };
        // After a refusal the server waits for another mail; after anything else, nobody knows.
        let ready = matches!(refusal, Refusal::Reply { .. } | Refusal::BeyondAscii)
            && self.connection.command(Rset).await.is_ok();
        self.idle_since = Instant::now();
        Handed::Back(refusal, ready.then_some(self))
    }

    async fn converse(&mut self, letter: &MimeMessage) -> Result<(), Refusal> {
        let mut options = Vec::new();
        if letter.beyond_ascii {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Refusal::BeyondAscii);
            }
            // The address stands in the header too, which is 8-bit text then.
            options.push(MailParameter::SmtpUtfEight);
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = Mail::new(letter.envelope.from().cloned(), options);
        self.say(Stage::Sender, from).await?;
        for to in letter.envelope.to() {
            self.say(Stage::Recipient, Rcpt::new(to.clone(), Vec::new())).await?;
        }
        self.say(Stage::Content, Data).await?;
        let taken = self.connection.message(&letter.bytes).await;
        taken.map(drop).map_err(|error| Refusal::of(Stage::Content, &error))
    }

    async fn say(&mut self, stage: Stage, command: impl std::fmt::Display) -> Result<(), Refusal> {
        let answered = self.connection.command(command).await;
        answered.map(drop).map_err(|error| Refusal::of(stage, &error))
    }

    pub(crate) async fn quit(mut self) {
        self.connection.abort().await;
    }
}
