//! Sending a request, and what its outcome means.

use std::{sync::Arc, time::Duration};

use rand::{RngExt as _, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    harness::{Client, PendingRequest, Response},
    torture::ledger::{Ledger, Subject},
};

/// How long a client waits for a response. Shorter than what the server allows itself, so that
/// requests are still in progress when their clients have given up.
const CLIENT_TIMEOUT: Duration = Duration::from_millis(1_200);
/// The pause after a request that was not answered, so that clients do not spin.
const PAUSE: Duration = Duration::from_millis(15);

/// The outcome of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The change is made, or the read answered.
    Acknowledged(Response),
    /// The change is refused for good, with this code.
    Refused(String),
    /// The change may be made, now or later.
    Unknown,
    /// The request never left.
    NotSent,
}

/// Sends the requests of one client, each to a random server.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) rng: StdRng,
    pub(super) ledger: Arc<Ledger>,
    servers: Vec<Client>,
}

impl Sender {
    pub(super) fn new(urls: &[String], rng: StdRng, ledger: Arc<Ledger>) -> Self {
        Self { rng, ledger, servers: urls.iter().map(|url| Client::anonymous(url)).collect() }
    }

    /// A random server, without a session.
    pub(super) fn anonymous(&mut self) -> Client {
        self.servers[self.rng.random_range(0..self.servers.len())].clone()
    }

    /// A random server, with this access token.
    pub(super) fn with_token(&mut self, token: &str) -> Client {
        self.anonymous().with_token(token)
    }

    /// Whether an event of this probability happens.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    /// A random entry.
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.rng.random_range(0..of.len())])
    }

    /// Sends a request and logs the outcome. A refusal with another code than those allowed is a
    /// violation, as is an internal error.
    pub(super) async fn send(
        &self,
        request: PendingRequest,
        what: &str,
        subject: Subject,
        allowed: &[&str],
    ) -> Outcome {
        let sent = tokio::time::timeout(CLIENT_TIMEOUT, request.try_send()).await;
        let (outcome, text) = match sent {
            Err(_elapsed) => (Outcome::Unknown, "no answer in time".to_owned()),
            Ok(Err(error)) if error.is_connect() => (Outcome::NotSent, "not sent".to_owned()),
            Ok(Err(error)) => (Outcome::Unknown, format!("no answer: {error}")),
            Ok(Ok(response)) => {
                let brief: String = response.text.chars().take(300).collect();
                let text = format!("{} {brief}", response.status);
                match response.status {
                    200..=299 => (Outcome::Acknowledged(response), text),
                    500.. => {
                        if response.status == 500 && !self.ledger.tolerates_errors() {
                            self.ledger.report(subject, format!("{what}: {text}"));
                        }
                        (Outcome::Unknown, text)
                    }
                    _ => {
                        let code = response.json["code"].as_str().unwrap_or_default();
                        if !allowed.contains(&code) {
                            self.ledger.report(subject, format!("{what}: refused with {text}"));
                        }
                        (Outcome::Refused(code.to_owned()), text)
                    }
                }
            }
        };
        self.ledger.log(subject, format!("{what} → {text}"));
        self.ledger.count(matches!(outcome, Outcome::Acknowledged(_)));
        if matches!(outcome, Outcome::Unknown | Outcome::NotSent) {
            tokio::time::sleep(PAUSE).await;
        }
        outcome
    }

    /// Logs in. The access token if that is acknowledged, `Err` if the credentials are refused, and
    /// `Ok(None)` if nothing is known.
    pub(super) async fn log_in(
        &mut self,
        email: &str,
        password: &str,
        subject: Subject,
    ) -> Result<Option<String>, ()> {
        let body = json!({"username": email, "password": password});
        let request = self.anonymous().post("/api/v1/users/login", body);
        match self
            .send(
                request,
                &format!("log in as {email}, {password:?}"),
                subject,
                &["invalid_credentials"],
            )
            .await
        {
            Outcome::Acknowledged(response) => Ok(Some(text_of(&response.json, "access_token"))),
            Outcome::Refused(_) => Err(()),
            Outcome::Unknown | Outcome::NotSent => Ok(None),
        }
    }

    /// Checks that a token whose revocation was acknowledged is refused.
    pub(super) async fn check_revoked(&mut self, account: i64, token: &str) {
        let subject = Subject::Account(account);
        let request = self.with_token(token).get("/api/v1/users/me");
        let outcome = self.send(request, "use a revoked token", subject, &["invalid_token"]).await;
        if let Outcome::Acknowledged(_) = outcome {
            self.ledger.report(subject, "a session was revoked, and its token is accepted");
        }
    }
}

/// A member of a response that is a text.
pub(super) fn text_of(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap_or_else(|| panic!("no {member}: {body}")).to_owned()
}
