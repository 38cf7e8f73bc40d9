//! An API client for the preparation of measurements: it creates accounts, products and orders, and
//! gets tokens.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    error::BenchError,
    server::{ADMIN_EMAIL, PASSWORD},
};

/// The number of concurrent requests while a shop is filled.
const MAX_CONCURRENT_REQUESTS: usize = 16;

/// A client of one server, with or without a token.
#[derive(Debug, Clone)]
pub(crate) struct ApiClient {
    http: Client,
    base_url: String,
    token: Option<String>,
}

impl ApiClient {
    pub(crate) fn anonymous(base_url: &str) -> Self {
        Self { http: Client::new(), base_url: base_url.to_owned(), token: None }
    }

    /// The admin, with a new session.
    pub(crate) async fn admin(base_url: &str) -> Result<Self, BenchError> {
        Self::anonymous(base_url).log_in(ADMIN_EMAIL).await
    }

    pub(crate) async fn log_in(mut self, email: &str) -> Result<Self, BenchError> {
        let body = json!({"email": email, "password": PASSWORD});
        let response = self.send(Method::POST, "/api/v1/users/login", Some(&body)).await?;
        let token = response.get("access_token").and_then(Value::as_str);
        let token =
            token.ok_or_else(|| BenchError::Unexpected("a login has no token".to_owned()))?;
        self.token = Some(token.to_owned());
        Ok(self)
    }

    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The access token; empty for an anonymous client.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Sends a request that must succeed, and returns its JSON.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, BenchError> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            return Err(BenchError::Unexpected(format!("{path}: {status}: {text}")));
        }
        serde_json::from_str(&text)
            .map_err(|error| BenchError::Unexpected(format!("{path}: invalid JSON: {error}")))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

/// Posts all these bodies concurrently and returns when all requests have succeeded.
pub(crate) async fn post_all(
    posts: impl IntoIterator<Item = (ApiClient, Value)>,
    path: &str,
) -> Result<(), BenchError> {
    stream::iter(posts)
        .map(|(client, body)| async move {
            client.send(Method::POST, path, Some(&body)).await.map(|_response| ())
        })
        .buffer_unordered(MAX_CONCURRENT_REQUESTS)
        .try_collect()
        .await
}
