//! An HTTP client of the server: anonymous, a customer, or an admin.
#![expect(
    clippy::needless_pass_by_value,
    reason = "callers write a body in place with json! and do not use it again"
)]

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};

use super::{DEADLINE, contract::Contract, response::Response};

/// The password of every account that tests register.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// A builder of HTTP clients that use no proxy.
pub(super) fn http_client() -> reqwest::ClientBuilder {
    // Built in one workspace with the program, reqwest has TLS without a default provider and
    // panics unless one is installed. An installed one stays.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// A client of one server, with or without a session.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    session: Option<Session>,
}

/// A login: the account and its tokens.
#[derive(Debug, Clone)]
struct Session {
    id: i64,
    email: String,
    access: String,
    refresh: String,
}

impl Client {
    /// A client of the server at `base` that sends no credentials.
    pub(crate) fn anonymous(base: &str) -> Self {
        let http = http_client()
            .timeout(DEADLINE)
            // No path may answer with a redirect.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("an HTTP client");
        Self { http, base: base.to_owned(), session: None }
    }

    /// Registers `<name>@example.com` and logs in.
    pub(crate) async fn register(&self, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        self.post("/api/v1/users/register", body).await.created_at("/api/v1/users/");
        self.log_in(&email).await
    }

    /// Logs in with [`PASSWORD`]: a new session.
    pub(crate) async fn log_in(&self, email: &str) -> Self {
        let body = json!({"username": email, "password": PASSWORD});
        let response = self.post("/api/v1/users/login", body).await;
        let tokens = response.assert_ok();
        let text = |member: &str| tokens[member].as_str().expect(member).to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let mut client = self.with_token(&access);
        let id = client.get("/api/v1/users/me").await.id();
        client.session = Some(Session { id, email: email.to_owned(), access, refresh });
        client
    }

    /// The same client with another access token.
    pub(crate) fn with_token(&self, access: &str) -> Self {
        let session = Session {
            id: 0,
            email: String::new(),
            access: access.to_owned(),
            refresh: String::new(),
        };
        Self { session: Some(session), ..self.clone() }
    }

    /// A client of another server with the same session.
    pub(crate) fn with_base_url(&self, base: &str) -> Self {
        Self { session: self.session.clone(), ..Self::anonymous(base) }
    }

    fn session(&self) -> &Session {
        self.session.as_ref().expect("a client that has logged in")
    }

    /// The id of the account.
    pub(crate) fn id(&self) -> i64 {
        self.session().id
    }

    pub(crate) fn email(&self) -> &str {
        &self.session().email
    }

    pub(crate) fn access_token(&self) -> &str {
        &self.session().access
    }

    /// The refresh token that the login returned.
    pub(crate) fn refresh_token(&self) -> &str {
        &self.session().refresh
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> PendingRequest {
        let description = format!("{method} {path}");
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(session) = &self.session {
            request = request.header(AUTHORIZATION, format!("Bearer {}", session.access));
        }
        PendingRequest { request, method, description }
    }

    fn json(&self, method: Method, path: &str, body: &Value) -> PendingRequest {
        let pending = self.request(method, path);
        let description = format!("{} {body}", pending.description);
        PendingRequest { request: pending.request.json(body), description, ..pending }
    }

    /// A request with this body and content type, or without a content type.
    pub(crate) fn with_body(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> PendingRequest {
        let mut pending = self.request(method, path);
        if let Some(content_type) = content_type {
            pending = pending.header(CONTENT_TYPE.as_str(), content_type);
        }
        PendingRequest { request: pending.request.body(body), ..pending }
    }

    pub(crate) fn get(&self, path: &str) -> PendingRequest {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> PendingRequest {
        self.json(Method::POST, path, &body)
    }

    /// A PUT with a JSON body.
    pub(crate) fn put(&self, path: &str, body: Value) -> PendingRequest {
        self.json(Method::PUT, path, &body)
    }

    /// A PUT without a body.
    pub(crate) fn put_empty(&self, path: &str) -> PendingRequest {
        self.request(Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> PendingRequest {
        self.json(Method::PATCH, path, &body)
    }

    pub(crate) fn delete(&self, path: &str) -> PendingRequest {
        self.request(Method::DELETE, path)
    }
}

/// A request that awaiting it sends.
#[derive(Debug)]
pub(crate) struct PendingRequest {
    request: reqwest::RequestBuilder,
    method: Method,
    description: String,
}

impl PendingRequest {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self {
            request: self.request.header(name, value),
            description: format!("{} [{name}: {value}]", self.description),
            ..self
        }
    }

    pub(crate) fn query(self, parameters: &[(&str, &str)]) -> Self {
        Self {
            request: self.request.query(parameters),
            description: format!("{} {parameters:?}", self.description),
            ..self
        }
    }

    pub(crate) fn form(self, members: &[(&str, &str)]) -> Self {
        Self { request: self.request.form(members), ..self }
    }

    /// Sends the request and checks the response against the OpenAPI document. Fails if there is no
    /// response.
    pub(crate) async fn try_send(self) -> reqwest::Result<Response> {
        let received = self.request.send().await?;
        let path = received.url().path().to_owned();
        let response = Response::read(received, self.description).await?;
        Contract::get().check(&self.method, &path, &response);
        Ok(response)
    }
}

impl IntoFuture for PendingRequest {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let description = self.description.clone();
        Box::pin(async move {
            match self.try_send().await {
                Ok(response) => response,
                Err(error) => panic!("{description}: no response: {error:?}"),
            }
        })
    }
}
