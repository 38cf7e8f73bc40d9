//! Requests that prepare a measurement: accounts, products, orders, and the tokens to send with the load.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    subject::{ADMIN_EMAIL, PASSWORD},
};

/// How many requests are on their way at once while a shop is filled.
const AT_ONCE: usize = 16;

/// Somebody who talks to a server.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: Client,
    base: String,
    token: Option<String>,
}

impl Caller {
    pub(crate) fn anonymous(base: &str) -> Self {
        Self { client: Client::new(), base: base.to_owned(), token: None }
    }

    /// The administrator, signed in anew.
    pub(crate) async fn admin(base: &str) -> Result<Self, Failure> {
        Self::anonymous(base).signed_in(ADMIN_EMAIL).await
    }

    pub(crate) async fn signed_in(mut self, email: &str) -> Result<Self, Failure> {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.send(Method::POST, "/api/v1/users/login", Some(&body)).await?;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.ok_or_else(|| Failure::Unexpected("a login has no token".to_owned()))?;
        self.token = Some(token.to_owned());
        Ok(self)
    }

    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The token that is sent along. Empty for somebody without.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Sends a request that must succeed, and returns its JSON.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(Failure::Unexpected(format!("{path} is answered {status}: {text}")));
        }
        serde_json::from_str(&text)
            .map_err(|error| Failure::Unexpected(format!("{path} is no JSON: {error}")))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

/// Posts all these bodies, some at once, and returns when all have succeeded.
pub(crate) async fn post_all(
    posts: impl IntoIterator<Item = (Caller, Value)>,
    path: &str,
) -> Result<(), Failure> {
    stream::iter(posts)
        .map(|(caller, body)| async move {
            caller.send(Method::POST, path, Some(&body)).await.map(|_answer| ())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}
